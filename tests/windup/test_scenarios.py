"""The contest's rules on Windup: by script, frame by frame, and without it; and Sonic's own files on our ROM."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import stable_retro

from windup.tools.build import INTEGRATION
from windup.tools.solutions import read_solution

pytestmark = pytest.mark.slow

SONIC = "SonicTheHedgehog-Genesis-v0"

# Rewards, ends and frames of every step: of random play, then of a play that reaches the goal.
_STEPS = """
import sys, numpy as np
from actors.emulation.emulator import Emulator
from actors.games.games import WINDUP, actions_of
from windup.tools.solutions import read_solution
from tests.windup.on_emulator import random_actions
emulator = Emulator(WINDUP, actions_of(WINDUP), exact=sys.argv[1] == "exact")
rows = []
for level in ("Playroom.Act2", "Garden.Act4", "TrainYard.Act1"):
    for actions in (random_actions(level)[::4], read_solution(level).actions + [0]):
        emulator.reset(level)
        for action in actions:
            rows.append(emulator.step(int(action), sticky=False))
            if rows[-1][1]:
                emulator.reset(level)
np.save(sys.argv[2], np.array(rows, np.float64))
"""


def test_the_script_and_its_twin_without_one_judge_alike(tmp_path: Path) -> None:
    seen = []
    for mode in ("lean", "exact"):
        file = tmp_path / f"{mode}.npy"
        subprocess.run([sys.executable, "-c", _STEPS, mode, str(file)], check=True, timeout=150)
        seen.append(np.load(file))
    np.testing.assert_array_equal(seen[0], seen[1])
    assert seen[0][:, 1].sum() >= 6, "lost lives and goals"
    assert seen[0][:, 0].min() < 0 < 900 < seen[0][:, 0].max() <= 1100, "ways back, and the bonus"


def test_scenario_json_is_the_twin() -> None:
    assert (INTEGRATION / "scenario.json").read_text() == (INTEGRATION / "lean.json").read_text()


@pytest.fixture
def sonic_s_folder(tmp_path: Path) -> Path:
    """stable-retro's data with Sonic's own integration, and our ROM and states under its levels' names."""
    source, folder = Path(stable_retro.data.path()) / "stable" / SONIC, tmp_path / "stable" / SONIC
    folder.mkdir(parents=True)
    for name in ("data.json", "contest.json", "scenario.json", "script.lua", "metadata.json", "rom.sha"):
        shutil.copy(source / name, folder / name)
    shutil.copy(INTEGRATION / "rom.md", folder / "rom.md")
    for act in (1, 2, 3):
        shutil.copy(INTEGRATION / f"Playroom.Act{act}.state", folder / f"GreenHillZone.Act{act}.state")
    return tmp_path


def _run(folder: Path, *words: str, timeout: float = 150) -> str:
    environment = os.environ | {"RETRO_DATA_PATH": str(folder)}
    done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_sonic_s_variables_and_contest_rules_are_read_on_our_rom(sonic_s_folder: Path) -> None:
    script = f"""
import json
from actors.emulation.emulator import Emulator
from actors.games.games import actions_of
emulator = Emulator({SONIC!r}, actions_of({SONIC!r}))
emulator.reset("GreenHillZone.Act1")
begin, total, done = emulator.variables(), 0.0, False
for action in {read_solution("Playroom.Act1").actions[:200]!r}:
    reward, done, _ = emulator.step(action, sticky=False)
    total += reward
    if done:
        break
print(json.dumps([begin, emulator.variables(), total, done]))
"""
    begin, end, total, done = json.loads(_run(sonic_s_folder, sys.executable, "-c", script))
    wanted = {
        "x",
        "y",
        "screen_x",
        "screen_y",
        "screen_x_end",
        "lives",
        "rings",
        "score",
        "zone",
        "act",
        "level_end_bonus",
    }
    assert wanted <= set(begin)
    assert (begin["lives"], begin["rings"], begin["score"], begin["zone"], begin["act"]) == (3, 0, 0, 0, 0)
    assert end["x"] > begin["x"]
    assert end["rings"] > 0
    assert end["score"] >= 10 * end["rings"]
    # Sonic's own script: 9000 for the way to the end of Green Hill Zone Act 1, at 0x2560.
    way = 9000 * (end["x"] - begin["x"]) / (0x2560 - begin["x"])
    assert not done
    assert total == pytest.approx(way, rel=0.02)


def test_training_runs_on_sonic_s_path(sonic_s_folder: Path, tmp_path: Path) -> None:
    from tests.runs import PROGRAM, SMALL, rows

    runs = tmp_path / "runs"
    words = ["train", "--serial", "--runs-dir", str(runs), "--name", "sonic", "--steps", "600", "--seed", "1"]
    _run(sonic_s_folder, *PROGRAM, *words, "--levels", f"{SONIC}/GreenHillZone", *SMALL)
    last = rows(runs / "sonic")[-1]
    assert last["steps_total"] >= 600
    assert last["world_model_updates_total"] > 0
    assert any(name.startswith(SONIC) for row in rows(runs / "sonic") for name in row["levels"])
