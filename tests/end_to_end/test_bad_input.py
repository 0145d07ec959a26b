"""Every wrong input: one line, exit code 2, and nothing written."""

import os
import resource
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cluster.config.config import TrainConfig
from cluster.run.checkpoints import Checkpoints
from cluster.run.folder import RunFolder
from tests.refusals import Refused
from tests.runs import command


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train", "--levels", "Sonik-Genesis-v0"], "Sonik-Genesis-v0"),
        (["train", "--world-model.lagg", "3"], "--world-model.lagg"),
        (["train", "--resume", "/none"], "not the folder of a run"),
        (["evaluate", "--policy", "random", "--episodes", "0"], "--episodes 0"),
        (["watch", "/none", "--record", "a.mp4"], "RUN /none is not the folder of a run"),
        (["serve", "Playroom.Act77", "--dir", "d"], "'Playroom.Act77' is no"),
    ],
)
def test_a_process_of_its_own_answers_at_once_without_torch_or_ray(
    words: list[str], message: str, tmp_path: Path
) -> None:
    program = "import sys; from cluster.cli import main; sys.argv[0] = 'x'\n"
    program += "try: main()\nfinally: print(*sorted({'torch', 'ray'} & sys.modules.keys()))"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
        check=False,
    )
    # Of a core's time: on a busy machine it takes longer.
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5
    assert (done.returncode, done.stdout) == (2, "\n"), done.stderr
    assert done.stderr.startswith("sonic-worlds: error: ")
    assert done.stderr.count("\n") == 1
    assert message in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--levels", "Sonik-Genesis-v0"], "Sonik-Genesis-v0"),
        (["--levels", "SonicTheHedgehog-Genesis-v0/GreenHillZone.Act9"], "GreenHillZone.Act9"),
        (["--levels", "Airstriker-Genesis-v0,"], "--levels"),
        (["--preset", "huge"], "'huge'"),
        (["--algorithm", "dqn"], "'dqn'"),
        (["--steps", "0"], "--steps 0"),
        (["--actors", "-2"], "--actors -2"),
        (["--emulators-per-actor", "0"], "--emulators-per-actor 0"),
        (["--name", "a/b"], "--name 'a/b'"),
        (["--redis-url", "redis://127.0.0.1:1"], "redis://127.0.0.1:1"),
        (["--redis-url", "http://127.0.0.1"], "http://127.0.0.1"),
        (["--policy.minibatch-size", "5000"], "--policy.minibatch-size 5000"),
        (["--serial", "--algorithm", "appo"], "--algorithm appo"),
        (["--address", "head"], "--address head: it must be auto, or HOST:PORT"),
        (["--address", "127.0.0.1:1"], "--address 127.0.0.1:1 cannot be reached: Connection refused"),
        (["--address", "auto", "--serial"], "--address auto: --serial runs everything in one process"),
        (["--auto-resume"], "--auto-resume needs --name"),
        (["--metrics-host", "192.0.2.1", "--metrics-port", "9100"], "--metrics-host 192.0.2.1: it must be an address"),
        (["--metrics-host", "a b", "--metrics-port", "9100"], "--metrics-host a b:"),
        (["--resources.ppo-learner.gpus", "-1"], "--resources.ppo-learner.gpus -1"),
        (["--watchdog.silence-seconds", "0"], "--watchdog.silence-seconds 0"),
        (["--level-schedule", "fair"], "'fair'"),
        (["--level-schedule", "prioritized", "--algorithm", "appo"], "take ppo, or another schedule"),
        (["--emulator", "nativ"], "'nativ'"),
        (
            ["--emulator", "native", "--levels", "Airstriker-Genesis-v0"],
            "--emulator native plays Windup-Genesis-v0 alone",
        ),
        (["--emulator", "native", "--emulator.host-command", "a {dir}"], "native emulators have no hosts"),
        (
            ["--levels", "windup-generated:5"],
            "--levels windup-generated:5: GeneratedPlayroom.Seed0.Level1 is in no ROM",
        ),
        (["--emulator", "native", "--levels", "windup-generated:0"], "number of levels 0: 1 to 50,000 are allowed"),
    ],
)
def test_a_wrong_flag(refused: Refused, tmp_path: Path, words: list[str], message: str) -> None:
    assert message in refused("train", "--runs-dir", tmp_path / "runs", *words)
    assert not (tmp_path / "runs").exists()


