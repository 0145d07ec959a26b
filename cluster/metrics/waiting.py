"""Messages for the user while something takes long."""

import threading
import time
from collections.abc import Callable
from types import TracebackType

_EVERY_SECONDS = 10.0


class Waiting:
    """A context that prints what it waits for, at once and every ten seconds, with the seconds so far."""

    def __init__(self, say: Callable[[str], None], what: str) -> None:
        self._say = say
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.now(what)

    def now(self, what: str) -> None:
        """Sets and prints what is waited for from now on."""
        self._what, self._begin = what, time.monotonic()
        self._say(what)

    def over(self) -> None:
        self._over.set()

    def __enter__(self) -> "Waiting":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(_EVERY_SECONDS):
            self._say(f"{self._what} ({time.monotonic() - self._begin:.0f} s)")
