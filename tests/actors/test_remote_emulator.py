"""Emulators that other programs host, beside local ones."""

import gc
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from actors.emulation.emulator import EmulatorError
from actors.emulation.emulator_pool import EmulatorPool, EmulatorPoolError
from actors.emulation.hosts import CommandError, Hosts, check_command
from actors.emulation.settings import EmulatorSettings
from actors.games.games import WINDUP, actions_of
from actors.games.levels import Level
from actors.gym_remote.errors import ResetRefusedError, ServerDisconnectError, TimestepLimitError
from tests import gym_retro
from tests.descriptors import open_descriptors

pytestmark = pytest.mark.slow

LEVELS = [Level(WINDUP, state) for state in ("Clockwork.Act3", "Playroom.Act1", "Attic.Act4")]
"""One who holds right dies in the first after 37 steps, and in the last after 40."""
RIGHT = np.array([actions_of(WINDUP).index(("RIGHT",))])
CONTEST = f"{shlex.quote(sys.executable)} -m actors.gym_remote.host {{game}} {{state}} --dir {{dir}} --seed {{seed}}"


def _in_turn() -> Callable[[int], Level]:
    turns = [0, 0]

    def next_level(emulator: int) -> Level:
        turns[emulator] += 1
        return LEVELS[(turns[emulator] + emulator) % len(LEVELS)]

    return next_level


def _pool(
    hosts: Hosts | None, n: int = 1, next_level: Callable[[int], Level] | None = None, **settings: object
) -> EmulatorPool:
    """Local emulators without hosts."""
    kind = "local" if hosts is None else "gym-remote" if hosts.directory is None else "attached"
    of_hosts = {"host_command": hosts and hosts.command, "server": hosts and hosts.directory}
    rules = EmulatorSettings(**{"kind": kind, "timeout_s": 20.0, "stuck_steps": None, **of_hosts, **settings})  # type: ignore[arg-type]
    return EmulatorPool([WINDUP] * n, next_level or (lambda i: LEVELS[1]), rules, 3)


def _assert_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 20
    while (left := list(filter(psutil.pid_exists, pids))) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left


def _left_in_temporary() -> set[str]:
    return {name for name in os.listdir(os.environ["TMPDIR"]) if name.startswith("sw-")}


