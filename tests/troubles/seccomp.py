"""A container whose filter refuses some calls of the kernel: a real filter, for a process and its children."""

import ctypes
import errno
import os
import platform

_NUMBERS = {
    "x86_64": {
        "pidfd_open": 434,
        "memfd_create": 319,
        "sched_setscheduler": 144,
        "setpriority": 141,
        "flock": 73,
        "fsync": 74,
        "prctl": 157,
    },
    "aarch64": {
        "pidfd_open": 434,
        "memfd_create": 279,
        "sched_setscheduler": 119,
        "setpriority": 140,
        "flock": 32,
        "fsync": 82,
        "prctl": 167,
    },
}
_SET_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD_NUMBER, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("value", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def refuse(*calls: str, error: int = errno.EPERM) -> None:
    """From now on these fail with an error, in this process and all that it starts."""
    numbers = [_NUMBERS[platform.machine()][call] for call in calls]
    program = [_Instruction(_LOAD_NUMBER, 0, 0, 0)]
    # To the last instruction, over those that are left and the one that allows.
    program += [_Instruction(_JUMP_IF_EQUAL, len(numbers) - i, 0, number) for i, number in enumerate(numbers)]
    program += [_Instruction(_RETURN, 0, 0, _ALLOW), _Instruction(_RETURN, 0, 0, _ERRNO | error)]
    array = (_Instruction * len(program))(*program)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    whole = _Program(len(program), array)
    for option, words in ((_SET_NO_NEW_PRIVS, (1, 0)), (_SET_SECCOMP, (_FILTER, ctypes.addressof(whole)))):
        if libc.prctl(option, *words, 0, 0):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
