"""A run's processes, and what they use: CPU time and memory."""

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
"""What a process of a run can be."""


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
    words: dict[int, str] = {}
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                # Of a zombie the name alone is left.
                found = child.as_dict(["name", "cmdline"], ad_value=())
                words[child.pid] = f"({found['name']}) {' '.join(found['cmdline'])}"
    return words


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and of those of its children that have ended; 0 of one that is gone."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def own_kib(pid: int) -> int:
    """Resident memory, and of shared pages the process's share; 0 of a process that is gone."""
    try:
        return int(psutil.Process(pid).memory_full_info().pss) // 1024
    except psutil.Error:
        return 0
