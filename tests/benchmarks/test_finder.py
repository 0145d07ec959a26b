import numpy as np
import torch

from benchmarks import finder
from windup.choice import chosen_levels


def test_what_is_left_out_is_told_apart() -> None:
    torch.set_num_threads(1)
    frames = finder.played(steps=20)
    assert len(frames.frames) == len(frames.places) == len(frames.levels) == 20 * finder.GAMES
    assert set(frames.levels) <= set(chosen_levels("train", None))
    # Episodes begin with the player on the screen.
    assert ((frames.places[: finder.GAMES] > 0) & (frames.places[: finder.GAMES] < 1)).all()
    everything = np.arange(len(frames.levels))
    untrained = finder.found(finder.Finder(), frames, everything)
    learned = finder.found(finder.trained(frames, everything, recolour=True, seed=0, updates=60), frames, everything)
    assert learned[1] > untrained[1]
    assert learned[0] <= learned[1]
