"""The loop that serves an environment: limits, refusals, and clients that are no clients."""

import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from actors.gym_remote.channels import BoolChannel
from actors.gym_remote.client import Client, RemoteEnv
from actors.gym_remote.errors import (
    GymRemoteError,
    ProtocolError,
    ResetRefusedError,
    ServerDisconnectError,
    TimestepLimitError,
    WallClockLimitError,
)
from actors.gym_remote.server import Server, serve
from tests.actors.gym_remote import counting
from tests.actors.gym_remote.both_sides import SECONDS, RawClient, Served, raw_server
from tests.actors.gym_remote.counting import EPISODE_STEPS, LIMIT, Counting, play
from tests.descriptors import open_descriptors

pytestmark = pytest.mark.slow

NOTHING = [0] * 12
_LIMIT_SECONDS = 2.0
"""In which a client connects, on any machine."""


@pytest.fixture
def directory() -> Iterator[Path]:
    """With a short path, as sockets need; empty again at the end, for servers take away what they made."""
    with tempfile.TemporaryDirectory() as directory:
        yield Path(directory)
        assert os.listdir(directory) == []


def test_episodes_until_the_limit_of_requests(directory: Path) -> None:
    served = Served(directory, timestep_limit=LIMIT)
    assert play(str(directory)) == served.steps() == LIMIT
    assert served.env.calls[:2] == ["reset", [1, *[0] * 11]]
    assert len(served.env.calls) == LIMIT


def test_the_limit_is_told_again_and_again(directory: Path) -> None:
    served = Served(directory, timestep_limit=1)
    env = RemoteEnv(str(directory))
    env.reset()
    for _ in range(2):
        with pytest.raises(GymRemoteError) as caught:
            env.step(NOTHING)
    assert isinstance(caught.value, TimestepLimitError | ServerDisconnectError)
    env.close()
    assert served.steps() == 1


def test_a_reset_inside_an_episode_is_refused_and_the_episode_goes_on(directory: Path) -> None:
    served = Served(directory)
    with RemoteEnv(str(directory)) as env:
        with pytest.raises(ResetRefusedError, match="no episode is under way"):
            env.step(NOTHING)
        env.reset()
        env.step(NOTHING)
        with pytest.raises(ResetRefusedError, match="the episode is not over"):
            env.reset()
        for step in range(2, EPISODE_STEPS + 1):
            ob, _, done, _ = env.step(NOTHING)
            assert (ob == step).all()
        assert done
        with pytest.raises(ResetRefusedError, match="no episode is under way"):
            env.step(NOTHING)
        assert not env.reset().any()
    # Refused requests are none.
    assert served.steps() == 1 + EPISODE_STEPS + 1
    assert served.env.calls == ["reset", *[NOTHING] * EPISODE_STEPS, "reset"]


def test_resets_at_any_time_where_it_is_no_contest(directory: Path) -> None:
    served = Served(directory, contest_resets=False)
    with RemoteEnv(str(directory)) as env:
        for _ in range(3):
            env.reset()
            env.step(NOTHING)
    assert served.steps() == 6


def test_no_client_within_the_time(directory: Path) -> None:
    assert Served(directory, wall_clock_limit=0.05).steps() == 0


def test_the_time_ends_while_the_client_thinks(directory: Path) -> None:
    served = Served(directory, wall_clock_limit=_LIMIT_SECONDS)
    with RemoteEnv(str(directory)) as env:
        env.reset()
        assert served.steps() == 1
        with pytest.raises(WallClockLimitError):
            env.step(NOTHING)


def test_the_time_ends_while_the_client_does_not_read(directory: Path) -> None:
    served = Served(directory, wall_clock_limit=_LIMIT_SECONDS)
    client = RawClient(directory)
    client.flood(b'{"type": "update", "content": {"reset": true}}\f')
    served.steps()
    client.close()


def test_the_time_ends_although_more_has_come(directory: Path) -> None:
    class Slow(Counting):
        def reset(self) -> Any:
            time.sleep(_LIMIT_SECONDS)
            return super().reset()

    served = Served(directory, Slow(), wall_clock_limit=_LIMIT_SECONDS)
    client = RawClient(directory)
    client.send(
        b'{"type": "update", "content": {"reset": true}}\f' + 99 * b'{"type": "update", "content": {"ac": 0}}\f'
    )
    assert client.next()["type"] == "update"
    assert client.next()["content"]["exception"] == WallClockLimitError.number
    client.close()
    assert served.steps() == 1


def test_a_client_that_goes_without_a_word(directory: Path) -> None:
    served = Served(directory)
    client = RawClient(directory)
    client.update(reset=True)
    client.close()
    assert served.steps() == 1


