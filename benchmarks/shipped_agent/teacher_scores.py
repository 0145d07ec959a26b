"""Scores the teacher by the contest's rules: python -m benchmarks.shipped_agent.teacher_scores DIR --json FILE

The student's scores are those of `sonic-worlds evaluate`; the difference is the price of seeing only the screen.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch

from benchmarks.shipped_agent.courses import STICKY
from benchmarks.shipped_agent.teacher import TeacherNet
from windup.choice import chosen_levels
from windup.eyes import EYES
from windup.game import EPISODE_STEPS
from windup.native.games import Games
from windup.native.level_numbers import level_number

SEED = 0


@torch.inference_mode()
def scores(teacher: TeacherNet, levels: list[str], episodes: int) -> dict[str, list[float]]:
    """Plays episodes of each level; returns their scores by level."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    n = len(levels) * episodes
    seen, total, working = np.empty((n, EYES), np.float32), np.zeros(n), np.ones(n, bool)
    with Games(n, size=0) as games:
        games.reset(range(n), np.repeat([level_number(level) for level in levels], episodes))
        for _ in range(EPISODE_STEPS):
            games.eyes(seen)
            logits, _ = teacher(torch.from_numpy(seen))
            actions = torch.multinomial(logits.softmax(-1), 1)[:, 0].numpy()
            gained, over, _, _ = games.step(actions, rng.random(n) < STICKY, working)
            total += gained
            working &= ~over
            if not working.any():
                break
    return {level: each.tolist() for level, each in zip(levels, total.reshape(-1, episodes), strict=True)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shipped_agent.teacher_scores", description=__doc__)
    parser.add_argument("folder", type=Path, help="that of python -m benchmarks.shipped_agent --out")
    parser.add_argument("--json", type=Path, required=True, help="file for the scores")
    parser.add_argument("--episodes", type=int, default=10, help="of each of the 58 levels (%(default)s)")
    given = parser.parse_args()
    torch.set_num_threads(1)
    teacher = TeacherNet()
    teacher.load_state_dict(torch.load(given.folder / "teacher.pt", weights_only=True))
    by_level = scores(teacher, chosen_levels("train", None) + chosen_levels("validation", None), given.episodes)
    given.json.write_text(json.dumps(by_level, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
