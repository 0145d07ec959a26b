"""Checks of this machine before a run begins, which `sonic-worlds doctor` shows, too."""

import ctypes
import os
import resource
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from actors.emulation.emulator_pool import nameless_file
from actors.portable.file_lock import try_lock
from cluster.host.finding import Finding
from cluster.host.plan import OBJECT_STORE_BYTES
from windup.native.library import NativeUnavailable, library

_PACKAGE = "sonic-worlds"
_ROOMY, _SCANT = 2 << 30, 128 << 20
"""Free bytes of a disk below which a run may fill it, and below which it certainly does."""
_DESCRIPTORS, _FEWEST_DESCRIPTORS = 4096, 512
"""Number of file descriptors that Ray requests, and the fewest with which it starts."""
_SHARED_MEMORY = Path("/dev/shm")
_UNFIT = "\"'\\$`:\n"
"""Characters that Ray's command lines do not quote, and the separator of PYTHONPATH."""
_PR_GET_PDEATHSIG = 2


def python() -> Finding:
    """Returns version and path of the interpreter."""
    # An older one installs no package of ours, and does not get so far.
    return Finding("Python", "ok", f"{sys.version.split()[0]}, {sys.executable}")


def packages() -> Finding:
    """Compares the installed packages, without extras, with the tested versions."""
    # Ray needs it, too.
    from packaging.requirements import Requirement

    again = f"{sys.executable} -m pip install"
    try:
        wanted = [Requirement(line) for line in metadata.requires(_PACKAGE) or []]
    except metadata.PackageNotFoundError:
        return Finding("packages", "limited", f"{_PACKAGE} is not installed", f"in its checkout: {again} -e .")
    wanted = [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    missing, others = [], []
    for one in wanted:
        try:
            version = metadata.version(one.name)
        except metadata.PackageNotFoundError:
            missing.append(f"{one.name}{one.specifier}")
            continue
        if not one.specifier.contains(version, prereleases=True):
            others.append(f"{one.name} {version} instead of {one.specifier}")
    if missing:
        return Finding("packages", "broken", f"not installed: {', '.join(missing)}", _install(again, missing))
    if others:
        names = [f"{one.name}{one.specifier}" for one in wanted if any(o.startswith(f"{one.name} ") for o in others)]
        return Finding("packages", "limited", f"untested: {', '.join(others)}", _install(again, names))
    return Finding("packages", "ok", f"{len(wanted)}, of the versions that were tested")


def native_game() -> Finding:
    """Checks whether the native game is built, and which compiler could build it."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    try:
        library()
    except NativeUnavailable as error:
        problem, _, mend = str(error).partition("; ")
        return Finding("native game", "limited", problem, mend)
    except OSError as error:
        return Finding("native game", "broken", f"it does not load: {error}", "make it anew: make native")
    return Finding("native game", "ok", f"is built; compiler: {compiler or 'none, and none is needed'}")


def kernel_calls() -> Finding:
    """Checks system calls that a container's filter may refuse."""
    refused: list[str] = []
    broken = False
    for name, call, without in _CALLS:
        try:
            call()
        except OSError as error:
            refused.append(f"{name} ({error.strerror}){f': {without}' if without else ''}")
            broken |= not without
    if refused:
        mend = "let the container's seccomp filter pass them"
        return Finding("kernel calls", "broken" if broken else "limited", f"refused: {'; '.join(refused)}", mend)
    return Finding("kernel calls", "ok", f"{len(_CALLS)} that a filter may refuse are allowed")


def shared_memory() -> Finding:
    """Checks the room for Ray's object store."""
    mend = "give it 2 GiB: docker run --shm-size=2g, or mount -o remount,size=2g /dev/shm"
    try:
        free = shutil.disk_usage(_SHARED_MEMORY).free
    except OSError as error:
        return Finding("/dev/shm", "limited", f"is not there ({error.strerror}): Ray writes to a disk", mend)
    detail = f"{_size(free)} free"
    # Ray's own condition.
    if free <= OBJECT_STORE_BYTES:
        return Finding(
            "/dev/shm", "limited", f"{detail}, below {_size(OBJECT_STORE_BYTES)}: Ray writes to a disk", mend
        )
    return Finding("/dev/shm", "ok", detail)


def descriptors() -> Finding:
    """Checks how many files and sockets a process may have open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    detail = f"{soft:,} a process, at most {hard:,}" if hard != resource.RLIM_INFINITY else f"{soft:,} a process"
    if hard == resource.RLIM_INFINITY or hard >= _DESCRIPTORS:
        return Finding("file descriptors", "ok", detail)
    mend = f"ulimit -Hn {16 * _DESCRIPTORS} as root, or docker run --ulimit nofile={16 * _DESCRIPTORS}"
    return Finding("file descriptors", "broken" if hard < _FEWEST_DESCRIPTORS else "limited", detail, mend)


def paths() -> Finding:
    """Checks paths for characters that some program cannot handle."""
    for what, path in (("Python", sys.executable), ("the temporary folder", tempfile.gettempdir())):
        unfit = sorted(set(path) & set(_UNFIT))
        if unfit:
            named = " ".join(map(repr, unfit))
            return Finding("paths", "broken", f"the path of {what}, {path}, has {named}", "move it to one without")
    spaces = any(" " in path for path in (sys.executable, tempfile.gettempdir(), os.getcwd()))
    return Finding("paths", "ok", f"{'with spaces, which do no harm' if spaces else 'without spaces'}")


def temporary_folder() -> Finding:
    """Checks the folder for sockets and Ray's session."""
    return folder("temporary folder", "TMPDIR", Path(tempfile.gettempdir()))


def folder(what: str, flag: str, path: Path) -> Finding:
    """Checks that files can be made in a folder, which may not exist yet, and how much room there is.

    Args:
        what: name of the check.
        flag: flag or environment variable that names the folder.
        path: the folder.
    """
    there = path
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"x")
            file.flush()
            unlocked = try_lock(file)
        free = shutil.disk_usage(there).free
    except OSError as error:
        return Finding(what, "broken", f"{flag} {path} cannot be written: {error.strerror}", "choose another")
    detail = f"{path}, {_size(free)} free"
    if free < _SCANT:
        return Finding(what, "broken", f"{detail}, below {_size(_SCANT)}", "make room, or choose another")
    if free < _ROOMY:
        return Finding(what, "limited", f"{detail}, below {_size(_ROOMY)}", "make room, or choose another")
    if unlocked:
        mend = "never start the same run twice at a time"
        return Finding(what, "limited", f"{detail}, without locks ({unlocked})", mend)
    return Finding(what, "ok", f"{detail}, can be written and locked")


