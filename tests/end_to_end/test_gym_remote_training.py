"""Runs whose emulators are hosts that speak gym-remote."""

import os
import shlex
import signal
import sys
from pathlib import Path

import pytest

from benchmarks.process_tree import descendants
from cluster.config.arguments import parse_train
from cluster.config.errors import UsageError
from cluster.run.preflight import check
from tests import gym_retro
from tests.runs import SMALL, left_of, rows, start, wait_for_rows

OWN = f"{shlex.quote(sys.executable)} -m actors.gym_remote.host"
HOST = ["--emulator", "gym-remote", "--emulator.host-command"]


def test_a_run_on_gym_retro_with_a_host_that_is_killed(tmp_path: Path) -> None:
    """gym-retro 0.8.0 on Python 3.8, driven by the actor of a real run."""
    run = tmp_path / "runs" / "a"
    words = ["train", "--runs-dir", run.parent, "--name", "a", "--steps", 1024, "--serial", *SMALL]
    process = start(*words, *HOST, gym_retro.host_command())
    wait_for_rows(run, 1, process)
    hosts = descendants(process.pid, "actors.gym_remote.host Windup")
    assert len(hosts) == 2
    os.kill(hosts[0], signal.SIGKILL)
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, output
    last = rows(run)[-1]
    assert last["emulator_restarts_total"] == 1
    assert last["steps_total"] >= 1024
    assert last["frames_total"] > 3 * 1024
    assert last["levels"]
    assert left_of(process, run) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--emulator", "retro"], "'retro'"),
        (["--emulator.host-command", "host {dir}"], "local emulators have no hosts; add --emulator gym-remote"),
        (["--emulator", "gym-remote", "--emulator.exact"], "--emulator.exact: "),
        ([*HOST, "python3 {dir} {leve}"], "{leve} is no placeholder; there are {game}, {state}, {dir}, {seed}"),
        ([*HOST, "python3 {game}"], "without {dir} host and emulator cannot meet"),
        ([*HOST, "no-such-program {dir}"], "there is no program no-such-program"),
        ([*HOST, f"{OWN} Nope --dir {{dir}} --training"], "Playroom.Act1 comes: error: there is no game Nope / Gym"),
        ([*HOST, f"{OWN} {{game}} Playroom.Act1 --dir {{dir}}"], "the host has no channel `level`"),
        ([*HOST, "python3 {dir}", "--levels", "Nope"], "--levels Nope"),
        (
            ["--emulator", "gym-remote", "--levels", "SonicTheHedgehog-Genesis-v0"],
            "no ROM of SonicTheHedgehog-Genesis-v0",
        ),
    ],
)
def test_what_cannot_be_hosted_is_told(words: list[str], message: str) -> None:
    with pytest.raises(UsageError) as refused:
        check(parse_train(words)[0])
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_rom_is_the_host_s_business() -> None:
    # This one has another game, but the run need not know.
    command = shlex.join(["sh", "-c", f"exec {OWN} Windup-Genesis-v0 Playroom.Act1 --dir $0", "{dir}", "{state}"])
    config, _ = parse_train([*HOST, command, "--levels", "SonicTheHedgehog-Genesis-v0"])
    check(config)
    assert config.emulator.kind == "gym-remote"
