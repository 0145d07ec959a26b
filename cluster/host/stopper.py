"""Ctrl-C and SIGTERM: the first ends the run in good order, the second at once."""

import os
import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopper:
    """A context in which the first signal sets `requested`, and the second calls `at_once` and exits with 130."""

    def __init__(self, on_first: Callable[[], None], at_once: Callable[[], None]) -> None:
        self.requested = False
        self._on_first = on_first
        self._at_once = at_once
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Stopper":
        for number in _SIGNALS:
            self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            self._at_once()
            os._exit(130)
        self.requested = True
        self._on_first()