def test_a_client_that_goes_in_the_middle_of_a_message(directory: Path) -> None:
    served = Served(directory)
    client = RawClient(directory)
    client.update(reset=True)
    client.send(b'{"type": "update", "content": {"a')
    client.close()
    assert served.steps() == 1


@pytest.mark.parametrize("in_time", [True, False], ids=["in time", "never"])
def test_a_client_looks_for_its_server(directory: Path, in_time: bool) -> None:
    if not in_time:
        with pytest.raises(ServerDisconnectError, match="no server is at"):
            RemoteEnv(str(directory), seconds=0.05)
        return
    with ThreadPoolExecutor(1) as pool:
        played = pool.submit(play, str(directory))
        assert Served(directory, timestep_limit=LIMIT).steps() == LIMIT
        assert played.result(SECONDS) == LIMIT


def test_messages_come_in_any_pieces(directory: Path) -> None:
    served = Served(directory)
    client = RawClient(directory)
    for byte in b'{"type": "update", "content": {"reset": true}}\f':
        client.send(bytes([byte]))
    assert client.next()["content"] == {"ob": True, "reward": 0.0, "done": False, "reset": False}
    client.send(b'{"type": "update", "content": {"ac": 5}}\f{"type": "update", "content": {"ac": 7}}\f')
    assert [client.next()["content"]["reward"] for _ in range(2)] == [2.5, 3.5]
    # An action that is not told again is the last one.
    assert client.update()["content"] == {"ob": True, "reward": 3.5, "done": True}
    client.close()
    assert served.steps() == 4


def _update(**values: Any) -> bytes:
    return json.dumps({"type": "update", "content": values}).encode()


HOSTILE = {
    "no JSON": b"hello",
    "no UTF-8": b"\xff\xfe",
    "empty": b"",
    "a list": b"[]",
    "no content": b'{"type": "update"}',
    "more than content": b'{"type": "update", "content": {}, "more": 1}',
    "unknown type": b'{"type": "fly", "content": {}}',
    "type of a wrong type": b'{"type": {}, "content": {}}',
    "content of a wrong type": b'{"type": "update", "content": 5}',
    "a description": b'{"type": "description", "content": {}}',
    "an exception": b'{"type": "exception", "content": {"exception": 1, "reason": ""}}',
    "deep nesting": b"[" * 60000,
    "deep nesting inside": b'{"type": "update", "content": ' + b'{"a":' * 12000,
    "too long": b" " * 70000,
    "a number of 60,000 digits": b'{"type": "update", "content": {"ac": ' + b"9" * 60000 + b"}}",
    "unknown channel": _update(nothing=1),
    "a path": _update(**{"../../etc/passwd": True}),
    "NaN": b'{"type": "update", "content": {"reset": true, "reward": NaN}}',
    "action as text": _update(reset=True, ac="1"),
    "action as a list": _update(reset=True, ac=[1]),
    "action below 0": _update(reset=True, ac=-1),
    "action too large": _update(reset=True, ac=4096),
    "huge action": _update(reset=True, ac=10**400),
    "fraction": _update(reset=True, ac=1.0),
    "yes as an action": _update(reset=True, ac=True),
    "no action": _update(reset=True, ac=None),
    "reset as a number": _update(reset=1),
    "array in a message": _update(reset=True, ob=[1, 2]),
}


