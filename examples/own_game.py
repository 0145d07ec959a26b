"""A game of your own: makes its folder, which all commands then find, without a change to this software.

python examples/own_game.py FOLDER

For the example, the ROM and two start states of Windup are copied under another name. A real game has a ROM of yours,
its variables in data.json, and start states that you save with stable-retro.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from windup.game import GAME, INTEGRATIONS

NAME = "Runner-Genesis-v0"


def make_game(folder: Path) -> Path:
    """Makes the game's folder inside of `folder`, with ROM, start states, variables, rules and buttons."""
    game = folder / NAME
    game.mkdir(parents=True)
    for name in ("rom.md", "rom.sha", "data.json", "Garden.Act1.state", "Garden.Act2.state"):
        shutil.copy(INTEGRATIONS / GAME / name, game)
    rules = {
        # Paid for rings, and for every pixel to the right.
        "reward": {"variables": {"rings": {"reward": 10}, "x": {"reward": 1, "penalty": 1}}},
        "done": {"variables": {"lives": {"measurement": "delta", "op": "negative"}}},
        # Each action is one choice of each group: 3 x 2.
        "actions": [[[], ["LEFT"], ["RIGHT"]], [[], ["B"]]],
    }
    (game / "scenario.json").write_text(json.dumps(rules))
    return game


def main(folder: Path, steps: int = 3000) -> None:
    game = make_game(folder / "games")
    env = os.environ | {"SONIC_WORLDS_GAMES": str(folder / "games")}
    small = f"--levels {NAME} --steps {steps} --emulators-per-actor 4 --policy.train-batch-steps 512 --serial"
    run = str(folder / "runs" / "mine")
    for words in (
        ["levels", "--check", str(game)],
        ["levels", NAME],
        ["train", *small.split(), "--no-report", "--runs-dir", str(folder / "runs"), "--name", "mine"],
        ["evaluate", run, "--levels", f"{NAME}/Garden.Act1", "--episodes", "1"],
        ["watch", run, "--level", f"{NAME}/Garden.Act2", "--record", str(folder / "mine.gif"), "--steps", "30"],
    ):
        print("$ sonic-worlds", *words, flush=True)
        subprocess.run([sys.executable, "-m", "cluster", *words], env=env, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