@pytest.mark.parametrize("library", ["stable_retro", "retro"])
def test_it_plays_as_a_local_one_does(library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames, rewards, ends and positions over several levels, with the same actions and sticky draws."""
    # Where a host finds our code only because it is told where.
    monkeypatch.chdir(tmp_path)
    command = gym_retro.host_command() if library == "retro" else None
    rng = np.random.default_rng(1)
    before = _left_in_temporary()
    with (
        _pool(None, 2, _in_turn(), max_episode_steps=45) as local,
        _pool(Hosts(command), 2, _in_turn(), max_episode_steps=45) as remote,
    ):
        # Both have the files open.
        assert _left_in_temporary() == before
        pids = remote.pids
        terminated = 0
        for _ in range(140):
            actions = np.where(rng.random(2) < 0.8, RIGHT, rng.integers(0, 10, 2))
            expected, step = local.step(actions), remote.step(actions)
            for name in expected.__dataclass_fields__:
                assert np.array_equal(getattr(step, name), getattr(expected, name)), name
            assert remote.levels == local.levels
            terminated += step.terminated.sum()
        assert terminated
        # Another level needs no other process.
        assert remote.pids == pids
        assert remote.restarts_total == 0
    _assert_gone(pids)


@pytest.mark.parametrize("harm", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
def test_a_dead_or_hung_host_is_replaced(harm: signal.Signals) -> None:
    before = _left_in_temporary()
    with _pool(Hosts(), timeout_s=3.0 if harm == signal.SIGSTOP else 20.0) as pool:
        opening = pool.reset().copy()
        pids = pool.pids
        os.kill(pids[0], harm)
        assert pool.step(RIGHT).replaced[0]
        step = pool.step(RIGHT)
        assert step.first[0]
        assert np.array_equal(step.frames, opening)
        assert pool.restarts_total == 1
        assert pool.pids != pids
        _assert_gone(pids)
    assert _left_in_temporary() == before


_GARBAGE = """
import os, pathlib, socket, sys
directory, mark, *host = sys.argv[1:]
if pathlib.Path(mark).exists():
    os.execv(host[0], host)
pathlib.Path(mark).touch()
from actors.gym_remote.host import RetroGame, TrainingHosted
from actors.gym_remote.retro_game import INTEGRATIONS
from actors.gym_remote.server import Server
hosted = TrainingHosted(RetroGame("stable_retro", "Windup-Genesis-v0", None, INTEGRATIONS, True), None)
server = Server(directory, hosted.channels)
server.accept(None)
server.send(hosted.reset(server.receive(None)), None)
server.receive(None)
server._connection._socket.send(eval(os.environ["GARBAGE"]))
server.receive(None)
"""


@pytest.mark.parametrize(
    "sent",
    [
        b"\0\xff\f",
        b'{"type": "update", "content": {"ob": true}}\f',
        b'{"type": "update", "content": {"ob": true, "reward": 1e300, "done": false}}\f',
        b'{"type": "update", "content": {"ob": true, "reward": 1, "done": false, "frames": 9999999999}}\f',
        b'{"type": "close", "content": {"reason": "no"}}\f',
    ],
    ids=["no JSON", "no reward", "too much reward", "too many frames", "close"],
)
def test_a_host_that_speaks_nonsense_is_replaced(tmp_path: Path, sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GARBAGE", repr(sent))
    (tmp_path / "garbage.py").write_text(_GARBAGE)
    words = [sys.executable, tmp_path / "garbage.py", "{dir}", tmp_path / "mark"]
    words += [sys.executable, "-m", "actors.gym_remote.host", "{game}", "--dir", "{dir}", "--training"]
    with _pool(Hosts(shlex.join(map(str, words)))) as pool:
        opening = pool.reset().copy()
        assert pool.step(RIGHT).replaced[0]
        step = pool.step(RIGHT)
        assert step.first[0]
        assert np.array_equal(step.frames, opening)
        assert not pool.step(RIGHT).replaced[0]
        assert pool.restarts_total == 1


def test_what_a_host_has_started_ends_with_it(tmp_path: Path) -> None:
    host = f"{shlex.quote(sys.executable)} -m actors.gym_remote.host $0 --dir $1 --training"
    shell = f"sleep 600 & echo $! > {tmp_path}/sleeper; {host}; wait"
    with _pool(Hosts(shlex.join(["sh", "-c", shell, "{game}", "{dir}"]))) as pool:
        pool.reset()
        sleeper = int((tmp_path / "sleeper").read_text())
        assert psutil.pid_exists(sleeper)
    _assert_gone([sleeper])


def test_a_contest_s_host_is_started_for_each_change_of_level() -> None:
    """It draws the sticky actions itself, and refuses to leave an episode: then it is replaced."""
    levels = iter([LEVELS[0], LEVELS[0], LEVELS[1], LEVELS[1]])
    with _pool(Hosts(CONTEST), next_level=lambda i: next(levels), max_episode_steps=60) as pool:
        pids, firsts = [], []
        for _ in range(4):
            step = pool.step(RIGHT)
            assert step.first[0]
            pids.append(pool.pids[0])
            firsts.append(step.frames.copy())
            while not (step.terminated[0] or step.truncated[0]):
                step = pool.step(RIGHT)
                assert step.frames_run[0] == 4
                assert step.positions.tolist() == [[-1, -1]]
        died, again, other, left = pids
        assert died == again
        assert len({again, other, left}) == 3
        assert np.array_equal(firsts[0], firsts[1])
        assert np.array_equal(firsts[2], firsts[3])
        assert not np.array_equal(firsts[0], firsts[2])
        assert pool.restarts_total == 1
    _assert_gone(pids)


def test_hosts_draw_from_seeds_of_their_own() -> None:
    with _pool(Hosts(CONTEST), 2) as pool, _pool(Hosts(CONTEST), 2) as again:
        words = [psutil.Process(pid).cmdline() for pid in [*_playing(pool), *_playing(again)]]
    seeds = [each[each.index("--seed") + 1 :] for each in words]
    assert seeds[:2] == seeds[2:]
    assert seeds[0] != seeds[1]


def _playing(pool: EmulatorPool) -> list[int]:
    pool.reset()
    return pool.pids


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The directory of a contest of 30 requests."""
    words = [sys.executable, "-m", "actors.gym_remote.host", WINDUP, LEVELS[1].state]
    with subprocess.Popen([*words, "--dir", str(tmp_path), "--steps", "30"]) as host:
        try:
            yield str(tmp_path)
        finally:
            host.kill()


def test_attached_to_a_server_it_plays_to_the_end_of_the_contest(server: str) -> None:
    with _pool(Hosts(directory=server)) as pool:
        pool.reset()
        for _ in range(29):
            pool.step(RIGHT)
        assert pool.pids == [0]
        with pytest.raises(TimestepLimitError):
            pool.step(RIGHT)


def test_attached_to_a_server_a_refused_reset_is_told(server: str) -> None:
    with _pool(Hosts(directory=server), max_episode_steps=2) as pool:
        pool.reset()
        pool.step(RIGHT)
        assert pool.step(RIGHT).truncated[0]
        with pytest.raises(ResetRefusedError):
            pool.step(RIGHT)


def test_where_no_server_is_none_is_attached_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.emulation.emulator_pool._BOOT_SECONDS", 0.1)
    with pytest.raises(ServerDisconnectError):
        _pool(Hosts(directory=str(tmp_path)))


@pytest.mark.parametrize(
    ("command", "error", "message"),
    [
        ("no-such-program {dir}", EmulatorError, "there is no program no-such-program"),
        (
            f"{CONTEST.replace('{state}', LEVELS[0].state)}",
            EmulatorError,
            "no channel `level` that lists states by name",
        ),
        (
            CONTEST.replace("{game}", "Nope").replace("{state}", "--training").replace("--seed {seed}", ""),
            EmulatorPoolError,
            "(?s)emulator 0 of Windup-Genesis-v0 does not start.*error: there is no game Nope.*exit code 2",
        ),
    ],
    ids=["no program", "one level only", "no game"],
)
def test_hosts_that_cannot_be_used_are_told_and_nothing_is_left(
    command: str, error: type[Exception], message: str
) -> None:
    before, descriptors = _left_in_temporary(), open_descriptors()
    with pytest.raises(error, match=message):
        _pool(Hosts(command))
    gc.collect()
    assert _left_in_temporary() == before
    assert open_descriptors() == descriptors


def test_a_level_that_the_host_does_not_have_is_told() -> None:
    with _pool(Hosts(), next_level=lambda i: Level(WINDUP, "Nope")) as pool, pytest.raises(EmulatorError, match="Nope"):
        pool.reset()


_DISCRETE = """
import sys
from actors.gym_remote.channels import discrete
from actors.gym_remote.host import RetroGame, TrainingHosted
from actors.gym_remote.retro_game import INTEGRATIONS
from actors.gym_remote.server import serve
hosted = TrainingHosted(RetroGame("stable_retro", "Windup-Genesis-v0", None, INTEGRATIONS, True), None)
hosted.channels["ac"] = discrete(10)
serve(hosted, sys.argv[1])
"""


def test_actions_that_are_no_buttons_are_refused(tmp_path: Path) -> None:
    (tmp_path / "discrete.py").write_text(_DISCRETE)
    with pytest.raises(EmulatorError, match=r"actions are .*Discrete.*, not 12 buttons"):
        _pool(Hosts(shlex.join([sys.executable, str(tmp_path / "discrete.py"), "{dir}"])))


@pytest.mark.parametrize("stopped", [False, True], ids=["awake", "one stopped"])
def test_a_killed_owner_leaves_no_host(stopped: bool) -> None:
    script = f"""
import time
from actors.emulation.settings import EmulatorSettings
from actors.emulation.emulator_pool import EmulatorPool
from actors.emulation.hosts import Hosts
from actors.games.levels import Level
level = Level("{WINDUP}", "Playroom.Act1")
pool = EmulatorPool([level.game] * 2, lambda i: level, EmulatorSettings(kind="gym-remote"), 0)
pool.reset()
print(*pool.pids, flush=True)
time.sleep(600)
"""
    before = _left_in_temporary()
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        pids = [int(pid) for pid in owner.stdout.readline().split()]
        if stopped:
            os.kill(pids[0], signal.SIGSTOP)
        owner.kill()
    assert len(pids) == 2
    _assert_gone(pids)
    assert _left_in_temporary() == before


def test_a_command_s_words_are_never_a_shell_s() -> None:
    assert check_command("run '{game} x' --dir={dir};rm $HOME") == ["run", "{game} x", "--dir={dir};rm", "$HOME"]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("host {game}", r"without \{dir\} host and emulator cannot meet"),
        ("host {dir} {level}", r"\{level\} is no placeholder; there are \{game\}, \{state\}, \{dir\}, \{seed\}"),
        ("host {dir} {}", r"\{\} is no placeholder"),
        ("host '{dir}", "No closing quotation"),
        ("", "without"),
    ],
)
def test_a_command_that_cannot_start_hosts_is_refused(command: str, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        check_command(command)
