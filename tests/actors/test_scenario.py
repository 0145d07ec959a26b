"""Our judgement of frames against stable-retro's, on real play."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import stable_retro

from actors.portable.scenario import Scenario, UnsupportedScenario

pytestmark = pytest.mark.slow

GAME = "Airstriker-Genesis-v0"
DATA = Path(stable_retro.data.path()) / "stable"

# Random play on a scenario of the test's, in lean or exact mode: a line for each step.
_PLAY = f"""
import sys, numpy as np
from pathlib import Path
from actors.emulation.emulator import Emulator
from actors.games.games import actions_of
class Other(Emulator):
    def _path(self, file):
        return Path(sys.argv[1]) if file == "scenario.json" else super()._path(file)
emulator = Other("{GAME}", actions_of("{GAME}"), exact=sys.argv[2] == "exact")
assert (emulator._rules is None) == (sys.argv[2] == "exact")
rng = np.random.default_rng(3)
emulator.reset("Level1")
for _ in range(400):
    reward, done, frames = emulator.step(int(rng.integers(10)), bool(rng.random() < 0.25))
    print(reward, done, frames)
    if done:
        emulator.reset("Level1")
"""

SCENARIOS: dict[str, dict[str, Any]] = {
    "gain and penalty": {
        "reward": {"variables": {"score": {"reward": 0.1}, "lives": {"reward": 3.0, "penalty": 7.5}}},
        "done": {"variables": {"gameover": {"op": "equal", "reference": 1}}},
    },
    "reward by comparison": {
        "reward": {"variables": {"score": {"op": "greater-than", "reference": 5, "reward": 2.0}}},
        "done": {"variables": {"lives": {"op": "less-or-equal", "reference": 1}}},
    },
    "reward by value": {"reward": {"variables": {"lives": {"measurement": "absolute", "reward": 1.0}}}},
    "a change ends it": {
        "reward": {"variables": {"score": {"reward": 1.0}}},
        "done": {"variables": {"lives": {"measurement": "delta", "op": "negative"}}},
    },
    "all of two groups": {
        "reward": {"variables": {"score": {"reward": 1.0}}},
        "done": {
            "condition": "all",
            "nodes": {
                "a": {"variables": {"lives": {"op": "less-than", "reference": 3}, "gameover": {"op": "nonzero"}}},
                "b": {"condition": "all", "variables": {"score": {"op": "positive"}, "lives": {"op": "not-equal"}}},
            },
        },
    },
    "it begins at its end": {"done": {"variables": {"lives": {"op": "equal", "reference": 3}}}},
    "no value is its own end": {"done": {"variables": {"lives": {}}}},
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_frames_are_judged_as_stable_retro_judges_them(name: str, tmp_path: Path) -> None:
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps({"reward": {}, **SCENARIOS[name]}))
    played = [
        subprocess.run(
            [sys.executable, "-c", _PLAY, str(file), mode], capture_output=True, text=True, timeout=100, check=True
        ).stdout
        for mode in ("lean", "exact")
    ]
    assert played[0] == played[1]
    assert len(set(played[0].splitlines())) > ("its" not in name)


@pytest.mark.parametrize(
    "rules",
    [
        {"scripts": ["script.lua"]},
        {"reward": {"time": {"reward": 1}}},
        {"reward": {"script": "lua:reward"}},
        {"rewards": [{"variables": {"score": {"reward": 1}}}]},
        {"done": {"script": "lua:done"}},
        {"done": {"nodes": {"a": {"variables": {"lives": {"op": "negative-equal"}}}}}},
    ],
)
def test_what_cannot_be_judged_here_is_left_to_stable_retro(rules: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedScenario):
        Scenario(rules)


def test_nearly_every_scenario_of_a_genesis_game_can_be_judged() -> None:
    files = sorted(DATA.glob("*-Genesis-v0/scenario.json"))
    assert len(files) > 300
    judged = 0
    for file in files:
        known = json.loads(file.with_name("data.json").read_text())["info"]
        try:
            Scenario(json.loads(file.read_text())).begin(lambda name, known=known: int(bool(known[name])))
        except UnsupportedScenario:
            continue
        judged += 1
    assert judged / len(files) > 0.95
