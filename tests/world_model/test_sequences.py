from tests.sequences import make_sequences
from world_model.spec import WorldModelSpec


def test_counts_sequences_and_steps_and_names_its_arrays() -> None:
    b, t = 3, 5
    sequences = make_sequences(WorldModelSpec(actions=2, hidden=7), b, t, levels=("x", "y", "z"))
    assert len(sequences) == b
    assert sequences.steps == b * t
    arrays = sequences.arrays()
    assert set(arrays) == {"frames", "first", "actions", "rewards", "dones", "state", "versions", "positions", "places"}
    assert arrays["frames"] is sequences.frames
