"""Every wrong input: one line, exit code 2, within 5 seconds, and nothing written."""

import socket
import time
import tomllib
from pathlib import Path

import pytest

from cluster.config.config import TrainConfig
from cluster.run.checkpoints import Checkpoints
from cluster.run.folder import RunFolder
from tests.runs import command


def _refused(*words: object) -> str:
    begin = time.monotonic()
    done = command(*words)
    seconds = time.monotonic() - begin
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("sonic-worlds: error: ")
    assert done.stderr.count("\n") == 1
    # The stated limit.
    assert seconds < 5
    return done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
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
def test_a_wrong_flag(tmp_path: Path, words: list[str], told: str) -> None:
    assert told in _refused("train", "--runs-dir", tmp_path / "runs", *words)
    assert not (tmp_path / "runs").exists()


def test_a_level_without_its_rom_names_the_two_commands_that_mend_it(tmp_path: Path) -> None:
    told = _refused("train", "--runs-dir", tmp_path / "runs", "--levels", "contest-train")
    assert "sonic-worlds import" in told
    assert "sonic-worlds levels" in told
    assert "SonicTheHedgehog-Genesis-v0" in told
    assert not (tmp_path / "runs").exists()


def test_a_wrong_yaml_file(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("world_model:\n  lagg: 3\n")
    assert "world_model.lagg: unknown field" in _refused("train", "--runs-dir", tmp_path / "runs", "--config", file)
    file.write_text("actors: two\n")
    assert "actors 'two'" in _refused("train", "--runs-dir", tmp_path / "runs", "--config", file)
    assert not (tmp_path / "runs").exists()


def test_a_folder_that_cannot_be_written() -> None:
    assert "--runs-dir /proc/runs cannot be written" in _refused("train", "--runs-dir", "/proc/runs")


def test_a_name_that_exists(tmp_path: Path) -> None:
    RunFolder.create(TrainConfig(runs_dir=tmp_path, name="a")).close()
    before = sorted(tmp_path.rglob("*"))
    assert "go on with --resume" in _refused("train", "--runs-dir", tmp_path, "--name", "a")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_resume_of_what_is_no_run(tmp_path: Path) -> None:
    assert "not the folder of a run" in _refused("train", "--resume", tmp_path)
    assert "not the folder of a run" in _refused("train", "--resume", tmp_path / "none")


def test_a_resume_without_an_intact_checkpoint(tmp_path: Path) -> None:
    run = RunFolder.create(TrainConfig(runs_dir=tmp_path, name="a"))
    with run.checkpoints.writing(1, {"steps_total": 1}) as folder:
        (folder / "state.json").write_text("{}")
    run.close()
    (tmp_path / "a" / "checkpoints" / "iteration-00000001" / "state.json").write_text("[]")
    assert "no checkpoint is intact" in _refused("train", "--resume", tmp_path / "a")


def test_a_resume_that_would_change_what_the_checkpoint_is_of(tmp_path: Path) -> None:
    RunFolder.create(TrainConfig(runs_dir=tmp_path, name="a")).close()
    for words in (["--preset", "seed"], ["--policy.hidden", "8"], ["--name", "b"], ["--algorithm", "appo"]):
        assert words[0] in _refused("train", "--resume", tmp_path / "a", *words)


def test_a_resume_of_a_finished_run_asks_for_more_steps(tmp_path: Path) -> None:
    run = RunFolder.create(TrainConfig(runs_dir=tmp_path, name="a", steps=100))
    with Checkpoints(run.path / "checkpoints", 3).writing(1, {"steps_total": 100}) as folder:
        (folder / "state.json").write_text("{}")
    run.close()
    assert "has 100 steps already; give more" in _refused("train", "--resume", tmp_path / "a")


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = _refused("train", "--runs-dir", tmp_path / "runs", "--metrics-port", port)
    assert f"--metrics-port {port} is in use" in told
    assert not (tmp_path / "runs").exists()


def test_an_unknown_command_and_none_at_all() -> None:
    assert "known are train" in _refused("trane")
    done = command()
    assert (done.returncode, "commands:" in done.stdout) == (2, True)
    assert command("--help").returncode == 0


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    done = command("--version")
    assert (done.returncode, done.stdout) == (0, f"sonic-worlds {project['version']}\n")
