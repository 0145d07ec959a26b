"""Measures the CPU time of a rollout actor's step by part, on native games."""

import time
from collections import defaultdict
from collections.abc import Callable
from statistics import median
from typing import Any
from unittest.mock import patch

from actors.games.levels import Level
from actors.rollout import world_model_vec
from actors.rollout.curiosity import raw_signal
from benchmarks.roofline import LEVEL
from benchmarks.worker import rollout_runner, run_fragment

SECONDS = 8.0
REST = "RLlib's episodes and callbacks"


class Clock:
    """CPU time of this thread by part, each without the parts that are called inside it."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._parts: list[str] = []
        self._since = 0.0

    def watch(self, part: str, owner: Any, name: str) -> None:
        """Counts the calls of an object's function under this name as a part."""
        function: Callable[..., Any] = getattr(owner, name)

        def watched(*arguments: Any, **keywords: Any) -> Any:
            self._count()
            self._parts.append(part)
            try:
                return function(*arguments, **keywords)
            finally:
                self._count()
                self._parts.pop()

        setattr(owner, name, watched)

    def _count(self) -> None:
        now = time.thread_time()
        if self._parts:
            self.seconds[self._parts[-1]] += now - self._since
        self._since = now


def measure_profile(games: int) -> dict[str, float]:
    """Measures the CPU time, in microseconds, of a game's step by part: medians over fragments as long as a run's."""
    runner = rollout_runner([Level(*LEVEL.split("/"))], games, native=True)
    with patch.object(world_model_vec, "raw_signal", raw_signal):
        return _measured(runner, games)


def _measured(runner: Any, games: int) -> dict[str, float]:
    vec, clock = runner.vec, Clock()
    for part, owner, name in (
        ("game", vec._pool, "send"),
        ("game", vec._pool, "receive"),
        ("V", vec._known, "see"),
        ("M", vec._known, "go"),
        ("curiosity", world_model_vec, "raw_signal"),
        ("curiosity", vec._curiosity, "reward"),
        ("sequences", vec._builder, "keep_state"),
        ("sequences", vec._builder, "add"),
        ("counting", vec._counting, "add"),
        ("counting", runner, "report"),
        ("latents' own", runner.env, "step"),
        ("policy", runner.module, "forward_exploration"),
        ("connectors", runner, "_env_to_module"),
        ("connectors", runner, "_module_to_env"),
        (REST, runner, "sample"),
    ):
        clock.watch(part, owner, name)
    fragments: list[dict[str, float]] = []
    begin = time.perf_counter()
    while time.perf_counter() - begin < SECONDS or len(fragments) < 2:
        clock.seconds.clear()
        runner.sample(num_timesteps=run_fragment(games) * games)
        steps = runner.report()["tally"].steps
        fragments.append({part: 1e6 * seconds / steps for part, seconds in clock.seconds.items()})
    runner.stop()
    # The first one begins all episodes.
    return {part: median(fragment.get(part, 0.0) for fragment in fragments[1:]) for part in fragments[-1]}
