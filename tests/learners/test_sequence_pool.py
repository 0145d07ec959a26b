from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
import torch

from learners.sequence_pool import SequencePool
from world_model.sequences import Sequences
from world_model.spec import WorldModelSpec

Make = Callable[..., Sequences]


def _pool(spec: WorldModelSpec, capacity: int, seed: int = 0) -> SequencePool:
    return SequencePool(capacity, 4, spec, torch.device("cpu"), seed)


def _values(pool: SequencePool, batch: int) -> Counter[int]:
    return Counter(pool.sample(batch)["frames"][:, 0, 0, 0, 0].tolist())


def test_the_oldest_gives_way_and_is_counted(spec: WorldModelSpec, make_sequences: Make) -> None:
    pool = _pool(spec, 3)
    for value in range(5):
        pool.add(make_sequences(1, 4, value=value))
    assert len(pool) == 3
    assert set(_values(pool, 200)) == {2, 3, 4}
    counts = pool.counts
    assert (counts.inserted, counts.inserted_steps, counts.dropped, counts.dropped_unseen) == (5, 20, 2, 2)


@pytest.mark.parametrize("lot", [1, 2, 3, 5, 7])
def test_lots_of_any_size_go_round_the_ring_in_order(spec: WorldModelSpec, make_sequences: Make, lot: int) -> None:
    pool = _pool(spec, 3)
    for begin in range(0, 35, lot):
        sequences = make_sequences(lot, 4)
        sequences.frames[:] = np.arange(begin, begin + lot, dtype=np.uint8)[:, None, None, None, None]
        pool.add(sequences)
    end = begin + lot
    assert set(_values(pool, 200)) == {end - 3, end - 2, end - 1}
    assert (len(pool), pool.counts.inserted, pool.counts.dropped) == (3, end, end - 3)


def test_drops_of_sequences_that_were_trained_on_are_told_apart(spec: WorldModelSpec, make_sequences: Make) -> None:
    pool = _pool(spec, 2)
    pool.add(make_sequences(2, 4))
    pool.sample(50)
    pool.add(make_sequences(2, 4))
    assert (pool.counts.dropped, pool.counts.dropped_unseen) == (2, 0)


def test_levels_are_sampled_evenly_however_many_sequences_they_have(spec: WorldModelSpec, make_sequences: Make) -> None:
    pool = _pool(spec, 100)
    pool.add(make_sequences(90, 4, "many", value=1))
    pool.add(make_sequences(2, 4, "few", value=2))
    seen = _values(pool, 4000)
    assert 1800 < seen[1] < 2200
    assert pool.levels == ["few", "many"]


def test_a_level_that_is_dropped_altogether_is_sampled_no_more(spec: WorldModelSpec, make_sequences: Make) -> None:
    pool = _pool(spec, 2)
    pool.add(make_sequences(2, 4, "old", value=1))
    pool.add(make_sequences(2, 4, "new", value=2))
    assert set(_values(pool, 50)) == {2}
    assert pool.levels == ["new"]


def test_every_field_comes_back_as_it_went_in(spec: WorldModelSpec, make_sequences: Make) -> None:
    pool = _pool(spec, 4)
    sequences = make_sequences(1, 4, value=7)
    sequences.first[0, 2] = sequences.dones[0, 1] = True
    sequences.actions[0] = [1, 2, 3, 4]
    sequences.state[0, 1, 5] = 0.5
    sequences.places[0] = np.arange(10).reshape(5, 2) / 10
    pool.add(sequences)
    batch = pool.sample(1)
    for name, array in sequences.arrays().items():
        assert torch.equal(batch[name][0], torch.as_tensor(array[0])), name


def test_another_shape_is_refused_by_name(spec: WorldModelSpec, make_sequences: Make) -> None:
    with pytest.raises(ValueError, match=r"sequences\.frames has shape"):
        _pool(spec, 4).add(make_sequences(1, 5))


def test_an_empty_pool_says_so(spec: WorldModelSpec) -> None:
    with pytest.raises(ValueError, match="empty"):
        _pool(spec, 4).sample(1)


def test_a_resumed_pool_is_empty_but_counts_on(spec: WorldModelSpec, make_sequences: Make) -> None:
    pool = _pool(spec, 4)
    pool.add(make_sequences(3, 4))
    other = _pool(spec, 4, seed=9)
    other.set_state(pool.get_state())
    assert len(other) == 0
    other.add(make_sequences(1, 4))
    assert len(other) == 1
    assert other.counts.inserted == 4
    assert other.counts.dropped == 0


def test_a_resumed_pool_draws_the_same(spec: WorldModelSpec, make_sequences: Make) -> None:
    pools = [_pool(spec, 50), _pool(spec, 50, seed=9)]
    pools[1].set_state(pools[0].get_state())
    draws = []
    for pool in pools:
        for value in range(50):
            pool.add(make_sequences(1, 4, value=value))
        draws.append(pool.sample(20)["frames"][:, 0, 0, 0, 0].tolist())
    assert draws[0] == draws[1]


def test_what_was_trained_on_is_counted_once_and_by_level(spec: WorldModelSpec, make_sequences: Make) -> None:
    pool = _pool(spec, 8)
    pool.add(make_sequences(3, 4, level="a"))
    pool.add(make_sequences(1, 4, level="b"))
    assert pool.counts.levels == {"a": [3, 0], "b": [1, 0]}
    for _ in range(2):
        pool.sample(100)
    assert pool.counts.seen == 4
    assert pool.counts.levels == {"a": [3, 3], "b": [1, 1]}
    pool.add(make_sequences(8, 4, level="b"))
    assert pool.counts.levels == {"a": [3, 3], "b": [9, 1]}


def test_counts_are_raised_to_those_of_a_pool_that_is_gone(spec: WorldModelSpec, make_sequences: Make) -> None:
    pool = _pool(spec, 8)
    pool.add(make_sequences(2, 4, level="a"))
    pool.raise_counts(inserted=9, dropped=5, dropped_unseen=3, levels={"a": [1, 1], "b": [8, 2]})
    counts = pool.counts
    assert (counts.inserted, counts.inserted_steps, counts.dropped, counts.dropped_unseen) == (9, 36, 5, 3)
    assert counts.levels == {"a": [2, 1], "b": [8, 2]}
    assert counts.seen == 3


def test_age_is_the_mean_of_what_is_held(
    spec: WorldModelSpec, make_sequences: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = _pool(spec, 2)
    assert pool.age() == 0.0
    clock = [100.0]
    monkeypatch.setattr("learners.sequence_pool.time.monotonic", lambda: clock[0])
    for _ in range(3):
        pool.add(make_sequences(1, 4))
        clock[0] += 10.0
    # The first one gave way to the third: 10 and 20 seconds.
    assert pool.age() == pytest.approx(15.0)
