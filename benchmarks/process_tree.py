"""CPU time and memory of a run's processes."""

from contextlib import suppress

import psutil

DRIVER, OTHERS = "driver", "others"
_ROLES = {
    "emulators": ["(emulator)"],
    "rollout actors": ["ray::CuriousEnvRunner", "ray::PacedRunner", "ray::RealRunner"],
    "world-model learner": ["ray::LearnerLoop"],
    "PPO learner": ["ray::_WrappedExecutable", "ray::PausedLearner"],
    "parameter server": ["ray::ParameterServer"],
    "raylet": ["(raylet)", "(sonic-worlds-ray)"],
    "GCS": ["(gcs_server)"],
}
ROLES = (DRIVER, *_ROLES, OTHERS)
"""Roles of a run's processes."""


def descendants(pid: int, what: str = "") -> list[int]:
    """Returns descendants of a process with `what` in their name, in brackets, or in their command line."""
    return [child for child, words in _descendants(pid).items() if what in words]


def roles(run: int) -> dict[int, str]:
    """Returns the role of a run's driver and of each of its descendants, by process number."""

    def role(words: str) -> str:
        return next((name for name, signs in _ROLES.items() if any(sign in words for sign in signs)), OTHERS)

    return {run: DRIVER} | {pid: role(words) for pid, words in _descendants(run).items()}


def _descendants(pid: int) -> dict[int, str]:
    """Returns name, in brackets, and command line of each descendant, by process number."""
    words: dict[int, str] = {}
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                # A zombie has only a name.
                process = child.as_dict(["name", "cmdline"], ad_value=())
                words[child.pid] = f"({process['name']}) {' '.join(process['cmdline'])}"
    return words


def cpu_seconds(pid: int) -> float:
    """Returns user and system time of a process and its ended children, in seconds; 0 if it has ended."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def own_kib(pid: int) -> int:
    """Returns resident memory in KiB, with the process's share of shared pages; 0 if it has ended."""
    try:
        return int(psutil.Process(pid).memory_full_info().pss) // 1024
    except psutil.Error:
        return 0
