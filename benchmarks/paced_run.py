"""Measures a training run with paused learners, and, if wanted, a sleep in place of emulators and networks.

python -m benchmarks.paced_run ACTORS EMULATORS STEP_SECONDS SECONDS; prints one line of JSON. With 0 for STEP_SECONDS
emulators and networks are the real ones, and each actor has one core, and its emulators are on the same. For more
actors than fit into memory: python -m benchmarks.forked_workers benchmarks.paced_run ...

Everything else is the run of `sonic-worlds train`: its Ray actors, its driver, its metrics, the policy's weights to the
actors after every iteration, the episodes to the policy's learner, and the sequences to the pool.
"""

import copy
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from ray.rllib.algorithms.ppo.torch.ppo_torch_learner import PPOTorchLearner
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.utils.metrics import WEIGHTS_SEQ_NO

from actors.emulation.pool import PoolStep
from actors.games.levels import Level
from actors.rollout import rollout
from actors.rollout.env_runner import CuriousEnvRunner
from benchmarks.process_tree import cpu_seconds, own_kib, roles
from cluster.config.arguments import parse_train
from cluster.metrics.live_view import View
from cluster.run.folder import RunFolder
from cluster.training import part_settings
from cluster.training.open_run import OpenedRun
from cluster.training.trainer import train
from learners.policy import policy_config
from world_model.sequences import Sequences

LEVELS = "windup-train"
ITERATION_STEPS = 1024
"""Steps of each actor in an iteration: the default batch of two actors, divided between them."""
WARM_UP_ITERATIONS = 3
SPREAD = 0.05
"""Standard deviation of a fragment's length, as a share of it: real ones do not all take as long."""
SHIP_EVERY = 4
"""One shipment of sequences in four is sent: those of 64 actors are 376 MB/s, whose copies alone would take a core.
`benchmarks.data_path` measures the pool's highest intake."""
STEPS_BETWEEN_LOOKS = 4
"""A sleeping actor looks for newer weights less often than once in a step, to spare the cores it does not have."""


class StillPool:
    """A replacement of a pool, whose emulators show noise and take no time."""

    def __init__(
        self, games: list[str], next_level: Callable[[int], Level], settings: Any, seed: Any, size: int, threads: int
    ) -> None:
        self.num_emulators = n = len(games)
        self.levels = [next_level(i) for i in range(n)]
        self.restarts_total = self.rewards_refused = 0
        self._rng = np.random.default_rng(seed)
        side = size
        self._frames = self._rng.integers(0, 256, (n, side, side, 3), dtype=np.uint8)

    def reset(self) -> np.ndarray:
        return self._frames

    def send(self, actions: np.ndarray) -> None:
        return

    def receive(self) -> PoolStep:
        n = self.num_emulators
        no = np.zeros(n, bool)
        rewards = self._rng.normal(size=n).astype(np.float32)
        positions = self._rng.integers(0, 4096, (n, 2)).astype(np.int32)
        ran, changes, places = np.full(n, 4, np.int32), np.zeros(n, np.int32), np.full((n, 2), np.nan, np.float32)
        return PoolStep(self._frames, rewards, no, no, no, no, ran, positions, changes, places, rewards)

    def get_state(self) -> dict[str, Any]:
        return {"random": self._rng.bit_generator.state, "restarts_total": 0}

    def close(self) -> None:
        return


class KeepsLast:
    """A sequence sink that keeps its last shipment."""

    def __init__(self, sink: Any) -> None:
        self._sink = sink
        self.last: Sequences | None = None

    @property
    def in_flight(self) -> int:
        return int(self._sink.in_flight)

    def ship(self, sequences: Sequences) -> bool:
        self.last = sequences
        return bool(self._sink.ship(sequences))


class PacedRunner(CuriousEnvRunner):
    """Samples one real fragment, then returns it repeatedly, each time after the duration of a real one.

    Its episodes, metrics, reports and sequences have the size of real ones, and are shipped each time.
    """

    def make_env(self) -> None:
        rollout.make_pool = StillPool  # type: ignore[attr-defined, assignment]
        super().make_env()
        self.vec._sink = self._sink = KeepsLast(self.vec._sink)
        self._fragment: tuple[list, Any] | None = None

    def sample(self, **arguments: Any) -> Any:
        vec = self.vec
        if self._fragment is None:
            self._paces = np.random.default_rng(self.worker_index)
            episodes = super().sample(**arguments)
            self._fragment = episodes, copy.deepcopy(vec.tally)
            return episodes
        step_seconds = self.config.env_config["step_seconds"] * float(self._paces.normal(1.0, SPREAD))
        steps = int(self.config.get_rollout_fragment_length(self.worker_index))
        episodes, done = self._fragment
        begin = time.monotonic()
        tally = vec._counting.tally
        for step in range(1, steps + 1):
            if step % STEPS_BETWEEN_LOOKS and step < steps:
                continue
            time.sleep(max(0.0, begin + step * step_seconds - time.monotonic()))
            vec._take_newer_weights()
            if step % (SHIP_EVERY * vec._builder._length) == 0:
                assert self._sink.last is not None
                accepted = self._sink.ship(self._sink.last)
                tally.sequences += self.num_envs
                tally.sequences_refused += 0 if accepted else self.num_envs
        took = {"weights_taken", "sequences", "sequences_refused", "emulator_restarts", "seconds"}
        for name, value in vars(done).items():
            if name not in took:
                setattr(tally, name, value)
        tally.seconds["emulate"] += time.monotonic() - begin
        self._log_env_steps(metric=self._metrics_num_env_steps_sampled, num_steps=done.steps)
        self._increase_sampled_metrics(done.steps, 0)
        return episodes


