"""The three streams that decide whether curiosity is right (DESIGN.md), through the whole path that pays it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from actors.emulation.pool import PoolStep
from actors.games.levels import Level
from actors.rollout.curiosity import Curiosity
from actors.rollout.recolouring import Recolouring
from actors.rollout.settings import CuriosityKind as Kind
from actors.rollout.settings import RewardSettings
from actors.rollout.transport import LocalSink, LocalWeights
from actors.rollout.world_model_vec import WorldModelVec
from learners.settings import WorldModelSettings
from learners.world_model_learner import WorldModelLearner
from world_model.published.parameter_server import ParameterServer
from world_model.published.private_valkey import PrivateValkey
from world_model.published.weights import Weights
from world_model.spec import PRESETS, WorldModelSpec

_SIDE = 64
_EPISODE = 200
_EACH = 2
_STILL, _NOISE, _NEW = slice(0, 2), slice(2, 4), slice(4, 6)
_SPEC = WorldModelSpec(actions=6, **PRESETS["light"])
_STEPS = 1200
_SETTINGS = WorldModelSettings(
    learning_rate=1e-3,
    warm_up_updates=20,
    slow_after=None,
    freeze_after=None,
    batch_sequences=8,
    sequence_length=16,
    training_ratio=2.0,
    pool_sequences=600,
    publish_every=10,
    measure_updates=50,
    lambda_kl=0.1,
    moving_weight=0.0,
)


class _Streams:
    """In the place of an emulator pool: two still screens, two of noise, two where a square obeys the action."""

    def __init__(self) -> None:
        self.num_emulators = 3 * _EACH
        self.levels = [Level(name, "x") for name in ("still", "noise", "new") for _ in range(_EACH)]
        self.restarts_total = self.rewards_refused = 0
        self._rng = np.random.default_rng(1)
        self._x = np.full(_EACH, 20.0)
        self._t = 0

    def reset(self) -> np.ndarray:
        return self._frames()

    def send(self, actions: np.ndarray) -> None:
        self._t += 1
        self._x = np.clip(self._x + (actions[_NEW] % 3 - 1) * 3, 4, 56)

    def receive(self) -> PoolStep:
        n = self.num_emulators
        none = np.zeros(n, bool)
        over = np.full(n, self._t % _EPISODE == _EPISODE - 1)
        first = np.full(n, self._t % _EPISODE == 0)
        nowhere = np.full((n, 2), -1, np.int32)
        ran = np.where(first, 0, 4)
        rewards, places = np.zeros(n, np.float32), np.full((n, 2), np.nan, np.float32)
        return PoolStep(self._frames(), rewards, none, over, first, none, ran, nowhere, ran * 0, places, ran * 0.0)

    def unstick(self, which: np.ndarray) -> None:
        return

    def close(self) -> None:
        return

    def _frames(self) -> np.ndarray:
        frames = np.zeros((self.num_emulators, _SIDE, _SIDE, 3), np.uint8)
        frames[_STILL, 20:30, 10:50] = (200, 50, 50)
        frames[_STILL, 40:] = (0, 120, 0)
        frames[_NOISE] = self._rng.integers(0, 256, frames[_NOISE].shape)
        frames[_NEW] = (30, 30, 90)
        y = int(32 + 20 * np.sin(self._t / 5))
        for frame, x in zip(frames[_NEW], self._x.astype(int), strict=True):
            frame[y - 4 : y + 4, x - 4 : x + 4] = (250, 250, 100)
            frame[60:] = (90, 60, 20)
        return frames


def _publisher(server: ParameterServer) -> Callable[[Weights, int], tuple[int, Weights | None]]:
    return lambda weights, updates, digest: (server.publish(weights, updates, digest), server.lagged())


class _Signal(Curiosity):
    """What is paid before it is weighed: a share that is always reached would hide that it becomes less."""

    def reward(self, raw: np.ndarray, visits: np.ndarray, extrinsic: np.ndarray, transition: np.ndarray) -> np.ndarray:
        signal = visits == 1 if self.kind == "first_visits" else raw * visits**-0.5
        return np.where(transition, signal, 0.0).astype(np.float32)


def _paid(folder: Path, kind: Kind, steps: int) -> np.ndarray:
    """The signal of each step of each emulator, [steps, N]."""
    rng = np.random.default_rng(0)
    paid = []
    with PrivateValkey(folder) as valkey:
        server = ParameterServer(valkey.url, "streams", keep=8, lag=3)
        learner = WorldModelLearner(_SPEC, _SETTINGS, _publisher(server), seed=0)
        learner.start(None)
        pool = _Streams()
        reward = RewardSettings(curiosity_share=0.5, extrinsic_scale=0.0)
        vec = WorldModelVec(
            pool,  # type: ignore[arg-type]
            None,  # type: ignore[arg-type]
            _SPEC,
            _Signal(kind, reward),
            reward,
            sequence_length=16,
            weights=LocalWeights(server, "actor"),
            sink=LocalSink(learner),
            recolouring=Recolouring(pool.num_emulators, 0.0, 0),
        )
        vec.reset()
        for _ in range(steps):
            _, rewards, _, _, _ = vec.step(rng.integers(0, 6, pool.num_emulators))
            paid.append(rewards)
            while kind == "learning_progress" and learner.update():
                continue
    return np.array(paid)


@pytest.mark.timeout(1200)
def test_learning_progress_pays_for_what_is_new_and_learnable_and_for_nothing_else(tmp_path: Path) -> None:
    # Mean payment a step, by stream, in tenths of the time.
    paid = _paid(tmp_path, "learning_progress", _STEPS)
    tenths = paid.reshape(10, -1, 3 * _EACH).mean(1)
    still, noise, new = (tenths[:, which].mean(1) for which in (_STILL, _NOISE, _NEW))
    message = f"still {still.round(4)}\nnoise {noise.round(4)}\nnew   {new.round(4)}"
    print(message)
    peak = new.max()
    assert peak > 0.03, message
    # Less as the learner trains on it.
    assert new[-5:].mean() < 0.7 * new[new > 0][:2].mean(), message
    # Little after a while, the last third: V's error there falls on, in proportion.
    assert abs(still[-3:].mean()) < 0.2 * peak, message
    # Noise: at first what is said of the others spills over to it; later it pays next to nothing.
    assert noise.sum() < 0.5 * new.sum(), message
    assert abs(noise[-3:].mean()) < 0.15 * peak, message


def test_first_visits_pay_in_every_episode_for_what_moves_and_not_for_noise(tmp_path: Path) -> None:
    paid = _paid(tmp_path, "first_visits", 3 * _EPISODE)
    episodes = paid.reshape(3, _EPISODE, 3 * _EACH)
    still, noise, new = (episodes[..., which].mean((1, 2)) for which in (_STILL, _NOISE, _NEW))
    message = f"still {still.round(4)}\nnoise {noise.round(4)}\nnew   {new.round(4)}"
    print(message)
    # An episode's first picture is that of its reset, which pays nothing.
    assert not episodes[1:, 5:, _STILL].any(), message
    assert (new[1:] > 10 * still[1:]).all(), message
    assert (noise < 0.2 * new).all(), message
    # Nothing is kept from one episode to the next.
    assert new[2] > 0.5 * new[1], message
