import os
import signal
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from actors.emulation.emulator_pool import EmulatorPool
from actors.emulation.settings import EmulatorSettings
from actors.games.levels import Level
from actors.rollout.curiosity import Curiosity
from actors.rollout.level_draw import LevelDraw
from actors.rollout.recolouring import Recolouring
from actors.rollout.settings import CuriosityKind as Kind
from actors.rollout.settings import RewardSettings
from actors.rollout.world_model_vec import WorldModelVec
from world_model.model import WorldModel
from world_model.published.weights import Weights
from world_model.sequences import Sequences
from world_model.spec import WorldModelSpec
from world_model.vae import images
from world_model.weights import get_weights, set_weights

pytestmark = pytest.mark.slow

SPEC = WorldModelSpec(actions=10, sees_change=True)
LEVEL = Level("Airstriker-Genesis-v0", "Level1")
N, T = 2, 8


class _Source:
    """Gives a version when the test has put one there."""

    def __init__(self) -> None:
        self.offered: tuple[int, Weights] | None = None
        self.refused = 0

    def newer(self, using: int) -> tuple[int, Weights] | None:
        return self.offered if self.offered and self.offered[0] > using else None


class _Sink:
    def __init__(self) -> None:
        self.shipped: list[Sequences] = []
        self.open = True

    def ship(self, sequences: Sequences) -> bool:
        self.shipped.append(sequences)
        return self.open


class _Actor:
    def __init__(
        self,
        kind: Kind,
        max_episode_steps: int = 30,
        rises_only: bool = False,
        level: Level = LEVEL,
        recoloured: float = 0.0,
    ) -> None:
        draw = LevelDraw([level], 0, N, N, [0])
        self.pool = EmulatorPool(
            draw.games, draw, EmulatorSettings(max_episode_steps=max_episode_steps, stuck_steps=None), 0
        )
        self.source, self.sink = _Source(), _Sink()
        reward = RewardSettings(curiosity_share=0.5, rises_only=rises_only)
        curiosity = Curiosity(kind, reward)
        recolouring = Recolouring(N, recoloured, 0)
        self.vec = WorldModelVec(self.pool, draw, SPEC, curiosity, reward, T, self.source, self.sink, recolouring)


@pytest.fixture
def actors() -> Iterator[list[_Actor]]:
    made: list[_Actor] = []
    yield made
    for actor in made:
        actor.vec.close()


def _model(seed: int) -> WorldModel:
    torch.manual_seed(seed)
    model = WorldModel(SPEC).eval()
    # The progress model is made to promise nothing; these tests want something to see.
    with torch.no_grad():
        for parameter in model.progress_model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model


