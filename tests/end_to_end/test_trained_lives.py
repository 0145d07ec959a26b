"""A run that has learned goes on where it was: after a resume, and after its parameter server was killed."""

import json
from pathlib import Path

import pytest

from tests.runs import run_module

RISEN = 8.0
"""Return a step. Play that does not learn has about 3 on this level."""
NOISE = 0.35
"""Share of the return a step, and explained variance, by which a life of some 25 episodes and 6 batches may fall behind
by chance."""


@pytest.mark.timeout(1800)
def test_return_and_explained_variance_are_where_they_were(tmp_path: Path) -> None:
    done = run_module("tests.end_to_end.trained_lives", tmp_path, "resumed", "killed")
    assert done.returncode == 0, done.stderr
    before, *lives = json.loads(done.stdout.splitlines()[-1])
    print(before, *lives, sep="\n")
    assert before["return"] > RISEN
    for life in lives:
        assert life["return"] > (1 - NOISE) * before["return"]
        assert life["explained"] > before["explained"] - NOISE
