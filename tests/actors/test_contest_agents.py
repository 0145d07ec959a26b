"""Agents that speak gym-remote alone, on scripted environments behind real sockets."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from actors.agents.simple import HoldRight, RandomAgent
from actors.contest_agents.console import NoConsoleError
from actors.contest_agents.jerk import JUMP_STEPS, LEFT_STEPS, RIGHT_STEPS, Jerk
from actors.contest_agents.pixels import ACTIONS, RemotePixels
from actors.contest_agents.player import play
from actors.games.games import SONIC_ACTIONS, WINDUP
from actors.gym_remote.client import RemoteEnv
from actors.gym_remote.errors import TimestepLimitError
from actors.gym_remote.server import Hosted, serve
from windup.game import BUTTONS

pytestmark = pytest.mark.slow

NOTHING, LEFT, RIGHT, JUMP = frozenset[str](), "LEFT", "RIGHT", "B"


class Script(gymnasium.Env[np.ndarray, np.ndarray]):
    """Episodes of some steps, each of which pays by a rule; remembers the buttons held in each."""

    observation_space = gymnasium.spaces.Box(0, 255, (224, 320, 3), np.uint8)
    action_space: gymnasium.Space[Any] = gymnasium.spaces.MultiBinary(len(BUTTONS))

    def __init__(self, length: int, pays: Callable[[int, int, frozenset[str]], float], brightness: int = 0) -> None:
        """
        Args:
            pays: for an episode's number, a step's number in it, and the buttons held.
            brightness: of the screen.
        """
        self._screen = np.full((224, 320, 3), brightness, np.uint8)
        self._length = length
        self._pays = pays
        self.episodes: list[list[frozenset[str]]] = []

    def reset(self, **_: Any) -> tuple[np.ndarray, dict[str, Any]]:
        self.episodes.append([])
        return self._screen, {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        held = frozenset(button for button, on in zip(BUTTONS, action, strict=True) if on)
        episode = self.episodes[-1]
        reward = self._pays(len(self.episodes) - 1, len(episode), held)
        episode.append(held)
        return self._screen, reward, len(episode) >= self._length, False, {}


@contextmanager
def served(script: Script, directory: Path, steps: int) -> Iterator[RemoteEnv]:
    """The script behind a socket, for so many steps."""
    thread = threading.Thread(target=serve, args=(Hosted(script), str(directory), steps))
    thread.start()
    try:
        with RemoteEnv(str(directory)) as env:
            yield env
    finally:
        thread.join()


def _jerk(script: Script, directory: Path, steps: int, planned: int, seed: int = 0) -> None:
    with served(script, directory, steps) as env, pytest.raises(TimestepLimitError):
        Jerk(env, planned, np.random.default_rng(seed)).play()


def test_jerk_goes_right_and_jumps_while_that_pays(tmp_path: Path) -> None:
    script = Script(2000, lambda episode, step, held: float(RIGHT in held))
    _jerk(script, tmp_path, 2001, 10**6)
    (episode,) = script.episodes
    assert all(held - {JUMP} == {RIGHT} for held in episode)
    # Outside of a jump one begins with probability 1/10 and then takes 4 steps: 4 of 13.
    assert 0.25 < np.mean([JUMP in held for held in episode]) < 0.37
    for begin in range(0, 2000, RIGHT_STEPS):
        jumps = "".join("x" if JUMP in held else " " for held in episode[begin : begin + RIGHT_STEPS])
        *whole, last = jumps.split(" ")
        # Two may follow each other; the last one may be cut.
        assert all(len(jump) % JUMP_STEPS == 0 for jump in whole), (jumps, last)


def test_jerk_turns_back_where_it_does_not_pay(tmp_path: Path) -> None:
    script = Script(500, lambda episode, step, held: 0.0)
    _jerk(script, tmp_path, 501, 10**6)
    (episode,) = script.episodes
    ways = [RIGHT if RIGHT in held else LEFT for held in episode]
    once = [RIGHT] * RIGHT_STEPS + [LEFT] * LEFT_STEPS
    assert ways == (once * 3)[:500]


def test_jerk_replays_up_to_the_highest_return_and_then_does_nothing(tmp_path: Path) -> None:
    script = Script(120, lambda episode, step, held: 1.0 if step < 50 else -1.0)
    # By the plan all steps are done after the first episode: from then on it only replays.
    _jerk(script, tmp_path, 3 * 121, 1)
    first, *replays = script.episodes
    assert len(replays) == 2
    for replay in replays:
        assert replay[:50] == first[:50]
        assert replay[50:] == [NOTHING] * 70


def test_jerk_replays_what_has_the_best_mean(tmp_path: Path) -> None:
    length, worth = 30, np.random.default_rng(1).normal(0, 100, 1000)

    # Nothing is worth anything at the end of an episode, so that every replay can be told by it.
    def pays(episode: int, step: int, held: frozenset[str]) -> float:
        return float(worth[episode]) if step == 0 else -1.0 if step > 20 else 1.0

    script = Script(length, pays)
    _jerk(script, tmp_path, 300 * (length + 1), 10**9)
    memories: list[tuple[list[frozenset[str]], list[float]]] = []
    replays = 0
    for number, episode in enumerate(script.episodes[:-1]):
        returns = np.cumsum([pays(number, step, held) for step, held in enumerate(episode)])
        if episode[-1] != NOTHING:
            best = int(np.argmax(returns))
            memories.append((episode[: best + 1], [float(returns[best])]))
            continue
        replays += 1
        actions, paid = max(memories, key=lambda memory: np.mean(memory[1]))
        assert episode == actions + [NOTHING] * (length - len(actions))
        paid.append(float(returns[-1]))
    assert 0.15 < replays / 300 < 0.35


def test_simple_agents(tmp_path: Path) -> None:
    script = Script(100, lambda episode, step, held: 0.0)
    with served(script, tmp_path, 1010) as env, pytest.raises(TimestepLimitError):
        play(env, RandomAgent(), WINDUP, 64, np.random.default_rng(0))
    held = [buttons for episode in script.episodes for buttons in episode]
    counts = [held.count(frozenset(buttons)) for buttons in SONIC_ACTIONS]
    assert sum(counts) == 1000
    assert all(70 < count < 130 for count in counts)

    script = Script(100, lambda episode, step, held: 0.0)
    with served(script, tmp_path, 101) as env, pytest.raises(TimestepLimitError):
        play(env, HoldRight(), WINDUP, 64, np.random.default_rng(0))
    assert script.episodes == [[{RIGHT}] * 100]


def test_pixels_are_small_and_gray_and_four_frames_deep(tmp_path: Path) -> None:
    class Brighter(Script):
        def step(self, action: np.ndarray) -> Any:
            _, *rest = super().step(action)
            return np.full((224, 320, 3), len(self.episodes[-1]), np.uint8), *rest

    script = Brighter(6, lambda episode, step, held: 50.0)
    with served(script, tmp_path, 8) as remote:
        env = RemotePixels(remote)
        first, _ = env.reset()
        assert env.observation_space.contains(first)
        for number in range(6):
            pixels, reward, over, _, _ = env.step(np.int64(number))
            assert pixels[40, 40].tolist() == [max(0, number + 1 - age) for age in (3, 2, 1, 0)]
            assert (reward, over) == (0.5, number == 5)
        # What was given out before is not touched.
        assert not first.any()
        assert pixels.min() == 3
    assert script.episodes == [[frozenset(buttons) for buttons in ACTIONS[:6]]]


def test_ppo_learns_what_pays(tmp_path: Path) -> None:
    # Here, for RLlib takes seconds to load.
    from learners.pixel_ppo import learn

    script = Script(4, lambda episode, step, held: 100.0 * (held == {RIGHT}), brightness=255)
    with served(script, tmp_path, 1000) as env, pytest.raises(TimestepLimitError):
        learn(RemotePixels(env), 1000, 0)
    held = [buttons for episode in script.episodes for buttons in episode]
    chosen = [buttons == {RIGHT} for buttons in held]
    # Chance is 1 of 7.
    assert np.mean(chosen[:200]) < 0.25
    assert np.mean(chosen[-200:]) > 0.3


@pytest.mark.parametrize(("steps", "steps_ahead"), [(1_000_000, 4096), (65_536, 4096), (9000, 512), (300, 128)])
def test_short_contests_have_short_horizons(steps: int, steps_ahead: int) -> None:
    from learners.pixel_ppo import horizon

    assert horizon(steps) == steps_ahead


def test_what_is_no_console_is_refused(tmp_path: Path) -> None:
    class Lever(Script):
        action_space = gymnasium.spaces.Discrete(3)

    with (
        served(Lever(1, lambda episode, step, held: 0.0), tmp_path, 1) as env,
        pytest.raises(NoConsoleError, match="takes int where 12 buttons are expected"),
    ):
        Jerk(env, 1, np.random.default_rng(0))
