"""A run's processes, and what they use: CPU time and memory, from /proc."""

import os
from pathlib import Path

DRIVER, OTHERS = "driver", "others"
_ROLES = {
    "emulators": ["(emulator)"],
    "rollout actors": ["ray::CuriousEnvRunner", "ray::PacedRunner", "ray::RealRunner"],
    "world-model learner": ["ray::LearnerLoop"],
    "PPO learner": ["ray::_WrappedExecutable", "ray::PausedLearner"],
    "parameter server": ["ray::ParameterServer"],
    "raylet": ["(raylet)", "(sonic-worlds-ra)"],
    "GCS": ["(gcs_server)"],
}
ROLES = (DRIVER, *_ROLES, OTHERS)
"""What a process of a run can be."""

_TICKS = os.sysconf("SC_CLK_TCK")


def descendants(pid: int, what: str = "") -> list[int]:
    """Descendants of a process that have `what` in their name, in brackets, or in their command line."""
    return [child for child, words in _descendants(pid).items() if what in words]


def roles(run: int) -> dict[int, str]:
    """The role of a run's driver and of each of its descendants, by process."""

    def role(words: str) -> str:
        return next((name for name, signs in _ROLES.items() if any(sign in words for sign in signs)), OTHERS)

    return {run: DRIVER} | {pid: role(words) for pid, words in _descendants(run).items()}


def _descendants(pid: int) -> dict[int, str]:
    """Their names, in brackets, and command lines."""
    parents: dict[int, int] = {}
    words: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                name, _, numbers = (entry / "stat").read_text().rpartition(")")
                parents[int(entry.name)] = int(numbers.split()[1])
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                words[int(entry.name)] = f"{name}) {command}"
            except OSError:
                continue

    def descends(child: int) -> bool:
        while child in parents:
            if child == pid:
                return True
            child = parents[child]
        return False

    return {child: found for child, found in words.items() if child != pid and descends(child)}


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
