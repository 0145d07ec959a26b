"""A run that has learned goes on where it was: after a resume, and after its parameter server was killed."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.runs import with_forked_workers

RISEN = 2500.0
"""Play that does not learn has a return of about 1,000 on this level."""
NOISE = {"return": 1200.0, "explained": 0.3}
"""Of the means over some 40 episodes and 8 batches, beside what two resumes of one checkpoint differ by."""


@pytest.mark.timeout(1800)
def test_return_and_explained_variance_are_where_they_were(tmp_path: Path) -> None:
    command = [*with_forked_workers("tests.end_to_end.trained_lives"), tmp_path, "resumed", "resumed", "killed"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    before, *lives = json.loads(done.stdout.splitlines()[-1])
    print(before, *lives, sep="\n")
    assert before["return"] > RISEN
    for name, noise in NOISE.items():
        chance = abs(lives[0][name] - lives[1][name]) + noise
        for life in lives:
            assert life[name] > before[name] - chance, (name, before, lives)
