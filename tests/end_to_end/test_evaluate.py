"""Evaluations by the command line: a trained run, bad input, Ctrl-C."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.refusals import Refused
from tests.runs import command, interrupt, left_of, start, with_forked_workers

LEVEL = "Airstriker-Genesis-v0"
DEADLY = "TrainYard.Act1"
"""Whose episodes are short."""
ONE = ["--actors", "1", "--emulators-per-actor", "1"]
MANY = ["--actors", "2", "--emulators-per-actor", "3"]


def test_a_trained_agent_scores_the_same_however_many_emulators_play(tmp_path: Path) -> None:
    run = tmp_path / "a"
    shutil.copytree("pretrained", run)
    before = {path: path.stat().st_mtime_ns for path in sorted(run.rglob("*"))}
    results = {}
    # Not both in forks of one process, which would have the same by chance.
    for name, emulators, program in (("alone", ONE, command), ("together", MANY, _in_a_python_of_its_own)):
        file = tmp_path / f"{name}.json"
        done = program("evaluate", run, "--levels", DEADLY, "--episodes", 3, "--seed", 5, "--json", file, *emulators)
        assert done.returncode == 0, done.stderr
        results[name] = file.read_text()
    assert results["alone"] == results["together"]
    # It only reads: the run may be training meanwhile.
    assert {path: path.stat().st_mtime_ns for path in sorted(run.rglob("*"))} == before

    content = json.loads(results["alone"])
    assert content["policy"] == "trained"
    assert content["checkpoint"].startswith(str(run / "checkpoints"))
    assert content["checkpoint_steps"] > 0
    assert (content["episodes_per_level"], content["seed"]) == (3, 5)
    (level,) = content["levels"].values()
    assert len(level["scores"]) == len(level["steps"]) == 3
    assert content["overall"]["score_mean"] == level["score_mean"] == pytest.approx(sum(level["scores"]) / 3)
    assert len({*zip(level["scores"], level["steps"], strict=True)}) > 1
    heading, line, overall = done.stdout.splitlines()
    assert heading.startswith("level\tscore")
    assert line.startswith(f"Windup-Genesis-v0/{DEADLY}\t")
    assert overall.startswith("overall\t")


def _in_a_python_of_its_own(*words: object) -> "subprocess.CompletedProcess[str]":
    line = [*with_forked_workers(), *map(str, words)]
    return subprocess.run(line, capture_output=True, text=True, timeout=400, check=False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "nothing to evaluate"),
        (["--policy", "greedy"], "'greedy'"),
        (["--policy", "random", "--split", "test"], "'test'"),
        (["--policy", "random", "--levels", "Airstrikr-Genesis-v0"], "do you mean Airstriker-Genesis-v0"),
        (["--policy", "random", "--levels", "contest-validation"], "sonic-worlds import"),
        (["--policy", "random", "--episodes", "0"], "--episodes 0"),
        (["/none"], "RUN /none is not the folder of a run"),
        (["--policy", "random", "--levels", LEVEL, "--json", "/none/a.json"], "--json /none/a.json"),
    ],
)
def test_bad_input(words: list[str], message: str, refused: Refused) -> None:
    assert message in refused("evaluate", *words)


def test_ctrl_c_ends_it_and_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    process = start("evaluate", "--policy", "random", "--levels", LEVEL, "--episodes", 500, "--json", file, fork=False)
    assert process.stdout
    for line in process.stdout:
        if "/500 episodes" in line:
            break
    else:
        pytest.fail("it ended before it was told to")
    interrupt(process)
    rest = process.stdout.read()
    assert process.wait(timeout=120) == 130, rest
    assert "stopped; nothing is written" in rest
    # No line of scores, and no traceback.
    assert "overall" not in rest
    assert "Error" not in rest
    assert list(tmp_path.iterdir()) == []
    assert left_of(process, tmp_path) == []
