"""Trains from Python, without the command line: python examples/train_from_python.py"""

import json
from pathlib import Path

from actors.emulation.settings import EmulatorSettings
from cluster.config.config import TrainConfig
from cluster.metrics.live_view import View
from cluster.training.open_run import open_run
from cluster.training.trainer import train
from learners.settings import PolicySettings


def run(steps: int = 20_000, runs_dir: Path = Path("runs")) -> Path:
    """Trains in this process, and returns the run's folder."""
    config = TrainConfig(
        steps=steps,
        runs_dir=runs_dir,
        levels="Garden.Act1,Garden.Act2",
        emulators_per_actor=8,
        serial=True,
        report=False,
        emulator=EmulatorSettings(kind="native"),
        policy=PolicySettings(train_batch_steps=512),
    )
    with View() as view:
        opened = open_run(config, None, view.say)
        view.start(config.steps, 0, opened.folder.name)
        try:
            train(opened, view)
        finally:
            opened.folder.close()
    return opened.folder.path


if __name__ == "__main__":
    path = run()
    rows = [json.loads(line) for line in (path / "metrics.jsonl").read_text().splitlines()]
    print(f"{rows[-1]['steps_total']:,} steps, mean return {rows[-1]['extrinsic_return_mean']}")
