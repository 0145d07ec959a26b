"""Trains on one level until the return has risen, then resumes the same checkpoint several times.

python -m tests.end_to_end.trained_lives FOLDER LIFE... LIFE is resumed, or killed: then the parameter server and the
actor are killed first. Prints JSON: for the training's end and for each life, the return a step of the episodes that
ended, and the mean explained variance of the value function. (A life begins with new episodes, and of those that begin
later it is the short ones that end before it does: so returns are counted by step, not by episode.)
"""

import json
import sys
from pathlib import Path
from statistics import mean
from typing import Any

from actors.games.levels import select_levels
from actors.rollout.env_runner import REPORTS
from actors.rollout.tally import Episode
from cluster.config.config import TrainConfig
from cluster.host.janitor import Janitor
from cluster.metrics.faults import Faults
from cluster.run.folder import RunFolder
from cluster.training.ray_parts import RayParts
from tests.end_to_end.same_agent import kill, say
from world_model.state_tree import load_tree, save_tree

STEPS, MEASURED = 16_000, 6_000
SETTINGS: dict[str, Any] = {
    "levels": "Garden.Act1",
    "preset": "light",
    "actors": 1,
    "emulators_per_actor": 12,
    "seed": 1,
    "curiosity": "learning_progress",
    "reward": {"extrinsic_scale": 0.01, "rises_only": False},
    "emulator": {"kind": "native", "max_episode_steps": 300, "stuck_steps": None},
    "policy": {
        "learning_rate": 3e-4,
        "decay_to": 1.0,
        "train_batch_steps": 960,
        "minibatch_size": 240,
        "epochs": 4,
        "entropy": 0.01,
    },
    # It soon stands still: what changes after a resume is then not the world model's doing.
    "world_model": {"training_ratio": 1.5, "slow_after": None, "freeze_after": 60, "sampling_waits": False},
    "resources": {"rollout_actor": {"cpus": 0}},
}


def main() -> None:
    folder, *lives = sys.argv[1:]
    run = RunFolder.create(TrainConfig(runs_dir=Path(folder), name="run", **SETTINGS))
    result = []
    for number, life in enumerate(["begun", *lives]):
        config = TrainConfig(**SETTINGS)
        state = load_tree(run.path, "state")["parts"] if number else None
        levels = select_levels(config.levels)
        with Janitor() as janitor, RayParts(config, levels, None, run, janitor.folder, Faults(say), state) as parts:
            if life == "killed":
                kill(parts)
            result.append(play(parts, MEASURED if number else STEPS))
            if number == 0:
                save_tree(run.path, "state", {"parts": parts.get_state(STEPS)})
    print(json.dumps(result))


def play(parts: RayParts, steps: int) -> dict[str, float]:
    """Trains on; what came of the last MEASURED steps."""
    episodes, explained, done = [], [], 0
    while done < steps:
        iteration = parts.iterate()
        tallies = [report["tally"] for report in iteration.runners[REPORTS]]
        done += sum(tally.steps for tally in tallies)
        if done > steps - MEASURED:
            episodes += [episode for tally in tallies for episode in tally.episodes]
            explained.append(iteration.learned["vf_explained_var"])
        if done % 4800 < 960:
            say(f"{done} steps: {explained[-1:]} {_return_a_step(episodes) if episodes else None}")
    return {"return": _return_a_step(episodes), "explained": mean(explained), "episodes": len(episodes)}


def _return_a_step(episodes: list[Episode]) -> float:
    return sum(episode.extrinsic_return for episode in episodes) / sum(episode.steps for episode in episodes)


if __name__ == "__main__":
    main()
