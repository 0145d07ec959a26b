from typing import Any

import numpy as np
import pytest

from actors.games.levels import select_levels
from cluster.config.config import TrainConfig
from cluster.run.spec import run_spec
from cluster.training.part_settings import of_actors
from learners.world_model_learner import WorldModelLearner
from world_model.sequences import Sequences

pytestmark = pytest.mark.slow


class _Server:
    """Has no weights to give."""

    def poll(self, actor: str, using: int) -> None:
        return None


class _Learner:
    def __init__(self) -> None:
        self.added: list[Sequences] = []

    def add(self, sequences: Sequences) -> None:
        self.added.append(sequences)


def _config(error: float) -> TrainConfig:
    return TrainConfig.model_validate(
        {
            "levels": "Playroom.Act1",
            "serial": True,
            "emulators_per_actor": 4,
            "emulator": {"kind": "native"},
            "world_model": {"gaze_error": error, "sequence_length": 8, "pool_sequences": 8, "batch_sequences": 2},
        }
    )


_networks: dict[str, Any] = {}


def _play(error: float) -> tuple[np.ndarray, Sequences]:
    """Plays 16 steps of the same games; returns observations, and what was sent to the learner."""
    config = _config(error)
    levels, learner = select_levels(config.levels), _Learner()
    vec: Any = of_actors(config, run_spec(config, levels), levels, None, {}, _Server(), learner)(0)
    rng = np.random.default_rng(0)
    # The networks begin at random, but each environment's are those of the first.
    _networks.update(_networks or vec._model.state_dict())
    vec._model.load_state_dict(_networks)
    vec._encoder.refresh()
    vec._forward.refresh()
    observations = [vec.reset()[0], *(vec.step(rng.integers(0, 10, 4))[0] for _ in range(16))]
    vec.close()
    return np.stack(observations), learner.added[-1]


def test_actors_miss_places_by_the_error_and_tell_the_learner_exact_ones() -> None:
    (exact, told), (again, _), (missed, still_told) = _play(0.0), _play(0.0), _play(3.0)
    assert np.array_equal(exact, again)
    assert (exact[1:] != missed[1:]).any(-1).mean() > 0.9
    assert np.isfinite(told.places[:, 1:]).all()
    assert np.array_equal(told.places, still_told.places, equal_nan=True)


def test_the_learner_misses_places_by_the_error() -> None:
    config = _config(3.0)
    learner = WorldModelLearner(
        run_spec(config, select_levels(config.levels)), config.world_model, lambda *_: (0, None), 0
    )
    learner.add(_play(0.0)[1])
    module: Any = learner._group._learner.module["default_policy"].unwrapped()
    batch = learner.pool.sample(2)
    first, second = (module.world_model.encode(batch["frames"], batch["places"]).x for _ in range(2))
    assert (first != second).any()
