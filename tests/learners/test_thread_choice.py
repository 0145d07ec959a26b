import time
from collections import Counter
from collections.abc import Iterator

import pytest
import torch

from learners.thread_choice import ThreadChoice


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def _work(choice: ThreadChoice, seconds: dict[int, float], pieces: int) -> Counter[int]:
    """Works with threads that need a given time; returns how often each number of threads was chosen."""
    chosen: Counter[int] = Counter()
    for _ in range(pieces):
        with choice.timed():
            threads = torch.get_num_threads()
            time.sleep(seconds[threads])
        chosen[threads] += 1
    return chosen


def test_the_faster_number_is_chosen_and_the_other_one_tried_now_and_then() -> None:
    choice = ThreadChoice(2)
    chosen = _work(choice, {1: 0.02, 2: 0.002}, 64)
    assert chosen[2] > 54
    assert chosen[1] >= 3
    # The cores are no longer idle.
    chosen = _work(choice, {1: 0.002, 2: 0.02}, 64)
    assert chosen[1] > 50
    assert chosen[2] >= 3


def test_with_one_core_there_is_no_choice() -> None:
    assert _work(ThreadChoice(1), {1: 0.0}, 40) == {1: 40}


def test_work_that_fails_does_not_count() -> None:
    choice = ThreadChoice(2)
    with pytest.raises(ValueError, match="no"), choice.timed():
        raise ValueError("no")
    assert _work(choice, {1: 0.001, 2: 0.001}, 2) == {1: 1, 2: 1}
