"""python -m benchmarks.finder --json FILE: how well the player is found, also in zones that the finder has never seen.

Finders learn from frames of a script's play in Windup's training levels, once without each zone and once with all: from
frames as they are, and from frames a share of which is recoloured. FILE gets the share of other frames in which each
finder is within a pixel and within two pixels of 64; what is in it already is not made again.
"""

import argparse
import json
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from actors.games.levels import select_levels
from benchmarks.shipped_agent.lessons import places
from cluster.config.output_file import replace_json
from cluster.scoring.probe_play import NativeStage, play
from world_model.gaze import INPUT, Finder, recoloured
from world_model.vae import images

GAMES, STEPS = 32, 1500
UPDATES, BATCH, RATE = 1000, 64, 3e-3
HOWS = ("as they are", "recoloured")
_RISES, _FALLS, _LAST_RATE = 20, 800, 0.01
"""Updates over which the learning rate rises, and after which it is a hundredth: as in a run."""
_TESTED = 2000
"""Largest number of frames in which a finder is to find the player."""
OTHERS = "levels not trained on"
"""In place of a zone: every zone's Act7 is left out."""


@dataclass(frozen=True)
class Frames:
    """Frames, uint8 [N, S, S, 3], the player's places, float [N, 2] (see `Sequences`), and the levels' names."""

    frames: Tensor
    places: Tensor
    levels: list[str]

    def of(self, which: np.ndarray) -> tuple[Tensor, Tensor]:
        return images(self.frames[which]), self.places[which]


def played(steps: int = STEPS) -> Frames:
    """Plays the training levels by the probes' script."""
    levels = select_levels("windup-train")
    moments = play(NativeStage(GAMES, INPUT), GAMES, steps, levels, INPUT, seed=1)
    x, y = (torch.from_numpy(moments.truths[f"screen_{axis}"].ravel()) for axis in "xy")
    frames = torch.from_numpy(moments.frames.reshape(-1, INPUT, INPUT, 3))
    return Frames(frames, places(x, y), [levels[number].state for number in moments.levels.ravel()])


def trained(frames: Frames, which: np.ndarray, recolour: bool, seed: int, updates: int = UPDATES) -> Finder:
    """Trains a finder on some of the frames.

    Args:
        which: numbers of these frames, int [K].
        recolour: whether a share of them is recoloured.
        seed: of the network and of what is drawn.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(1 + seed)
    finder = Finder()
    optimizer = torch.optim.Adam(finder.parameters(), RATE)
    for update in range(1, updates + 1):
        x, at = frames.of(rng.choice(which, BATCH))
        if recolour:
            x = recoloured(x, at)
        for group in optimizer.param_groups:
            group["lr"] = RATE * (min(1, update / _RISES) if update < _FALLS else _LAST_RATE)
        optimizer.zero_grad()
        finder.loss(x, at).backward()
        optimizer.step()
    return finder


def found(finder: Finder, frames: Frames, which: np.ndarray) -> list[float]:
    """Returns the share of some frames in which a finder is within a pixel of 64, and within two."""
    some = np.random.default_rng(2).permutation(which)[:_TESTED]
    x, at = frames.of(some)
    with torch.inference_mode():
        errors = (finder.places(x) - at).abs().amax(-1) * INPUT
    seen = ((at >= 0) & (at < 1)).all(-1)
    return [round((errors[seen] < pixels).float().mean().item(), 3) for pixels in (1, 2)]


def compare(frames: Frames, seeds: int, file: Path) -> None:
    """Adds to a file, by what was left out and how finders learned, the result of `found` for each seed."""
    zones = np.array([level.split(".")[0] for level in frames.levels])
    left_out = {zone: zones == zone for zone in sorted(set(zones.tolist()))}
    left_out[OTHERS] = np.array([level.endswith(".Act7") for level in frames.levels])
    results = json.loads(file.read_text()) if file.exists() else {}
    for seed, (name, other), how in product(range(seeds), left_out.items(), HOWS):
        shares = results.setdefault(name, {}).setdefault(how, [])
        if len(shares) <= seed:
            finder = trained(frames, np.flatnonzero(~other), how == HOWS[1], seed)
            shares.append(found(finder, frames, np.flatnonzero(other)))
            print(f"seed {seed}: without {name}, frames {how}: {shares[-1]}", flush=True)
            replace_json(file, results)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.finder", description=__doc__)
    parser.add_argument("--json", type=Path, required=True, help="file for the result")
    parser.add_argument("--seeds", type=int, default=3, help="number of finders of each kind (%(default)s)")
    given = parser.parse_args()
    torch.set_num_threads(1)
    compare(played(), given.seeds, given.json)


if __name__ == "__main__":
    main()