@pytest.mark.parametrize("message", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_message_is_refused_without_effect(message: bytes, directory: Path) -> None:
    before = open_descriptors()
    served = Served(directory)
    client = RawClient(directory)
    client.send(message + b"\f")
    answer = client.next()
    client.close()
    assert answer["type"] == "close"
    assert answer["content"]["exception"] == 0
    with pytest.raises(ProtocolError) as caught:
        served.steps()
    assert len(str(caught.value)) < 300
    assert served.env.calls == []
    assert open_descriptors() == before


def test_a_message_without_end_is_not_kept(directory: Path) -> None:
    served = Served(directory)
    client = RawClient(directory)
    client.flood(b" " * 4096)
    with pytest.raises(ProtocolError, match="a message of more than 65,536 bytes"):
        served.steps()
    client.close()


def test_a_step_without_an_action_is_refused(directory: Path) -> None:
    served = Served(directory)
    client = RawClient(directory)
    client.update(reset=True)
    assert client.update()["type"] == "close"
    with pytest.raises(ProtocolError, match="a step without an action"):
        served.steps()
    client.close()


def test_a_file_that_the_client_cut_is_refused(directory: Path) -> None:
    served = Served(directory, Counting(buttons=70))
    client = RawClient(directory)
    client.update(reset=True)
    os.truncate(directory / "ac", 10)
    assert client.update(ac=True)["type"] == "close"
    with pytest.raises(ProtocolError, match="channel ac: a file of 10 bytes where there were 70"):
        served.steps()
    client.close()


def test_an_environment_that_fails_is_told(directory: Path) -> None:
    class Failing(Counting):
        def step(self, action: Any) -> Any:
            raise ZeroDivisionError("the emulator is gone")

    served = Served(directory, Failing())
    with RemoteEnv(str(directory)) as env:
        env.reset()
        with pytest.raises(GymRemoteError, match="the environment has failed: the emulator is gone"):
            env.step(NOTHING)
    with pytest.raises(ZeroDivisionError):
        served.steps()


def test_only_the_user_can_come_in(directory: Path) -> None:
    served = Served(directory)
    with RemoteEnv(str(directory)):
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
        assert modes == {"sock": 0o600, "ob": 0o600}
    served.steps()


def test_a_second_server_does_not_disturb_the_first(directory: Path) -> None:
    served = Served(directory, timestep_limit=LIMIT)
    while not (directory / "ob").exists():
        pass
    with pytest.raises(OSError, match="another server is there"):
        Server(str(directory), {"reset": BoolChannel()})
    assert play(str(directory)) == served.steps() == LIMIT


def test_another_s_server_is_left_alone(directory: Path) -> None:
    with raw_server(directory), pytest.raises(OSError, match="another server is there"):
        serve(_hosted(), str(directory))


def test_a_server_in_place_of_one_that_was_killed(directory: Path) -> None:
    words = [sys.executable, counting.__file__, "serve", str(directory)]
    with subprocess.Popen(words, env=_environment()) as killed:
        RawClient(directory).close()
        killed.wait(SECONDS)
    with subprocess.Popen(words, env=_environment()) as killed:
        client = RawClient(directory)
        killed.kill()
        killed.wait(SECONDS)
        client.close()
    assert {path.name for path in directory.iterdir()} == {"sock", "ob"}
    served = Served(directory, timestep_limit=LIMIT)
    assert play(str(directory)) == served.steps() == LIMIT


def test_a_link_in_place_of_a_channel_is_replaced_and_not_followed(directory: Path, tmp_path_factory: Any) -> None:
    target = tmp_path_factory.mktemp("elsewhere") / "precious"
    target.write_text("precious")
    (directory / "ob").symlink_to(target)
    assert Served(directory, wall_clock_limit=0.05).steps() == 0
    assert target.read_text() == "precious"


@pytest.mark.parametrize("kind", ["missing", "a file", "too long", "blocked"])
def test_a_directory_that_cannot_be_used(kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    directory = Path() / {"too long": "d" * 110}.get(kind, "d")
    messages = {
        "missing": "No such file",
        "a file": "Not a directory",
        "too long": "107 bytes",
        "blocked": "Is a directory",
    }
    if kind == "a file":
        directory.write_text("")
    elif kind != "missing":
        directory.mkdir()
    if kind == "blocked":
        (directory / "ob").mkdir()
    with pytest.raises(OSError, match=messages[kind]):
        serve(_hosted(), str(directory))
    if kind == "blocked":
        assert [path.name for path in directory.iterdir()] == ["ob"]
    if kind == "too long":
        with pytest.raises(ServerDisconnectError, match="107 bytes"):
            Client(str(directory), 1)


def test_a_socket_that_is_no_server_s_is_not_taken_for_one(directory: Path) -> None:
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as left:
        left.bind(str(directory / "sock"))
    assert Served(directory, wall_clock_limit=0.05).steps() == 0


PYTHON = os.environ.get("SONIC_WORLDS_GYM_RETRO_PYTHON")


@pytest.mark.skipif(
    PYTHON is None and os.environ.get("SONIC_WORLDS_GYM_RETRO") != "required",
    reason="SONIC_WORLDS_GYM_RETRO_PYTHON names no Python 3.8",
)
@pytest.mark.parametrize("theirs", ["serve", "play"])
def test_the_other_side_can_be_python_3_8(theirs: str, directory: Path) -> None:
    assert PYTHON, "SONIC_WORLDS_GYM_RETRO_PYTHON names no Python 3.8"
    words = [PYTHON, counting.__file__, theirs, str(directory)]
    with subprocess.Popen(words, env=_environment(), stdout=subprocess.PIPE, text=True) as other:
        ours = play(str(directory)) if theirs == "serve" else Served(directory, timestep_limit=LIMIT).steps()
        assert other.communicate(timeout=SECONDS)[0] == f"{LIMIT}\n"
    assert ours == LIMIT


def _hosted() -> Any:
    from actors.gym_remote.server import Hosted

    return Hosted(Counting())


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
