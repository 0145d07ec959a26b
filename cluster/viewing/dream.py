"""Dreams: the world model runs on its own from a real start, beside an emulator with the same actions."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from actors.agents.trained import Mind
from actors.emulation.kinds import make_emulator
from actors.games.levels import Level
from cluster.viewing.insight import decode, draw
from world_model.forward_model import Mixture
from world_model.latents import Latents

WARM_UP_STEPS = 8
"""Steps with V's encodings before the dream, so that M knows what moves."""
PARTED_STEPS = 5
_PAIRS = 500


@dataclass(frozen=True)
class DreamStep:
    """A step of a dream.

    Attributes:
        dream: uint8 [S, S, 3], V's decoding of the dreamed z.
        reconstruction: uint8 [S, S, 3], V's reconstruction of the emulator's frame.
        screen: uint8 [H, W, 3], the emulator's screen.
        action: the action, in dream and emulator alike.
        error: mean squared difference of dream and reconstruction, colours from 0 to 1; both lack what V cannot draw.
    """

    dream: np.ndarray
    reconstruction: np.ndarray
    screen: np.ndarray
    action: int
    error: float


@dataclass(frozen=True)
class Dream:
    """A whole dream.

    Attributes:
        threshold: half of the mean difference of two reconstructions of this episode, in the unit of the errors.
        parted: first of PARTED_STEPS successive steps, counted from 1, with errors above the threshold; None if there
            are none.
    """

    steps: list[DreamStep]
    threshold: float
    parted: int | None


@torch.inference_mode()
def dream(mind: Mind, level: Level, steps: int, temperature: float, seed: int, native: bool = False) -> Dream:
    """Dreams for a number of steps, or until the emulator's episode ends, without sticky actions.

    The policy acts on the dream. Dreams with the same seed are equal.

    Args:
        temperature: of M's mixture (World Models, arXiv 1803.10122, section 4): its logits are divided by it, its
            standard deviations multiplied by its root.
        native: play beside the native game instead of an emulator.

    Raises:
        EmulatorError: the game has no ROM, or no such state, or the native game was not built.
        NotFiniteError: the agent's networks give numbers that are not finite.
    """
    model = mind.model
    rng, noise = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    torch.set_num_threads(1)
    emulator = make_emulator(level.game, native)
    emulator.reset(level.state)
    frame = np.zeros((model.spec.observation_size, model.spec.observation_size, 3), np.uint8)
    emulator.observe(frame)
    known = Latents(model, 1)
    known.see(torch.from_numpy(frame[None]))
    dreamed: list[DreamStep] = []
    for step in range(WARM_UP_STEPS + steps):
        logits = mind.agent.policy(known.observation())[0]
        action = draw(logits.softmax(-1).double().numpy(), rng)
        known.go(torch.tensor([action]))
        _, done, _ = emulator.step(action, sticky=False)
        emulator.observe(frame)
        known.see(torch.from_numpy(frame[None]))
        if step >= WARM_UP_STEPS:
            drawn = decode(model, known.z)
            known.z = sample(model.forward_model.predict(known.state[0]), temperature, noise)
            picture = decode(model, known.z)
            error = _difference(picture, drawn)
            dreamed.append(DreamStep(picture, drawn, emulator.screen(), action, error))
        if done:
            break
    threshold = half_spread([each.reconstruction for each in dreamed])
    return Dream(dreamed, threshold, parting([each.error for each in dreamed], threshold))


def sample(mixture: Mixture, temperature: float, noise: torch.Generator) -> Tensor:
    """Draws [N, latent] from a mixture with fields [N, latent, mixtures]."""
    weights = (mixture.log_weight / temperature).softmax(-1)
    chosen = torch.multinomial(weights.flatten(0, -2), 1, generator=noise).view(*weights.shape[:-1], 1)
    mean, log_std = (field.gather(-1, chosen)[..., 0] for field in (mixture.mean, mixture.log_std))
    drawn = torch.randn(mean.shape, generator=noise)
    return mean + drawn * log_std.exp() * temperature**0.5


def parting(errors: list[float], threshold: float) -> int | None:
    """Returns the step at which errors stay above the threshold; see `Dream.parted`."""
    run = 0
    for step, error in enumerate(errors, 1):
        run = run + 1 if error > threshold else 0
        if run == PARTED_STEPS:
            return step - PARTED_STEPS + 1
    return None


def half_spread(frames: list[np.ndarray]) -> float:
    """Returns half of the mean squared difference of two pictures, over random pairs; 0 for fewer than two."""
    if len(frames) < 2:
        return 0.0
    rng = np.random.default_rng(0)
    pairs = (rng.choice(len(frames), 2, replace=False) for _ in range(_PAIRS))
    return 0.5 * float(np.mean([_difference(frames[a], frames[b]) for a, b in pairs]))


def _difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.square((one.astype(np.float32) - other) / 255).mean())
