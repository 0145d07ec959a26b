"""One run whose parts are killed, or stopped, one after the other. With -s it prints the rows of docs/faults.md."""

import os
import signal
from collections.abc import Iterator

import pytest

from tests.faults.watched_run import WatchedRun
from tests.runs import LEARNS_OFTEN, SMALL, TWO_ACTORS, left_of, rows, start

LONGEST_STOP = 30.0
"""Seconds that training may stand still, beside what it takes to find out."""
SILENCE = 15.0


@pytest.fixture(scope="module")
def run(unhurried: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchedRun]:
    folder = tmp_path_factory.mktemp("runs")
    words = ["--steps", 10**7, "--levels", "Playroom.Act1", f"--watchdog.silence-seconds={SILENCE}"]
    words.append("--emulators-per-actor=1")
    words += ["--runs-dir", folder, "--name", "a", *SMALL, *LEARNS_OFTEN, TWO_ACTORS]
    process = start("train", *words)
    run = WatchedRun(folder / "a", process)
    run.wait_until(lambda row: row["weights_version"] > 4)
    yield run
    run.end()
    assert left_of(process, run.path) == []


PARTS = {
    "rollout actor": ("ray::CuriousEnvRunner", "rollout_actor_restarts_total"),
    "world-model learner": ("ray::LearnerLoop", "world_model_learner_restarts_total"),
    "PPO learner": ("ray::_WrappedExecutable", "ppo_learner_restarts_total"),
    "parameter server": ("ParameterServer", "parameter_server_restarts_total"),
    "private Valkey": ("valkey-server", "valkey_restarts_total"),
}


@pytest.mark.parametrize("harm", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
@pytest.mark.parametrize("part", PARTS)
def test_a_part_comes_back_and_the_rest_goes_on(run: WatchedRun, part: str, harm: signal.Signals) -> None:
    words, counter = PARTS[part]
    before, seen = run.last(), len(rows(run.path))
    pid = run.pids(words)[0]
    os.kill(pid, harm)
    noticed = run.wait_until(lambda row: row[counter] > before[counter])
    works = noticed + run.wait_until_all_work(actors=2)
    stopped = run.longest_iteration(seen)
    print(f"\n{part}, {harm.name}: noticed {noticed:.1f} s, all works {works:.1f} s, longest iteration {stopped:.1f} s")
    assert stopped < LONGEST_STOP + (SILENCE if harm == signal.SIGSTOP else 0)
    assert pid not in run.pids(words)
    if harm == signal.SIGSTOP and part != "private Valkey":
        assert run.last()["silent_parts_total"] > before["silent_parts_total"]