class RealRunner(CuriousEnvRunner):
    """A real runner on one core, which it shares with its emulators."""

    def make_env(self) -> None:
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[(self.worker_index - 1) % len(cores)]})
        super().make_env()


class PausedLearner(PPOTorchLearner):
    """A learner that gets all episodes and learns nothing; its weights count as new ones."""

    def update(self, *_: Any, training_data: Any, **__: Any) -> Any:
        training_data.solve_refs()
        self._weights_seq_no += 1
        self.metrics.log_value((DEFAULT_MODULE_ID, WEIGHTS_SEQ_NO), self._weights_seq_no, window=1)
        return self.metrics.reduce()


class Watcher(threading.Thread):
    """Measures the CPU time of the run's processes."""

    def __init__(self, metrics: Path, end: Callable[[], None], seconds: float) -> None:
        super().__init__(daemon=True)
        self._metrics = metrics
        self._end = end
        self._seconds = seconds
        self.first: tuple[float, dict[str, float]] | None = None
        self.last: tuple[float, dict[str, float]] | None = None
        self.memory_mib: dict[str, float] = {}

    def run(self) -> None:
        while not self._metrics.exists() or self._metrics.read_bytes().count(b"\n") < WARM_UP_ITERATIONS:
            time.sleep(0.5)
        self.memory_mib = _by_role(lambda pid: own_kib(pid) / 1024)
        self.first = time.time(), _by_role(cpu_seconds)
        time.sleep(self._seconds)
        self.last = time.time(), _by_role(cpu_seconds)
        self._end()

    def cores(self) -> dict[str, float]:
        """Returns the number of cores that each role kept busy."""
        assert self.first
        assert self.last
        (begin, before), (end, after) = self.first, self.last
        return {role: (after[role] - before.get(role, 0.0)) / (end - begin) for role in after}


def _by_role(measure: Callable[[int], float]) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    for pid, role in roles(os.getpid()).items():
        sums[role] += measure(pid)
    return dict(sums)


def paced_run(actors: int, emulators: int, step_seconds: float, seconds: float) -> dict[str, Any]:
    """Runs for a number of seconds after the first iterations; returns throughput and use of cores."""
    runner = PacedRunner if step_seconds else RealRunner

    def settings(configured: Any, runner_class: type, env_config: dict[str, Any], *rest: Any, **more: Any) -> Any:
        config = policy_config(configured, runner, env_config | {"step_seconds": step_seconds}, *rest, **more)
        return config.learners(learner_class=PausedLearner)

    part_settings.policy_config = settings  # type: ignore[attr-defined, assignment]
    folder = Path(tempfile.mkdtemp(prefix="sw-"))
    try:
        config, _ = parse_train(
            [
                *("--runs-dir", str(folder), "--name", "paced", "--steps", str(10**9), "--levels", LEVELS),
                *("--actors", str(actors), "--emulators-per-actor", str(emulators), "--no-report"),
                *("--policy.train-batch-steps", str(ITERATION_STEPS * actors)),
                *("--world-model.training-ratio", "1e-9", "--checkpoint.every-seconds", "1e6"),
            ]
        )
        run = RunFolder.create(config)
        # As Ctrl-C does: the iteration under way is the last.
        watcher = Watcher(run.metrics_path, lambda: os.kill(os.getpid(), 2), seconds)
        watcher.start()
        with View() as view:
            view.start(config.steps, 0, run.name)
            train(OpenedRun(run, config), view)
        rows = [json.loads(line) for line in run.metrics_path.read_text().splitlines()][WARM_UP_ITERATIONS - 1 :]
        run.close()
        spent = rows[-1]["iteration_timestamp_seconds"] - rows[0]["iteration_timestamp_seconds"]
        steps = rows[-1]["steps_total"] - rows[0]["steps_total"]
        sequences = rows[-1]["sequences_total"] - rows[0]["sequences_total"]
        refused = rows[-1]["sequences_refused_total"] - rows[0]["sequences_refused_total"]
        phases = [name for name in rows[0] if name.endswith("_seconds_total")]
        return {
            "actors": actors,
            "emulators": emulators,
            "iterations": len(rows) - 1,
            "steps_per_second": steps / spent,
            "sequences_per_second": sequences / spent,
            "sequences_refused": refused,
            "cores_busy": watcher.cores(),
            "memory_mib": watcher.memory_mib,
            "phases": {name: (rows[-1][name] - rows[0][name]) / spent for name in phases},
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    # By its own name, so that Ray's actors find the classes.
    from benchmarks.paced_run import paced_run as measured_run

    printed = os.dup(1)
    os.dup2(2, 1)
    result = measured_run(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
    os.write(printed, (json.dumps(result) + "\n").encode())
