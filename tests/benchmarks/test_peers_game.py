"""The peers play the same game: the frames, rewards and ends of our own emulator."""

import subprocess
import sys

import numpy as np
import pytest
from gymnasium.utils import seeding

from actors.emulation.emulator import Emulator
from actors.games.games import SONIC_ACTIONS, WINDUP

pytestmark = pytest.mark.slow

STEPS = 1200

PLAY = """
import sys
import numpy as np
from benchmarks.peers.game import Game
game = Game()
frames, rewards, ends = [game.reset(seed=3)[0]], [0.0], [False]
for action in np.random.default_rng(5).integers(0, game.action_space.n, {steps}):
    frame, reward, terminated, truncated, _ = game.step(action)
    assert not truncated
    if terminated:
        frame, _ = game.reset()
    frames.append(frame), rewards.append(reward), ends.append(terminated)
np.savez(sys.argv[1], frames=frames, rewards=rewards, ends=ends)
"""
"""In a process of its own: one process can hold one emulator."""


def test_peers_play_our_game(tmp_path):
    from benchmarks.peers.game import FRAME_SKIP, REWARD_SCALE, SIZE, STATE, STICKY_PROBABILITY

    file = tmp_path / "played.npz"
    subprocess.run([sys.executable, "-c", PLAY.format(steps=STEPS), str(file)], check=True)
    played = np.load(file)
    emulator = Emulator(WINDUP, SONIC_ACTIONS, FRAME_SKIP)
    emulator.reset(STATE)
    draws, _ = seeding.np_random(3)
    frame = np.empty((SIZE, SIZE, 3), np.uint8)
    emulator.observe(frame)
    np.testing.assert_array_equal(frame, played["frames"][0])
    first = True
    for i, action in enumerate(np.random.default_rng(5).integers(0, len(SONIC_ACTIONS), STEPS), 1):
        sticky = not first and draws.random() < STICKY_PROBABILITY
        reward, terminated, _ = emulator.step(int(action), sticky)
        first = terminated
        if terminated:
            emulator.reset(STATE)
        emulator.observe(frame)
        assert (REWARD_SCALE * reward, terminated) == (played["rewards"][i], played["ends"][i])
        np.testing.assert_array_equal(frame, played["frames"][i])
    assert np.any(played["rewards"])
