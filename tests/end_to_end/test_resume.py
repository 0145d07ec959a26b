"""Each line of docs/resume.md: what a resume restores exactly, and what begins anew."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from ray.rllib.core import DEFAULT_MODULE_ID

from actors.games.levels import select_levels
from cluster.config.config import TrainConfig
from cluster.host.janitor import Janitor
from cluster.metrics.faults import Faults
from cluster.metrics.totals import Totals
from cluster.run.folder import RunFolder
from cluster.training.level_scheduler import LevelScheduler
from cluster.training.serial_parts import SerialParts
from world_model.state_tree import load_tree, save_tree

DOCS = Path(__file__).parents[2] / "docs" / "resume.md"
SETTINGS: dict[str, Any] = {
    "levels": "Garden,Bathtub.Act1",
    "preset": "small",
    "curiosity": "learning_progress",
    "level_schedule": "prioritized",
    "emulators_per_actor": 4,
    "seed": 5,
    "serial": True,
    "emulator": {"max_episode_steps": 25},
    "policy": {"train_batch_steps": 160, "minibatch_size": 80, "epochs": 2, "warm_up_steps": 2000},
    "world_model": {
        "batch_sequences": 4,
        "sequence_length": 8,
        "training_ratio": 0.31,
        "sampling_waits": False,
        "publish_every": 2,
        "measure_updates": 100,
        "warm_up_updates": 40,
        "lag": 1,
    },
}


@dataclass
class Life:
    """A run's parts with what the trainer keeps beside them.

    Attributes:
        random: torch's random state when it is asked for.
    """

    parts: Any
    totals: Totals
    scheduler: LevelScheduler
    faults: Faults
    random: torch.Tensor

    @property
    def vec(self) -> Any:
        return self.parts._policy._runner.vec

    @property
    def learner(self) -> Any:
        return self.parts._learner

    def state(self) -> dict[str, Any]:
        """What the trainer saves."""
        return {
            "parts": self.parts.get_state(self.totals.counters["steps_total"]),
            "totals": self.totals.get_state(),
            "levels": self.scheduler.get_state(),
            "faults": self.faults.get_state(),
        }


@contextmanager
def _life(run: RunFolder, state: Any = None) -> Iterator[Life]:
    config = TrainConfig(**SETTINGS)
    levels = select_levels(config.levels)
    totals, scheduler, faults = Totals(), LevelScheduler(levels, config.level_schedule), Faults(print)
    if state is not None:
        totals.set_state(state["totals"])
        scheduler.set_state(state["levels"])
        faults.set_state(state["faults"])
    odds = scheduler.probabilities()
    with (
        Janitor() as janitor,
        SerialParts(config, levels, odds, run, janitor.folder, faults, state and state["parts"]) as parts,
    ):
        yield Life(parts, totals, scheduler, faults, torch.get_rng_state())


@dataclass
class Lives:
    """What a life of some iterations had, by line; what one that goes on from its checkpoint has, and a new one."""

    before: dict[str, Any]
    after: dict[str, Any]
    new: dict[str, Any]
    anew: dict[str, bool]
    """Of the life that goes on: whether what is told to begin anew did."""
    shuffling: list[Any]
    """What RLlib shuffles minibatches by: of a new life, of one after some iterations, and of the one that goes on."""
    lagged: int
    """The version that the one that goes on compares with; its newest is `after["versions"]`."""


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Lives:
    folder = tmp_path_factory.mktemp("runs")
    run = RunFolder.create(TrainConfig(runs_dir=folder, name="run", **SETTINGS))
    with _life(run) as life:
        new = _look(life)
        shuffling = [_shuffling()]
        for _ in range(4):
            done = life.parts.iterate()
            life.totals.add(done)
            life.scheduler.add(done.errors)
        life.faults.count("silent_parts_total", 3)
        life.random = torch.get_rng_state()
        before = _look(life)
        shuffling.append(_shuffling())
        assert not any(_anew(life).values())
        save_tree(run.path, "state", life.state())
    with _life(run, load_tree(run.path, "state")) as resumed:
        after, anew = _look(resumed), _anew(resumed)
        shuffling.append(_shuffling())
        lagged = resumed.parts._server.lagged()
        assert lagged is not None
    return Lives(before, after, new, anew, shuffling, lagged.version)


def _look(life: Life) -> dict[str, Any]:
    return {line: copy.deepcopy(get(life)) for line, get in EXACT.items()}


def _learners(life: Life) -> tuple[Any, Any]:
    """RLlib's, of the world model and of the policy."""
    return life.learner._group._learner, life.parts._policy.learner_group._learner


