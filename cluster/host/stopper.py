"""Ctrl-C, SIGTERM, and SIGHUP of a terminal that closes: the first ends a run in good order, the second at once."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any


class Stopper:
    """A context in which the first signal sets `requested`, and the second calls `at_once` and exits with 130.

    SIGHUP never counts as the second: a terminal that closes sends it more than once.
    """

    def __init__(self, on_first: Callable[[], None], at_once: Callable[[], None]) -> None:
        self.requested = False
        self._on_first = on_first
        self._at_once = at_once
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Stopper":
        for number in (signal.SIGINT, *_ends()):
            self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _restore(self._before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        _hear(number)
        if not self.requested:
            self.requested = True
            self._on_first()
        elif number != signal.SIGHUP:
            self._at_once()
            os._exit(130)


@contextmanager
def stopped_as_by_ctrl_c() -> Iterator[None]:
    """A context in which SIGTERM and SIGHUP raise KeyboardInterrupt, too, so that files are closed and kept."""
    before: dict[int, Any] = {number: signal.signal(number, _interrupt) for number in _ends()}
    try:
        yield
    finally:
        _restore(before)


@contextmanager
def out_of_terminal_s_reach() -> Iterator[None]:
    """A context in which started processes, and their children, do not get the SIGHUP of a closing terminal."""
    # A signal that is blocked stays so in a program that is started; this process gets it when the block has ended.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ends() -> list[signal.Signals]:
    """Returns the signals that end a process beside that of Ctrl-C; SIGHUP only if nohup does not ignore it."""
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [signal.SIGTERM] if ignored else [signal.SIGTERM, signal.SIGHUP]


def _interrupt(number: int, frame: FrameType | None) -> None:
    _hear(number)
    raise KeyboardInterrupt


def _hear(number: int) -> None:
    if number == signal.SIGHUP:
        # It comes a second time, maybe after the context, and must not interrupt the closing.
        signal.signal(number, signal.SIG_IGN)


def _restore(before: dict[int, Any]) -> None:
    for number, handler in before.items():
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)
