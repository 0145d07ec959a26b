"""What a process is up to."""

import psutil


def is_running(pid: int) -> bool:
    """Whether it is there and no zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def command_line(pid: int) -> list[str]:
    """Its words; none of a process that has ended."""
    try:
        return psutil.Process(pid).cmdline()
    except psutil.Error:
        return []