def test_a_level_without_its_rom_names_the_two_commands_that_mend_it(refused: Refused, tmp_path: Path) -> None:
    message = refused("train", "--runs-dir", tmp_path / "runs", "--levels", "contest-train")
    assert "sonic-worlds import" in message
    assert "sonic-worlds levels" in message
    assert "SonicTheHedgehog-Genesis-v0" in message
    assert not (tmp_path / "runs").exists()


def test_a_wrong_yaml_file(refused: Refused, tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("world_model:\n  lagg: 3\n")
    assert "world_model.lagg: unknown field" in refused("train", "--runs-dir", tmp_path / "runs", "--config", file)
    file.write_text("actors: two\n")
    assert "actors 'two'" in refused("train", "--runs-dir", tmp_path / "runs", "--config", file)
    assert not (tmp_path / "runs").exists()


def test_a_folder_that_cannot_be_written(refused: Refused) -> None:
    assert "--runs-dir /proc/runs cannot be written" in refused("train", "--runs-dir", "/proc/runs")


def test_a_name_that_exists(refused: Refused, tmp_path: Path) -> None:
    RunFolder.create(TrainConfig(runs_dir=tmp_path, name="a")).close()
    before = sorted(tmp_path.rglob("*"))
    assert "go on with --resume" in refused("train", "--runs-dir", tmp_path, "--name", "a")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_resume_of_what_is_no_run(refused: Refused, tmp_path: Path) -> None:
    assert "not the folder of a run" in refused("train", "--resume", tmp_path)
    assert "not the folder of a run" in refused("train", "--resume", tmp_path / "none")


def test_a_resume_without_an_intact_checkpoint(refused: Refused, tmp_path: Path) -> None:
    run = RunFolder.create(TrainConfig(runs_dir=tmp_path, name="a"))
    with run.checkpoints.writing(1, {"steps_total": 1}) as folder:
        (folder / "state.json").write_text("{}")
    run.close()
    (tmp_path / "a" / "checkpoints" / "iteration-00000001" / "state.json").write_text("[]")
    assert "no checkpoint is intact" in refused("train", "--resume", tmp_path / "a")


def test_a_resume_that_would_change_what_the_checkpoint_is_of(refused: Refused, tmp_path: Path) -> None:
    RunFolder.create(TrainConfig(runs_dir=tmp_path, name="a")).close()
    motion = ["--world-model.lambda-motion", "None"]
    for words in (["--preset", "seed"], motion, ["--policy.hidden", "8"], ["--name", "b"], ["--algorithm", "appo"]):
        assert words[0] in refused("train", "--resume", tmp_path / "a", *words)


def test_a_resume_of_a_finished_run_asks_for_more_steps(refused: Refused, tmp_path: Path) -> None:
    run = RunFolder.create(TrainConfig(runs_dir=tmp_path, name="a", steps=100))
    with Checkpoints(run.path / "checkpoints", 3).writing(1, {"steps_total": 100}) as folder:
        (folder / "state.json").write_text("{}")
    run.close()
    assert "has 100 steps already; give more" in refused("train", "--resume", tmp_path / "a")


def test_a_port_in_use(refused: Refused, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = refused("train", "--runs-dir", tmp_path / "runs", "--metrics-port", port)
    assert f"--metrics-port {port} is in use" in message
    assert not (tmp_path / "runs").exists()


def test_an_unknown_command_and_none_at_all(refused: Refused) -> None:
    assert "known are train" in refused("trane")
    done = command()
    assert (done.returncode, "commands:" in done.stdout) == (2, True)
    assert command("--help").returncode == 0


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    done = command("--version")
    assert (done.returncode, done.stdout) == (0, f"sonic-worlds {project['version']}\n")