def _run(actor: _Actor, steps: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    observations, rewards = [actor.vec.reset()[0]], []
    for _ in range(steps):
        observation, reward, _, _, _ = actor.vec.step(rng.integers(0, 10, N))
        observations.append(observation)
        rewards.append(reward)
    return np.stack(observations), np.stack(rewards)


@pytest.mark.parametrize("recoloured", [0.0, 1.0])
def test_observations_are_v_and_m_of_the_frames_that_were_shipped(actors: list[_Actor], recoloured: float) -> None:
    """Across resets: what the policy saw is what the learner can compute from the sequences."""
    actor = _Actor("none", recoloured=recoloured)
    actors.append(actor)
    model = _model(3)
    actor.source.offered = (1, get_weights(model))
    observations, _ = _run(actor, 5 * T)
    assert len(actor.sink.shipped) == 5
    for k, sequences in enumerate(actor.sink.shipped[1:], 1):
        assert (sequences.versions == 1).all()
        state = torch.from_numpy(sequences.state)
        with torch.no_grad():
            mean, _ = model.vae.encode(images(torch.from_numpy(sequences.frames)))
            z = mean.view(N, T + 1, -1)
            first = torch.from_numpy(sequences.first)
            actions = torch.from_numpy(sequences.actions)
            h = model.forward_model.unroll(
                z[:, :-1], actions, first[:, :-1], (state[:, 0].contiguous(), state[:, 1].contiguous())
            )
        seen = observations[k * T + 1 : (k + 1) * T + 1].transpose(1, 0, 2)
        # The actor computes in bfloat16 where the processor can.
        np.testing.assert_allclose(seen[:, :, : SPEC.latent], z[:, 1:], atol=0.05)
        kept = ~first[:, 1:, None].numpy()
        np.testing.assert_allclose(seen[:, :, SPEC.latent : SPEC.features] * kept, h.numpy() * kept, atol=0.05)
        np.testing.assert_allclose(seen[:, :, SPEC.features :] * kept, torch.diff(z, dim=1).numpy() * kept, atol=0.1)
        # A new episode begins with an empty memory.
        assert not (seen[:, :, SPEC.latent :] * ~kept).any()


def test_there_are_resets_in_what_the_test_above_saw(actors: list[_Actor]) -> None:
    actor = _Actor("none")
    actors.append(actor)
    _run(actor, 5 * T)
    assert sum(s.first[:, 1:].sum() for s in actor.sink.shipped) == N


def test_new_weights_are_taken_between_steps_and_counted(actors: list[_Actor]) -> None:
    actor = _Actor("none")
    actors.append(actor)
    actor.vec.reset()
    assert actor.vec.version == 0
    weights = get_weights(_model(4))
    actor.source.offered = (7, weights)
    actor.vec.step(np.zeros(N))
    assert actor.vec.version == 7
    actor.vec.step(np.zeros(N))
    assert actor.vec.take_tally().weights_taken == 1
    reference = WorldModel(SPEC)
    set_weights(reference, weights)
    own = actor.vec._model.state_dict()
    assert all(torch.equal(own[name], parameter) for name, parameter in reference.state_dict().items())


@pytest.mark.parametrize("kind", ["first_visits", "learning_progress", "prediction_error"])
def test_the_reward_is_scaled_extrinsic_plus_curiosity(kind: Kind, actors: list[_Actor]) -> None:
    plain, curious = _Actor("none"), _Actor(kind)
    actors += [plain, curious]
    curious.source.offered = (1, get_weights(_model(5)))
    _, without = _run(plain, 4 * T)
    _, rewards = _run(curious, 4 * T)
    extrinsic = np.concatenate([s.rewards for s in plain.sink.shipped], 1).T
    np.testing.assert_allclose(without, 0.01 * extrinsic, rtol=1e-6)
    curiosity = rewards - without
    assert np.abs(curiosity).sum() > 0
    tally = curious.vec.take_tally()
    assert tally.curiosity == pytest.approx(float(curiosity.sum()), rel=1e-3)
    assert tally.levels[str(LEVEL)].curiosity == pytest.approx(tally.curiosity, rel=1e-3)
    # The step that is a reset pays nothing.
    first = np.concatenate([s.first[:, 1:] for s in curious.sink.shipped], 1).T
    assert not curiosity[first].any()


def test_only_rises_of_the_return_count_where_that_is_asked(actors: list[_Actor]) -> None:
    # Airstriker's score never falls.
    level = Level("Windup-Genesis-v0", "Playroom.Act1")
    signed, rising = _Actor("none", 200, level=level), _Actor("none", 200, rises_only=True, level=level)
    actors += [signed, rising]
    seen = []
    for actor in (signed, rising):
        actor.vec.reset()
        # To the right, back to the left, and to the right again; see windup.game.ACTIONS.
        seen.append([actor.vec.step(np.full(N, action)) for action in [2] * 40 + [1] * 20 + [2] * 60])
    total = highest = 0.0
    paid = [float(reward[0]) for _, reward, *_ in seen[0]]
    assert min(paid) < 0
    for (_, reward, terminated, truncated, _), (_, risen, *_) in zip(*seen, strict=True):
        total += float(reward[0])
        assert float(risen[0]) == pytest.approx(max(0.0, total - highest), abs=1e-5)
        highest = max(highest, total)
        if terminated[0] or truncated[0]:
            total = highest = 0.0
    # What is told of episodes is the game's own reward.
    one, other = (actor.vec.take_tally() for actor in (signed, rising))
    assert one.levels == other.levels


def test_an_actor_counts_what_it_did(actors: list[_Actor]) -> None:
    actor = _Actor("none", max_episode_steps=10)
    actors.append(actor)
    actor.sink.open = False
    actor.vec.reset()
    # An episode is 10 steps and a reset.
    for _ in range(3 * 11):
        actor.vec.step(np.zeros(N))
    tally = actor.vec.take_tally()
    assert tally.steps == N * 30
    assert tally.frames == 4 * N * 30
    assert [episode.steps for episode in tally.episodes] == [10] * 6
    assert {episode.level for episode in tally.episodes} == {str(LEVEL)}
    assert list(tally.levels) == [str(LEVEL)]
    assert tally.levels[str(LEVEL)].steps == N * 30
    assert (tally.sequences, tally.sequences_refused) == (N * 4, N * 4)
    assert actor.vec.take_tally().frames == 0


def test_a_replaced_emulator_is_no_transition(actors: list[_Actor]) -> None:
    actor = _Actor("learning_progress", max_episode_steps=1000)
    actors.append(actor)
    actor.source.offered = (1, get_weights(_model(6)))
    actor.vec.reset()
    actor.vec.step(np.zeros(N))
    os.kill(actor.pool.pids[0], signal.SIGKILL)
    rewards = []
    for _ in range(T - 1):
        _, reward, _, truncated, _ = actor.vec.step(np.zeros(N))
        rewards.append((reward[0], truncated[0]))
    assert rewards[0] == (0.0, True)
    shipped = actor.sink.shipped[0]
    assert shipped.dones[0].tolist() == [False, True] + [False] * (T - 2)
    assert shipped.first[0].tolist() == [True, False, True, True] + [False] * (T - 3)
    assert not shipped.first[1, 1:].any()
    assert actor.vec.take_tally().emulator_restarts == 1
