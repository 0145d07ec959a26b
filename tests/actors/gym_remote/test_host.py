"""The host program, with the real library and a real client."""

import csv
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from actors.emulation.emulator import Emulator
from actors.games.games import WINDUP, actions_of
from actors.gym_remote.client import RemoteEnv
from actors.gym_remote.errors import ResetRefusedError, ServerDisconnectError, TimestepLimitError, WallClockLimitError
from tests import gym_retro
from windup.game import BUTTONS

pytestmark = pytest.mark.slow

DEADLY = "Clockwork.Act3"
"""Where one who holds right dies after 37 steps."""
RIGHT = np.isin(BUTTONS, "RIGHT").astype(np.uint8)
_SECONDS = 60.0


@contextmanager
def _host(directory: Path, *words: object, python: str = sys.executable) -> Iterator["subprocess.Popen[str]"]:
    command = [python, "-m", "actors.gym_remote.host", *map(str, words), "--dir", str(directory)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    ) as host:
        try:
            yield host
        finally:
            host.kill()


def _hold_right(remote: RemoteEnv) -> None:
    """For ever."""
    while True:
        remote.reset()
        while not remote.step(RIGHT)[2]:
            pass


def _refused(tmp_path: Path, *words: object) -> str:
    with _host(tmp_path / "d", *words) as host:
        _, printed = host.communicate(timeout=_SECONDS)
    assert host.returncode == 2
    return printed


def _lines(file: Path) -> list[dict[str, str]]:
    with file.open() as opened:
        return list(csv.DictReader(opened))


@pytest.mark.parametrize("library", ["stable_retro", "retro"])
def test_a_contest_has_sticky_actions_movies_and_a_log(tmp_path: Path, library: str) -> None:
    python = gym_retro.python() if library == "retro" else sys.executable
    local, sticky = Emulator(WINDUP, actions_of(WINDUP)), random.Random(5)
    right = actions_of(WINDUP).index(("RIGHT",))
    words = [WINDUP, DEADLY, "--library", library, "--seed", 5, "--steps", 130]
    words += ["--movies", tmp_path / "movies", "--log", tmp_path / "log"]
    with _host(tmp_path, *words, python=python) as host, RemoteEnv(str(tmp_path)) as remote:
        returns, lengths = [], []
        for _ in range(2):
            local.reset(DEADLY)
            assert np.array_equal(remote.reset(), local.screen())
            with pytest.raises(ResetRefusedError):
                remote.reset()
            done, rewards = False, []
            while not done:
                reward, done, _ = local.step(right, sticky.random() < 0.25)
                screen, *outcome, _ = remote.step(RIGHT)
                assert outcome == [reward, done]
                assert np.array_equal(screen, local.screen())
                rewards.append(reward)
            with pytest.raises(ResetRefusedError):
                remote.step(RIGHT)
            returns.append(sum(rewards))
            lengths.append(len(rewards))
        with pytest.raises(TimestepLimitError):
            _hold_right(remote)
        assert host.wait(_SECONDS) == 0
    monitor = _lines(tmp_path / "log" / "monitor.csv")
    assert [(float(line["r"]), int(line["l"])) for line in monitor][:2] == list(zip(returns, lengths, strict=True))
    assert all(float(line["t"]) > 0 for line in monitor)
    assert (tmp_path / "log" / "log.csv").read_text() == "l,t\n"
    assert len(list((tmp_path / "movies").glob("*.bk2"))) == len(monitor) + 1
    assert all(float(line["r"]) and int(line["l"]) for line in monitor)
    # Nothing of the server is left.
    assert {path.name for path in tmp_path.iterdir()} == {"movies", "log"}


