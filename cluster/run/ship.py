"""python -m cluster.run.ship RUN [--out pretrained]: writes a run's networks as a run without its history.

It writes configuration and checkpoint. The card, which says how the agent was made and what it can do, is written by
hand.
"""

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

import yaml

from cluster.config.errors import UsageError
from cluster.config.home import path_at_home
from cluster.run.agent import PRETRAINED, TrainedRun, find_run
from cluster.run.checkpoints import Checkpoints
from world_model.state_tree import load_tree, save_tree

_CONFIG, _CHECKPOINTS = "config.yaml", "checkpoints"


def ship(run: TrainedRun, out: Path) -> Path:
    """Writes the networks of a run into a folder, in place of older ones; returns the checkpoint's folder.

    Raises:
        UsageError: the folder holds something else.
    """
    if out.exists() and any(out.iterdir()) and not (out / _CONFIG).exists():
        raise UsageError(f"--out {out}: it is no such folder")
    out.mkdir(parents=True, exist_ok=True)
    # First: by it the folder is known again if this ends in the middle.
    config = run.config.model_dump(mode="json") | {"name": PRETRAINED, "runs_dir": ".", "init": None}
    (out / _CONFIG).write_text(yaml.safe_dump(config, sort_keys=False))
    shutil.rmtree(out / _CHECKPOINTS, ignore_errors=True)
    folder = run.checkpoint.path
    state: dict[str, Any] = load_tree(folder, "state")
    networks = {"parts": {"policy": {"rl_module": state["parts"]["policy"]["rl_module"]}}}
    summary = {"steps_total": run.checkpoint.summary["steps_total"], "networks_only": True}
    with Checkpoints(out / _CHECKPOINTS, keep=1).writing(run.checkpoint.iteration, summary) as made:
        save_tree(made, "state", networks)
        shutil.copy(folder / "world_model.safetensors", made)
    return next((out / _CHECKPOINTS).iterdir())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m cluster.run.ship", description=(__doc__ or "").split(":", 1)[1])
    parser.add_argument("run", type=Path, help="folder of a run, or one of its checkpoints")
    parser.add_argument("--out", type=Path, default=Path(PRETRAINED), help="where to (%(default)s)")
    given = parser.parse_args()
    try:
        print(ship(find_run(path_at_home(given.run)), path_at_home(given.out)))
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
