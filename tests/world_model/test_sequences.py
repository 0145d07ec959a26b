import numpy as np

from world_model.sequences import Sequences


def test_counts_sequences_and_steps_and_names_its_arrays() -> None:
    b, t = 3, 5
    sequences = Sequences(
        frames=np.zeros((b, t + 1, 64, 64, 3), np.uint8),
        first=np.zeros((b, t + 1), bool),
        actions=np.zeros((b, t), np.int64),
        rewards=np.zeros((b, t), np.float32),
        dones=np.zeros((b, t), bool),
        state=np.zeros((b, 2, 7), np.float32),
        versions=np.zeros(b, np.int64),
        levels=("x", "y", "z"),
    )
    assert len(sequences) == b
    assert sequences.steps == b * t
    arrays = sequences.arrays()
    assert set(arrays) == {"frames", "first", "actions", "rewards", "dones", "state", "versions"}
    assert arrays["frames"] is sequences.frames
