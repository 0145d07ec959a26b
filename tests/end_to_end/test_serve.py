"""`sonic-worlds serve`: real hosts, and agents in other processes."""

import contextlib
import csv
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.gym_remote.server import lock
from cluster.commands.serve import ServeArguments, serve_command
from cluster.config.errors import UsageError
from tests.actors.gym_remote.both_sides import RawClient
from tests.end_to_end import contest_client
from tests.runs import interrupt, left_of, start

LEVEL = "Windup-Genesis-v0/Playroom.Act1"
OTHERS = ["Windup-Genesis-v0/Playroom.Act2", "Windup-Genesis-v0/Playroom.Act3"]
STEPS = 120


@pytest.fixture
def folder() -> Iterator[Path]:
    """With a short path, as sockets need."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _client(what: str, argument: Path) -> "subprocess.Popen[str]":
    words = [sys.executable, contest_client.__file__, what, str(argument)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def _said(process: "subprocess.Popen[str]") -> list[str]:
    """All its lines but those of single steps."""
    printed = process.communicate(timeout=120)[0]
    assert process.returncode == 0
    return [line for line in printed.splitlines() if line != "step"]


def _monitor(folder: Path) -> list[tuple[float, int]]:
    with (folder / "monitor.csv").open() as file:
        return [(float(row["r"]), int(row["l"])) for row in csv.DictReader(file)]


def test_a_contest_has_a_log_and_a_movie_that_gives_its_return_again(folder: Path) -> None:
    meeting, movies, log = folder / "d", folder / "movies", folder / "log"
    folders = ["--dir", meeting, "--movies", movies, "--log", log]
    served = start("serve", LEVEL, *folders, "--steps", STEPS, "--seed", 3)
    why, total = _said(_client("play", meeting))
    printed = served.communicate(timeout=60)[0].splitlines()
    assert served.returncode == 0, printed
    assert why == f"TimestepLimitError: all {STEPS} steps are done"
    assert printed == [
        f"{LEVEL}: waits for an agent in {meeting}, movies in {movies}",
        f"{LEVEL}: ended: 1 episode of {STEPS - 1} steps in all, mean return {float(total):.1f}",
    ]
    assert float(total) > 100
    assert _monitor(log) == [(pytest.approx(float(total)), STEPS - 1)]
    assert list(meeting.iterdir()) == []
    (movie,) = movies.iterdir()
    assert float(*_said(_client("replay", movie))) == pytest.approx(float(total))
    with pytest.raises(UsageError, match=r"--movies .* of another contest is there"):
        serve_command(ServeArguments(LEVEL, meeting, movies=movies))
    with pytest.raises(UsageError, match=r"--log .*: monitor.csv of another contest is there"):
        serve_command(ServeArguments(LEVEL, meeting, log=log))
    assert left_of(served, folder) == []


def test_many_at_once_of_which_one_fails(folder: Path) -> None:
    served = start("serve", ",".join(OTHERS), "--dir", folder / "d", "--log", folder / "log", "--steps", STEPS)
    good, bad = (name.replace("/", "-") for name in OTHERS)
    agent = _client("play", folder / "d" / good)
    client = RawClient(folder / "d" / bad)
    client.send(b"hello\f")
    client.close()
    assert _said(agent)[0].startswith("TimestepLimitError")
    printed = served.communicate(timeout=60)[0]
    assert served.returncode == 1
    assert f"{OTHERS[0]}: ended: " in printed
    assert f"{OTHERS[1]}: failed: error: the client does not speak gym-remote: b'hello' is no JSON" in printed
    assert len(_monitor(folder / "log" / good)) >= 1
    assert left_of(served, folder) == []


def test_ctrl_c_ends_hosts_and_tells_agents(folder: Path) -> None:
    served = start("serve", LEVEL, "--dir", folder / "d", "--movies", folder / "m")
    agent = _client("play", folder / "d")
    assert agent.stdout
    agent.stdout.readline()
    interrupt(served)
    printed = served.communicate(timeout=60)[0]
    assert served.returncode == 130
    assert f"{LEVEL}: stopped: 1 episode of " in printed
    assert "Traceback" not in printed
    assert _said(agent)[0] == "ServerDisconnectError: the server was stopped"
    (movie,) = (folder / "m").iterdir()
    assert movie.stat().st_size > 0
    assert list((folder / "d").iterdir()) == []
    assert left_of(served, folder) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"levels": "Playroom.Act77"}, "LEVELS Playroom.Act77: 'Playroom.Act77' is no"),
        ({"levels": "SonicTheHedgehog-Genesis-v0"}, "LEVELS .*sonic-worlds import"),
        ({"steps": 0}, "--steps 0: 1 to 1,000,000,000,000,000 is allowed"),
        ({"hours": 0.0}, "--hours 0.0: 0.001 to 500.0 is allowed"),
        ({"hours": float("nan")}, "--hours nan: 0.001 to 500.0 is allowed"),
        ({"seed": -1}, "--seed -1: 0 to 18,446,744,073,709,551,615 is allowed"),
        ({"dir": Path("d" * 110)}, "--dir d+: a socket's path can have 107 bytes at most"),
        ({"dir": Path("file")}, "--dir file: it is no folder that can be written to"),
        ({"dir": Path("file/d")}, "--dir file/d: Not a directory"),
        ({"dir": Path("taken")}, "--dir taken: another server is there"),
        ({"log": Path("file")}, "--log file: it is no folder"),
        ({"movies": Path("/proc/m")}, "--movies /proc/m: "),
    ],
)
def test_bad_input_leaves_nothing(
    changes: dict[str, object], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")
    Path("taken").mkdir()
    arguments = {"levels": LEVEL, "dir": Path("new/d"), **changes}
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, lock("taken"))
        with pytest.raises(UsageError, match=rf"^{message}"):
            serve_command(ServeArguments(**arguments))  # type: ignore[arg-type]
    assert {path.name for path in tmp_path.rglob("*")} == {"file", "taken"}
