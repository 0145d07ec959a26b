import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.sequence_builder import SequenceBuilder
from world_model.sequences import Sequences
from world_model.spec import WorldModelSpec

SPEC = WorldModelSpec(actions=4, hidden=3)
N, T = 2, 3


def _frames(t: int) -> np.ndarray:
    return np.full((N, 64, 64, 3), t % 256, np.uint8)


def _step(builder: SequenceBuilder, t: int, done: bool = False, first: bool = False) -> Sequences | None:
    """Step t leads from frame t to frame t + 1."""
    flags = np.full(N, done), np.full(N, first)
    return builder.add(np.full(N, t % 4), np.full(N, float(t)), flags[0], _frames(t + 1), flags[1], ("a", "b"))


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=14))
def test_sets_follow_each_other_with_one_frame_in_common(flags: list[tuple[bool, bool]]) -> None:
    builder = SequenceBuilder(N, T, SPEC)
    builder.begin(_frames(0))
    built = []
    for t, (done, first) in enumerate(flags):
        assert builder.at_start == (t % T == 0)
        if builder.at_start:
            builder.keep_state(np.full((N, 2, 3), t, np.float32), version=t)
        sequences = _step(builder, t, done, first)
        assert (sequences is None) == (t % T != T - 1)
        if sequences is not None:
            built.append(sequences)
    assert len(built) == len(flags) // T
    firsts = [True, *(first for _, first in flags)]
    for k, sequences in enumerate(built):
        begin, steps = k * T, range(k * T, (k + 1) * T)
        assert sequences.frames[:, :, 0, 0, 0].tolist() == [[t % 256 for t in range(begin, begin + T + 1)]] * N
        assert sequences.first.tolist() == [firsts[begin : begin + T + 1]] * N
        assert sequences.actions.tolist() == [[t % 4 for t in steps]] * N
        assert sequences.rewards.tolist() == [[float(t) for t in steps]] * N
        assert sequences.dones.tolist() == [[flags[t][0] for t in steps]] * N
        assert (sequences.state == begin).all()
        assert sequences.versions.tolist() == [begin] * N
        assert sequences.levels == ("a", "b")


def test_a_new_beginning_throws_the_unfinished_set_away() -> None:
    builder = SequenceBuilder(N, T, SPEC)
    builder.begin(_frames(0))
    _step(builder, 0)
    builder.begin(_frames(100))
    assert builder.at_start
    built = [_step(builder, t) for t in (100, 101, 102)]
    assert built[:2] == [None, None]
    assert built[2] is not None
    assert built[2].frames[0, :, 0, 0, 0].tolist() == [100, 101, 102, 103]


def test_what_was_given_away_does_not_change() -> None:
    builder = SequenceBuilder(N, T, SPEC)
    builder.begin(_frames(0))
    built = [_step(builder, t) for t in range(T)][-1]
    assert built is not None
    before = {name: array.copy() for name, array in built.arrays().items()}
    for t in range(T, 2 * T):
        _step(builder, t)
    assert all(np.array_equal(before[name], array) for name, array in built.arrays().items())
