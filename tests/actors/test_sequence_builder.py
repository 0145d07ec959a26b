import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.rollout.sequence_builder import SequenceBuilder
from world_model.sequences import Sequences
from world_model.spec import WorldModelSpec

SPEC = WorldModelSpec(actions=4, hidden=3)
N, T = 2, 3


def _frames(t: int) -> np.ndarray:
    """Frame t of emulator i: its first column is t, its first row is i."""
    frames = np.zeros((N, 64, 64, 3), np.uint8)
    frames[:, :, 0] = t % 256
    frames[:, 0, 1:] = np.arange(N)[:, None, None]
    return frames


def _positions(t: int) -> np.ndarray:
    """The player's places at frame t; none is known where episodes are begun."""
    return np.array([[10 * t + i, t] if t else [-1, -1] for i in range(N)])


def _places(t: int) -> np.ndarray:
    """The player's places on the screen at frame t; none is known where episodes are begun."""
    return np.array([[t / 16, i / 2] if t else [np.nan] * 2 for i in range(N)])


def _step(
    builder: SequenceBuilder, t: int, done: tuple[bool, ...] = (False,) * N, first: tuple[bool, ...] = (False,) * N
) -> Sequences | None:
    """Step t leads from frame t to frame t + 1."""
    actions, rewards = (t + np.arange(N)) % 4, t + 0.5 * np.arange(N)
    now = _frames(t + 1), np.array(first), _positions(t + 1), _places(t + 1)
    return builder.add(actions, rewards, np.array(done), *now, ("a", "b"))


flags_of_all = st.tuples(*[st.booleans()] * N)


@settings(deadline=None)
@given(st.lists(st.tuples(flags_of_all, flags_of_all), min_size=1, max_size=14))
def test_sets_follow_each_other_with_one_frame_in_common(
    flags: list[tuple[tuple[bool, ...], tuple[bool, ...]]],
) -> None:
    builder = SequenceBuilder(N, T, SPEC)
    builder.begin(_frames(0))
    built = []
    for t, (done, first) in enumerate(flags):
        assert builder.at_start == (t % T == 0)
        if builder.at_start:
            builder.keep_state(_states(t), version=t)
        sequences = _step(builder, t, done, first)
        assert (sequences is None) == (t % T != T - 1)
        if sequences is not None:
            built.append(sequences)
    assert len(built) == len(flags) // T
    firsts = [(True,) * N, *(first for _, first in flags)]
    for k, sequences in enumerate(built):
        begin, end = k * T, (k + 1) * T
        assert len(sequences) == N
        assert (sequences.versions == begin).all()
        assert np.array_equal(sequences.state, _states(begin))
        assert sequences.levels == ("a", "b")
        for i in range(N):
            for place, t in enumerate(range(begin, end + 1)):
                assert np.array_equal(sequences.frames[i, place], _frames(t)[i])
                assert sequences.first[i, place] == firsts[t][i]
                assert np.array_equal(sequences.positions[i, place], _positions(t)[i])
                assert np.array_equal(sequences.places[i, place], _places(t)[i], equal_nan=True)
            for place, t in enumerate(range(begin, end)):
                assert sequences.actions[i, place] == (t + i) % 4
                assert sequences.rewards[i, place] == t + 0.5 * i
                assert sequences.dones[i, place] == flags[t][0][i]


def _states(t: int) -> np.ndarray:
    return t + np.arange(N * 2 * SPEC.hidden, dtype=np.float32).reshape(N, 2, SPEC.hidden)


def test_a_beginning_is_the_first_frame_of_an_episode_everywhere() -> None:
    builder = SequenceBuilder(N, T, SPEC)
    builder.begin(_frames(0))
    for t in range(T):
        _step(builder, t)
    # The last frame of a set begins no episode, until the emulators are reset.
    builder.begin(_frames(50))
    built = [_step(builder, t) for t in range(50, 50 + T)][-1]
    assert built is not None
    assert built.first.tolist() == [[True] + [False] * T] * N
    assert np.array_equal(built.frames[:, 0], _frames(50))


def test_a_new_beginning_throws_the_unfinished_set_away() -> None:
    builder = SequenceBuilder(N, T, SPEC)
    builder.begin(_frames(0))
    _step(builder, 0)
    builder.begin(_frames(100))
    assert builder.at_start
    built = [_step(builder, t) for t in (100, 101, 102)]
    assert built[:2] == [None, None]
    assert built[2] is not None
    assert built[2].frames[0, :, 1, 0, 0].tolist() == [100, 101, 102, 103]


def test_what_was_given_away_does_not_change() -> None:
    builder = SequenceBuilder(N, T, SPEC)
    builder.begin(_frames(0))
    built = [_step(builder, t) for t in range(T)][-1]
    assert built is not None
    before = {name: array.copy() for name, array in built.arrays().items()}
    for t in range(T, 2 * T + 1):
        builder.keep_state(_states(t), version=t)
        _step(builder, t, (True,) * N, (True,) * N)
    builder.begin(_frames(200))
    for name, array in built.arrays().items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)