def _send_descriptor() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        socket.send_fds(ours, [b"x"], [ours.fileno()])
        for descriptor in socket.recv_fds(theirs, 1, 1)[1]:
            os.close(descriptor)


def _die_with_parent() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_GET_PDEATHSIG, ctypes.byref(ctypes.c_int())):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _schedule() -> None:
    os.sched_setscheduler(0, os.sched_getscheduler(0), os.sched_getparam(0))


def _kill() -> None:
    os.kill(os.getpid(), 0)


_CALLS: tuple[tuple[str, Callable[[], object], str], ...] = (
    ("shared memory", lambda: os.close(nameless_file()), ""),
    ("sockets that carry descriptors", _send_descriptor, ""),
    ("kill", _kill, ""),
    ("prctl", _die_with_parent, "emulators of a run that is killed may outlive it for seconds"),
    ("sched_setscheduler", _schedule, "emulators take turns less well"),
    ("setpriority", lambda: os.nice(0), "emulators take more of the cores than is left for them"),
    ("pthread_sigmask", lambda: signal.pthread_sigmask(signal.SIG_BLOCK, ()), ""),
)
"""Name, call, and the consequence where it is refused; "" if no run is possible then."""


def _install(again: str, names: list[str]) -> str:
    return f"{again} {' '.join(repr(name) for name in names)}"


def _size(size: int) -> str:
    return f"{size / 2**30:,.1f} GiB" if size >= 2**30 else f"{size / 2**20:,.0f} MiB"
