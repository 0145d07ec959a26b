"""Standard streams that never fail: a run does not end because nobody reads its output."""

import errno
import io
import os
import select
import sys
from typing import Any

_INPUT, _OUTPUT, _ERRORS = 0, 1, 2


class SafeOutput(io.RawIOBase):
    """A text stream on a descriptor. Text that cannot be written is dropped: the reader has gone, the disk is full.

    Attributes:
        error: the error by which text was first lost; None if none was.
    """

    def __init__(self, descriptor: int, error: OSError | None = None) -> None:
        self.error = error
        self._descriptor = descriptor

    def write(self, data: Any) -> int:
        """Writes as much as possible. A later write may succeed again, as on a disk that has room again."""
        whole = memoryview(data).cast("B")
        rest = whole
        try:
            while rest:
                rest = rest[self._write_some(rest) :]
        except OSError as error:
            self.error = self.error or error
        return len(whole)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def _write_some(self, data: memoryview) -> int:
        while True:
            try:
                return os.write(self._descriptor, data)
            except BlockingIOError:
                # Another process on the terminal has made it non-blocking.
                ready = select.poll()
                ready.register(self._descriptor, select.POLLOUT)
                ready.poll()


def take_standard_streams() -> SafeOutput:
    """Replaces the standard streams before anything is opened or started; returns the standard output.

    Closed descriptors, as some service managers leave them, would be given to the next file or socket, and the output
    of libraries would go there. They are opened on /dev/null.
    """
    closed = [descriptor for descriptor in (_INPUT, _OUTPUT, _ERRORS) if not _is_open(descriptor)]
    for descriptor in closed:
        # The lowest number that is free.
        os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        assert _is_open(descriptor)
    if _INPUT in closed:
        sys.stdin = open(_INPUT, closefd=False)  # noqa: SIM115 - as long as the process lives
    made = {}
    for name, descriptor in (("stdout", _OUTPUT), ("stderr", _ERRORS)):
        lost = OSError(errno.EBADF, os.strerror(errno.EBADF)) if descriptor in closed else None
        made[name] = output = SafeOutput(descriptor, lost)
        python_s = getattr(sys, f"__{name}__")
        # A replacement by somebody else stays.
        if getattr(sys, name) is python_s:
            # No buffer of bytes: it refuses what a signal's handler prints while something is being printed.
            encoding = python_s.encoding if python_s else "utf-8"
            stream = io.TextIOWrapper(output, encoding, errors="backslashreplace", line_buffering=True)  # type: ignore[type-var]
            setattr(sys, name, stream)
    return made["stdout"]


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
