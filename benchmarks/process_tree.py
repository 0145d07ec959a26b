"""What a run's processes use: CPU time and memory, from /proc."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def descendants(pid: int, what: str = "") -> list[int]:
    """Descendants of a process that have `what` in their name, in brackets, or in their command line."""
    parents: dict[int, int] = {}
    words: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                name, _, numbers = (entry / "stat").read_text().rpartition(")")
                parents[int(entry.name)] = int(numbers.split()[1])
                words[int(entry.name)] = f"{name}) {command_of(int(entry.name))}"
            except OSError:
                continue

    def descends(child: int) -> bool:
        while child in parents:
            if child == pid:
                return True
            child = parents[child]
        return False

    return [child for child in words if child != pid and what in words[child] and descends(child)]


def command_of(pid: int) -> str:
    """Its command line, or the title it gave itself.

    Raises:
        OSError: it is gone.
    """
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and of those of its children that have ended; 0 of one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS


def own_kib(pid: int) -> int:
    """Resident memory, and of shared pages the process's share; 0 of a process that is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
