"""Contests by the command line: killed agents, Ctrl-C, going on; an agent that goes on learning."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from actors.agents.trained import Mind
from actors.games.levels import SPLITS
from benchmarks.process_tree import descendants
from cluster.run.agent import find_run, load_mind
from tests.runs import SMALL, command, interrupt, left_of, start

LEVELS = [str(level) for level in SPLITS["windup-validation"][:2]]
STEPS = 400


def test_a_contest_goes_on_after_a_killed_agent_and_after_ctrl_c(tmp_path: Path) -> None:
    out = tmp_path / "c"
    words = ["contest", "hold-right", "random", "--levels", ",".join(LEVELS), "--steps", STEPS, "--seeds", 2]
    words += ["--parallel", 2, "--out", out]
    process = start(*words)
    assert process.stdout
    killed, output = False, ""
    for line in process.stdout:
        output += line
        if not killed and "hold-right on" in line:
            while not (agents := descendants(process.pid, "main() agent --policy")):
                time.sleep(0.01)
            os.kill(agents[0], signal.SIGKILL)
            killed = True
        if killed and len(re.findall(r" in \d+ episodes?\n", output)) >= 3:
            interrupt(process)
            break
    output += process.stdout.read()
    assert process.wait(timeout=120) == 130, output
    assert "the agent was killed by signal 9" in output
    assert "it is tried again" in output
    assert "the same command goes on" in output
    assert not left_of(process, out)
    assert not (out / "leaderboard.json").exists()
    kept = {path: path.read_text() for path in out.rglob("result.json")}
    assert len(kept) >= 3

    done = command(*words)
    assert done.returncode == 0, done.stderr
    assert f"{len(kept)} have results already" in done.stderr
    assert {path: path.read_text() for path in kept} == kept
    results = [json.loads(path.read_text()) for path in out.rglob("result.json")]
    assert {(r["agent"], r["level"], r["seed"]) for r in results} == {
        (agent, level, seed) for agent in ("hold-right", "random") for level in LEVELS for seed in (0, 1)
    }
    for path in out.rglob("result.json"):
        result = json.loads(path.read_text())
        with (path.parent / "monitor.csv").open() as file:
            rows = list(csv.DictReader(file))
        assert result["returns"] == [float(row["r"]) for row in rows]
        assert result["score"] == pytest.approx(sum(result["returns"]) / len(rows))
        assert sum(result["lengths"]) < STEPS

    board = json.loads((out / "leaderboard.json").read_text())["leaderboard"]
    assert [entry["agent"] for entry in board] == ["hold-right", "random"]
    for entry in board:
        by_seed = [
            sum(r["score"] for r in results if (r["agent"], r["seed"]) == (entry["agent"], seed)) / len(LEVELS)
            for seed in (0, 1)
        ]
        assert entry["overall"]["seeds"] == pytest.approx(by_seed)
        assert entry["overall"]["interval_95"] is not None
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert [line[:2] for line in lines] == [
        ["agent", "level"],
        *([agent, where] for agent in ("hold-right", "random") for where in ("overall", *LEVELS)),
    ]
    assert (out / "leaderboard.png").exists()

    done = command(*words[:-2], "--out", out, "--steps", STEPS + 1)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_a_trained_agent_plays_and_goes_on_learning(tmp_path: Path) -> None:
    done = command(
        "train", "--serial", "--runs-dir", tmp_path, "--name", "a", "--levels", LEVELS[0], "--steps", 256, *SMALL
    )
    assert done.returncode == 0, done.stderr
    run = tmp_path / "a"
    before = {path: path.stat().st_mtime_ns for path in sorted(run.rglob("*"))}
    out = tmp_path / "c"
    done = command("contest", run, f"{run}+learn", "--levels", LEVELS[1], "--steps", 420, "--seeds", 1, "--out", out)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 5
    # It learns into a run of its own.
    assert {path: path.stat().st_mtime_ns for path in sorted(run.rglob("*"))} == before
    learned = next(out.rglob("seed-0/run"))
    rows = [json.loads(line) for line in (learned / "metrics.jsonl").read_text().splitlines()]
    # Of 420 requests some are resets; three batches of 128 steps make it.
    assert rows[-1]["steps_total"] >= 256 + 3 * 128
    assert rows[-1]["ppo_updates_total"] > rows[0]["ppo_updates_total"]
    assert rows[-1]["world_model_updates_total"] > rows[0]["world_model_updates_total"]
    # What came of it is a run as any other.
    checkpoint = find_run(learned).checkpoint
    assert checkpoint.summary["steps_total"] == rows[-1]["steps_total"]
    assert isinstance(load_mind(find_run(learned)), Mind)


def test_an_agent_whose_environment_has_gone(tmp_path: Path) -> None:
    game, state = LEVELS[0].split("/")
    host = subprocess.Popen([sys.executable, "-m", "actors.gym_remote.host", game, state, "--dir", str(tmp_path)])
    agent = start("agent", "--policy", "hold-right", "--dir", tmp_path)
    # By its first screen: the file is empty until then.
    while not (tmp_path / "ob").exists() or not any((tmp_path / "ob").read_bytes()):
        assert host.poll() is None
        time.sleep(0.05)
    host.kill()
    host.wait()
    output, _ = agent.communicate(timeout=60)
    assert agent.returncode == 1
    *before, last = output.splitlines()
    assert last.startswith("sonic-worlds: error: the environment has gone: ")
    # What it begins with.
    assert len(before) == 1