def _module(learner: Any) -> dict[str, Any]:
    return dict(learner.module[DEFAULT_MODULE_ID].unwrapped().state_dict())


def _moments(learner: Any) -> list[Any]:
    """Of all parameters of all optimisers, with how they lie in memory."""
    return [
        (name, tensor, tensor.stride())
        for optimizer in learner._named_optimizers.values()
        for group in optimizer.param_groups
        for parameter in group["params"]
        for name, tensor in sorted(optimizer.state.get(parameter, {}).items())
    ]


def _rate(life: Life) -> float:
    """The learning rate of PPO's next update, by RLlib's schedule, whose steps begin at 0 in each life."""
    (schedule,) = _learners(life)[1]._optimizer_lr_schedules.values()
    return float(f"{schedule.get_current_value():.9g}")


def _random(rng: np.random.Generator) -> Any:
    return rng.bit_generator.state


EXACT: dict[str, Callable[[Life], Any]] = {
    "world model": lambda life: _module(_learners(life)[0]),
    "world model's optimisers": lambda life: _moments(_learners(life)[0]),
    "world model's schedule": lambda life: (life.learner.updates, life.learner._rate.at(life.learner.updates)),
    "lambdas": lambda life: (life.learner._lambdas, life.learner._measurement.get_state()),
    "training ratio": lambda life: life.learner._ratio._credit,
    "sequence pool's counts": lambda life: (vars(life.learner.pool.counts), _random(life.learner.pool._rng)),
    "policy": lambda life: _module(_learners(life)[1]),
    "policy's optimiser": lambda life: _moments(_learners(life)[1]),
    "policy's schedule": _rate,
    "curiosity's means": lambda life: life.vec._curiosity.get_state(),
    "level draws": lambda life: (_random(life.vec._draw._rng), life.vec._draw._begun),
    "sticky actions": lambda life: _random(life.vec._pool._rng),
    "level schedule": lambda life: life.scheduler.probabilities(),
    "counters": lambda life: (life.totals.counters, life.faults.row(), life.totals.levels.visits()),
    "means": lambda life: (list(life.totals._recent), life.totals.levels.table(), life.learner._losses),
    "versions": lambda life: life.parts._server.newest_version(),
    "random numbers of one process": lambda life: life.random,
}


def _anew(life: Life) -> dict[str, bool]:
    return {
        "episodes under way": not life.vec._counting._steps.any(),
        "sequences in the pool": len(life.learner.pool) == 0,
        "visits of an episode": not any(life.vec._visits._seen),
    }


def _shuffling() -> Any:
    """numpy's random state."""
    _, words, place, *_ = np.random.get_state()
    return (words.tolist(), place)


def _table(head: str) -> set[str]:
    rows = DOCS.read_text().partition(f"| {head} |")[2].partition("\n\n")[0].splitlines()[2:]
    return {row.split("|")[1].strip() for row in rows}


def test_the_page_lists_what_is_tested(lives: Lives) -> None:
    assert _table("exactly as it was") == EXACT.keys()
    # Of the first, see test_same_agent.py.
    others = {"action draws of Ray actors", "minibatches of PPO", "lagged version"}
    assert _table("begun anew") == lives.anew.keys() | others


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    return bool(a == b)


@pytest.mark.parametrize("line", EXACT)
def test_it_is_as_it_was(lives: Lives, line: str) -> None:
    if line == "versions":
        # The checkpoint's weights may be newer than the version published last.
        assert lives.after[line] >= lives.before[line] > lives.new[line]
        return
    assert _same(lives.after[line], lives.before[line])
    # Or it would prove nothing.
    assert not _same(lives.new[line], lives.before[line])


def test_what_begins_anew_does(lives: Lives) -> None:
    assert lives.anew == dict.fromkeys(lives.anew, True)
    new, before, after = lives.shuffling
    assert after == new != before
    # Of the versions in the store.
    assert 0 < lives.lagged < lives.after["versions"]
