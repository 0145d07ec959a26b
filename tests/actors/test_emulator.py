"""One emulator a process: each comparison runs in processes of its own."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import stable_retro

from actors.emulator import watched_variables

GAME = "Airstriker-Genesis-v0"
STEPS = 1500
DATA = Path(stable_retro.data.path()) / "stable"

# The inputs, the same for all: random actions, some held for long so that the ship is hit, some of them sticky.
_INPUTS = f"""
import sys, numpy as np
from actors.games import BUTTONS, actions_of
rng = np.random.default_rng(7)
ACTIONS = actions_of("{GAME}")
inputs = [(int(a), bool(s)) for a, s in zip(np.repeat(rng.integers(0, 10, {STEPS}), 1), rng.random({STEPS}) < 0.25)]
rewards, dones, frames, screens = [], [], [], []
def save():
    np.savez(sys.argv[1], rewards=rewards, dones=dones, frames=frames, screens=np.stack(screens))
"""

_OURS = (
    _INPUTS
    + f"""
from actors.emulator import Emulator
emulator = Emulator("{GAME}", ACTIONS, exact=EXACT)
emulator.reset("Level1")
for action, sticky in inputs:
    reward, done, count = emulator.step(action, sticky)
    rewards.append(reward); dones.append(done); frames.append(count); screens.append(emulator.screen().copy())
    if done:
        emulator.reset("Level1")
save()
"""
)

# What stable-retro's own environment gives, a frame at a time.
_RETRO_ENV = (
    _INPUTS
    + f"""
import stable_retro
every_button = stable_retro.Actions.ALL
env = stable_retro.make("{GAME}", state="Level1", use_restricted_actions=every_button, render_mode="rgb_array")
env.reset()
before = None
for action, sticky in inputs:
    total, count, done = 0.0, 0, False
    for frame in range(4):
        held = before if frame == 0 and sticky and before is not None else action
        mask = np.array([button in ACTIONS[held] for button in BUTTONS], np.uint8)
        screen, reward, done, _, _ = env.step(mask)
        total += reward
        count += 1
        if done:
            break
    rewards.append(total); dones.append(done); frames.append(count); screens.append(screen.copy())
    before = action
    if done:
        env.reset()
        before = None
save()
"""
)


def _play(script: str, file: Path) -> dict[str, np.ndarray]:
    done = subprocess.run(
        [sys.executable, "-c", script, str(file)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    with np.load(file) as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def plays(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, np.ndarray]]:
    folder = tmp_path_factory.mktemp("plays")
    return {
        "lean": _play(_OURS.replace("EXACT", "False"), folder / "lean.npz"),
        "exact": _play(_OURS.replace("EXACT", "True"), folder / "exact.npz"),
        "stable-retro": _play(_RETRO_ENV, folder / "retro.npz"),
    }


def test_lean_and_exact_mode_and_stable_retro_see_the_same_game(plays: dict[str, dict[str, np.ndarray]]) -> None:
    lean = plays["lean"]
    for other in ("exact", "stable-retro"):
        for what in ("rewards", "dones", "frames", "screens"):
            np.testing.assert_array_equal(lean[what], plays[other][what], err_msg=f"{what} of {other}")


def test_there_were_rewards_and_ends_to_compare(plays: dict[str, dict[str, np.ndarray]]) -> None:
    lean = plays["lean"]
    assert lean["rewards"].sum() > 100
    assert lean["dones"].sum() >= 2
    assert len(np.unique(lean["screens"].reshape(STEPS, -1)[:, ::97], axis=0)) > STEPS / 2


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        ({"reward": {"variables": {"score": {"reward": 1.0}}}}, ["score"]),
        (
            {"reward": {"variables": {"score": {"reward": 1}}}, "done": {"variables": {"lives": {"op": "equal"}}}},
            ["lives", "score"],
        ),
        ({"done": {"nodes": {"a": {"nodes": {"b": {"variables": {"hp": {"op": "zero"}}}}}}}}, ["hp"]),
        # No guarantee: a script, a reward for time, by comparison, or by the value instead of its change.
        ({"scripts": ["script.lua"]}, []),
        ({"reward": {"time": {"reward": 1}}}, []),
        ({"reward": {"variables": {"score": {"op": "positive", "reward": 1}}}}, []),
        ({"reward": {"variables": {"score": {"measurement": "absolute", "reward": 1}}}}, []),
        ({"done": {"variables": {"lives": {"measurement": "delta", "op": "negative"}}}}, []),
        ({"done": {"script": "lua:done"}}, []),
    ],
)
def test_only_what_can_change_reward_or_end_is_watched(scenario: dict, expected: list[str]) -> None:
    assert watched_variables(scenario) == expected


def test_the_contest_s_scenarios_have_scripts_and_are_read_on_every_frame() -> None:
    for game in ("SonicTheHedgehog-Genesis-v0", "SonicTheHedgehog2-Genesis-v0", "SonicAndKnuckles3-Genesis-v0"):
        assert watched_variables(json.loads((DATA / game / "contest.json").read_text())) == []


def test_every_scenario_of_a_genesis_game_can_be_judged() -> None:
    scenarios = list(DATA.glob("*-Genesis-v0/scenario.json"))
    watched = [watched_variables(json.loads(path.read_text())) for path in scenarios]
    assert len(watched) > 300
    assert sum(map(bool, watched)) > 50


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (f'Emulator("{GAME}", [()]).reset("Level99")', "has no state Level99"),
        ('Emulator("SonicTheHedgehog-Genesis-v0", [()])', "no ROM of SonicTheHedgehog-Genesis-v0 is imported"),
    ],
)
def test_what_an_emulator_cannot_do_is_an_error_that_says_so(script: str, told: str) -> None:
    script = f"from actors.emulator import Emulator, EmulatorError\ntry: {script}\nexcept EmulatorError as e: print(e)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert told in done.stdout, done.stderr


def test_a_child_imports_neither_torch_nor_ray() -> None:
    script = (
        "import sys, actors.emulator_process, actors.emulator\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('torch', 'ray', 'gymnasium.envs')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "[]", done.stderr
