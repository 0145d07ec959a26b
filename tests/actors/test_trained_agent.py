"""The trained agent acts as the rollout actors do, and in one episode as if there were no other."""

import numpy as np
import pytest
import torch
from torch import nn

from actors.agents.trained import TrainedAgent
from world_model.model import WorldModel
from world_model.spec import WorldModelSpec, preset_spec
from world_model.vae import images

pytestmark = pytest.mark.slow

GAME = "Airstriker-Genesis-v0"


def _agent(spec: WorldModelSpec, scale: float = 20.0) -> TrainedAgent:
    torch.manual_seed(0)
    policy = nn.Sequential(nn.Linear(spec.observation, spec.actions))
    with torch.no_grad():
        policy[0].weight.mul_(scale)
    return TrainedAgent(WorldModel(spec), policy)


def _frames(steps: int, n: int, size: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (steps, n, size, size, 3)).astype(np.uint8)


@pytest.mark.parametrize("preset", ["small", "seed"])
def test_an_episode_is_the_same_to_the_last_bit_whatever_is_played_beside_it(preset: str) -> None:
    spec = preset_spec(preset, 10)
    agent = _agent(spec)
    steps, n = 12, 7
    frames = _frames(steps, n, spec.observation_size)
    alone = [agent.begin(GAME, np.random.default_rng(i)) for i in range(n)]
    expected = [[agent.act([alone[i]], row[i : i + 1])[0] for i in range(n)] for row in frames]
    assert len({action for row in expected for action in row}) > 3

    together = [agent.begin(GAME, np.random.default_rng(i)) for i in range(n)]
    order = np.random.default_rng(2)
    for row, actions in zip(frames, expected, strict=True):
        # In another place each time.
        places = order.permutation(n)
        assert agent.act([together[i] for i in places], row[places]) == [actions[i] for i in places]
    for one, other in zip(alone, together, strict=True):
        assert torch.equal(one.h, other.h)
        assert torch.equal(one.c, other.c)


def test_it_follows_m_along_the_episode() -> None:
    """The observation is [z, h, change of z] with h after the action before, as WorldModelVec makes it."""
    spec = WorldModelSpec(actions=10, sees_change=True)
    agent = _agent(spec)
    model = agent.model
    memory = agent.begin(GAME, np.random.default_rng(0))
    seen: list[torch.Tensor] = []
    agent.policy.register_forward_hook(lambda module, given, _: seen.append(given[0][0].clone()))
    state, before = model.forward_model.initial_state(1), None
    with torch.inference_mode():
        for row in _frames(5, 1, 64):
            z, _ = model.vae.encode(images(torch.from_numpy(row)))
            (action,) = agent.act([memory], row)
            change = torch.zeros_like(z) if before is None else z - before
            torch.testing.assert_close(seen[-1][None], torch.cat([z, state[0], change], -1))
            before = z
            state = model.forward_model.step(z, torch.tensor([action]), state)
    assert state[0].abs().max() > 0.01


def test_actions_have_the_chances_that_the_logits_say() -> None:
    spec = WorldModelSpec(actions=10)
    agent = _agent(spec)
    nn.init.zeros_(agent.policy[0].weight)  # type: ignore[index, arg-type]
    logits = torch.linspace(-2, 1, 10)
    with torch.no_grad():
        agent.policy[0].bias.copy_(logits)  # type: ignore[index, union-attr, operator]
    n = 200
    memories = [agent.begin(GAME, np.random.default_rng(i)) for i in range(n)]
    frames = np.zeros((n, 64, 64, 3), np.uint8)
    actions = [action for _ in range(15) for action in agent.act(memories, frames)]
    shares = np.bincount(actions, minlength=10) / len(actions)
    # 3,000 draws: a share of 0.3 has a standard deviation of 0.008.
    assert np.abs(shares - logits.softmax(-1).numpy()).max() < 0.035