def test_an_episode_under_way_at_the_end_is_told_if_it_is_the_only_one(tmp_path: Path) -> None:
    with _host(tmp_path, WINDUP, DEADLY, "--log", tmp_path / "log", "--seconds", 600) as host:
        with RemoteEnv(str(tmp_path)) as remote:
            remote.reset()
            gained = [remote.step(RIGHT)[1] for _ in range(20)]
        # The client has gone.
        assert host.wait(_SECONDS) == 0
    (line,) = _lines(tmp_path / "log" / "monitor.csv")
    assert (float(line["r"]), int(line["l"])) == (sum(gained), 20)


def test_the_time_can_be_over(tmp_path: Path) -> None:
    with _host(tmp_path, WINDUP, DEADLY, "--seconds", 4) as host, RemoteEnv(str(tmp_path)) as remote:
        remote.reset()
        assert host.wait(_SECONDS) == 0
        with pytest.raises(WallClockLimitError):
            remote.step(RIGHT)


def test_a_host_that_is_told_to_end_ends_in_good_order(tmp_path: Path) -> None:
    with _host(tmp_path, WINDUP, DEADLY, "--movies", tmp_path / "movies") as host, RemoteEnv(str(tmp_path)) as remote:
        remote.reset()
        host.send_signal(signal.SIGTERM)
        assert host.wait(_SECONDS) == 130
        with pytest.raises(ServerDisconnectError):
            remote.step(RIGHT)
    assert {path.name for path in tmp_path.iterdir()} == {"movies"}


def test_for_actors_it_plays_any_level_and_resets_at_any_time(tmp_path: Path) -> None:
    with _host(tmp_path, WINDUP, "--training"), RemoteEnv(str(tmp_path)) as remote:
        names = remote.channels["level"].annotations["names"].split()
        assert len(names) == len({*names}) == int(remote.channels["level"].annotations["n"])
        assert DEADLY in names
        first = remote.reset()
        remote.step(RIGHT)
        assert np.array_equal(remote.reset(), first)


def test_a_game_of_gym_retro_s_has_the_name_that_stable_retro_gives_it(tmp_path: Path) -> None:
    python = gym_retro.python()
    local = Emulator("Airstriker-Genesis-v0", actions_of("Airstriker-Genesis-v0"))
    local.reset("Level1")
    words = ["Airstriker-Genesis-v0", "Level1"]
    with _host(tmp_path, *words, python=python), RemoteEnv(str(tmp_path)) as remote:
        assert np.array_equal(remote.reset(), local.screen())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["Nope-Genesis-v0", "A"], "error: there is no game Nope-Genesis-v0\n"),
        (["../Windup-Genesis-v0", DEADLY], "error: there is no game ../Windup-Genesis-v0\n"),
        ([WINDUP, "Nope"], f"error: {WINDUP} has no state Nope\n"),
        (
            ["SonicTheHedgehog-Genesis-v0", "GreenHillZone.Act1"],
            "error: no ROM of SonicTheHedgehog-Genesis-v0 is imported",
        ),
    ],
)
def test_a_game_that_cannot_be_had_is_told_in_one_line(tmp_path: Path, words: list[str], message: str) -> None:
    printed = _refused(tmp_path, *words)
    assert printed.startswith(message)
    assert printed.count("\n") == 1
    assert not (tmp_path / "d").exists()


def test_a_library_that_is_not_there_is_told(tmp_path: Path) -> None:
    with _host(tmp_path, WINDUP, DEADLY, "--library", "stable_retro", python=gym_retro.python()) as host:
        _, printed = host.communicate(timeout=_SECONDS)
    assert host.returncode == 2
    assert printed.startswith("error: --library stable_retro: this Python has it not: ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([WINDUP], "a contest needs a STATE"),
        ([WINDUP, DEADLY, "--steps", "0"], "0 is not above 0"),
        ([WINDUP, "--training", "--seed", "1"], "--training has no --log and no --seed"),
    ],
)
def test_arguments_that_go_together_in_no_way(tmp_path: Path, words: list[str], message: str) -> None:
    assert message in _refused(tmp_path, *words)
