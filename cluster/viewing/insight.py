"""What `watch` shows: an agent's steps, with what its world model and its policy compute for each."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from actors.agents.trained import Mind
from actors.emulation.emulator import Emulator
from actors.emulation.kinds import make_emulator
from actors.emulation.native_emulator import NativeEmulator
from actors.games.levels import Level
from actors.portable.contest import EPISODE_STEPS
from actors.rollout.curiosity import OwnSignal, Transition, raw_signal
from actors.rollout.visits import Visits
from world_model.finite import NotFiniteError
from world_model.latents import Latents
from world_model.model import WorldModel
from world_model.own_class import is_own, own_class


@dataclass(frozen=True)
class Insight:
    """One step of the agent.

    Attributes:
        step: number of the step in the episode, from 1 on.
        episode: number of the episode, from 1 on.
        screen: uint8 [H, W, 3], the game's screen after the step.
        frame: uint8 [S, S, 3], that screen as V sees it.
        reconstruction: uint8 [S, S, 3], V's reconstruction of the frame.
        prediction: uint8 [S, S, 3], V's decoding of M's expectation of z, before the frame was seen.
        z: float [latent], V's encoding of the frame.
        probabilities: float [actions], of the policy before the step.
        action: drawn from them.
        guess: float [actions], the inverse model's probabilities, from z before and after the step.
        curiosity: the signal that the run pays for, before weighting.
        value: value function of the state before the step.
        score: sum of the episode's rewards so far.
        done: whether it is the episode's last step.
    """

    step: int
    episode: int
    screen: np.ndarray
    frame: np.ndarray
    reconstruction: np.ndarray
    prediction: np.ndarray
    z: np.ndarray
    probabilities: np.ndarray
    action: int
    guess: np.ndarray
    curiosity: float
    value: float
    score: float
    done: bool


def insights(
    mind: Mind, level: Level, sticky: float, rng: np.random.Generator, native: bool = False
) -> Iterator[Insight]:
    """Plays episode after episode without end, and yields each step.

    Args:
        mind: the agent's networks.
        sticky: probability of a sticky action.
        rng: draws actions and sticky actions.
        native: play on the native game instead of an emulator.

    Raises:
        EmulatorError: the game has no ROM, or no such state, or the native game was not built.
        NotFiniteError: the agent's networks give numbers that are not finite.
        OwnClassError: the run's curiosity is a class of the user's, which cannot be imported.
    """
    own: OwnSignal | None = own_class(mind.curiosity)() if is_own(mind.curiosity) else None
    emulator = make_emulator(level.game, native)
    side = mind.model.spec.observation_size
    frame = np.zeros((side, side, 3), np.uint8)
    torch.set_num_threads(1)
    episode = 0
    while True:
        episode += 1
        emulator.reset(level.state)
        emulator.observe(frame)
        yield from _episode(mind, own, emulator, frame, sticky, rng, episode)


@torch.inference_mode()
def _episode(
    mind: Mind,
    own: OwnSignal | None,
    emulator: Emulator | NativeEmulator,
    frame: np.ndarray,
    sticky: float,
    rng: np.random.Generator,
    episode: int,
) -> Iterator[Insight]:
    model = mind.model
    known = Latents(model, 1)
    known.see(torch.from_numpy(frame[None]))
    visits = Visits(1)
    score, highest, done = 0.0, 0.0, False
    for step in range(1, EPISODE_STEPS + 1):
        observation = known.observation()
        probabilities = mind.agent.policy(observation)[0].softmax(-1).double().numpy()
        value = float(mind.value(observation))
        action = draw(probabilities, rng)
        known.go(torch.tensor([action]))
        mixture = model.forward_model.predict(known.state[0])
        reward, done, _ = emulator.step(action, bool(rng.random() < sticky))
        emulator.observe(frame)
        positions = np.array([emulator.position() or (-1, -1)])
        n = visits.count(positions, np.array([emulator.changes()]), frame[None], np.ones(1, bool))
        score += reward
        paid = max(0.0, score - highest) if mind.reward.rises_only else reward
        highest = max(highest, score)
        before, (h, _) = known.z, known.state
        known.see(torch.from_numpy(frame[None]))
        guess = model.inverse_model(before, known.z)[0].softmax(-1).numpy()
        if own:
            rewards = np.array([mind.reward.extrinsic_scale * paid])
            seen = Transition(before, known.z, h, frame[None], positions, n, rewards, np.ones(1, bool))
            curiosity = float(np.asarray(own(seen)).reshape(-1)[0])
        elif mind.curiosity == "first_visits":
            curiosity = float(n[0] == 1)
        else:
            curiosity = float(raw_signal(mind.curiosity, model, before, h, known.z))
        done = done or step == EPISODE_STEPS
        yield Insight(
            step=step,
            episode=episode,
            screen=emulator.screen(),
            frame=model.vae.gaze(torch.from_numpy(frame[None]))[0].numpy().copy(),
            reconstruction=decode(model, known.z),
            prediction=decode(model, mixture.expected()),
            z=known.z[0].numpy(),
            probabilities=probabilities,
            action=action,
            guess=guess,
            curiosity=curiosity,
            value=value,
            score=score,
            done=done,
        )
        if done:
            return


def decode(model: WorldModel, z: Tensor) -> np.ndarray:
    """Decodes a latent: [1, latent] -> uint8 [S, S, 3]."""
    picture = (model.vae.decode(z)[0].clamp(0, 1) * 255).byte()
    return np.ascontiguousarray(picture.permute(1, 2, 0).numpy())


def draw(probabilities: np.ndarray, rng: np.random.Generator) -> int:
    """Draws an action by probabilities, float [actions].

    Raises:
        NotFiniteError: the probabilities are not finite.
    """
    if not np.isfinite(probabilities).all():
        raise NotFiniteError("the agent's probabilities are not finite: the run that trained it had diverged")
    # The last sum may be a little below 1.
    return min(int(np.searchsorted(probabilities.cumsum(), rng.random())), len(probabilities) - 1)
