"""The agent's side against servers that are none."""

import json
import os
import socket
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from actors.gym_remote.client import Client, RemoteEnv
from actors.gym_remote.connection import Connection
from actors.gym_remote.errors import GymRemoteError, ProtocolError, ResetRefusedError, ServerDisconnectError
from tests.actors.gym_remote.both_sides import SECONDS, raw_server
from tests.descriptors import open_descriptors

pytestmark = pytest.mark.slow

DESCRIPTION: dict[str, Any] = {
    "ac": ["int", None, {"type": "Discrete", "n": "3"}],
    "ob": ["np", '(2, 3), dtype("|u1")', {"type": "Box", "shape": "(2, 3)"}],
    "reward": ["float", None, {}],
    "done": ["bool", None, {}],
    "reset": ["bool", None, {}],
}
ANSWER = {"ob": True, "reward": 1.5, "done": False}


def _message(kind: str, content: object) -> bytes:
    return json.dumps({"type": kind, "content": content}).encode() + b"\f"


def _described(**changes: object) -> bytes:
    content = {name: value for name, value in {**DESCRIPTION, **changes}.items() if value is not ...}
    return _message("description", content)


HOSTILE = {
    "no JSON": b"hello\f",
    "an update first": _message("update", {}),
    "a list": _message("description", []),
    "no channels": _message("description", {}),
    "one missing": _described(done=...),
    "too many": _described(**{f"c{i}": ["bool", None, {}] for i in range(40)}),
    "code": _described(more=["np", '(open("pwned", "w"),), dtype("|u1")', {}]),
    "a path": _described(**{"../pwned": ["np", '(2, 3), dtype("|u1")', {}]}),
    "the socket": _described(sock=["np", '(2, 3), dtype("|u1")', {}]),
    "10 GB": _described(ob=["np", '(100000, 100000), dtype("|u1")', {}]),
    "no file": _described(more=["np", '(2, 3), dtype("|u1")', {}]),
    "file of another size": _described(ob=["np", '(2, 4), dtype("|u1")', {}]),
    "a symbolic link": _described(link=["np", '(8,), dtype("|u1")', {}]),
    "a hard link": _described(hard=["np", '(8,), dtype("|u1")', {}]),
    "a folder": _described(folder=["np", '(4096,), dtype("|u1")', {}]),
    "a pipe": _described(pipe=["np", '(8,), dtype("|u1")', {}]),
    "too long": b" " * 70000 + b"\f",
}


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With a short path, as sockets need."""
    monkeypatch.chdir(tmp_path)
    directory = Path("d")
    directory.mkdir()
    (directory / "ob").write_bytes(bytes(6))
    return directory


@pytest.mark.parametrize("message", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_description_is_refused_without_effect(message: bytes, directory: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / "another").write_bytes(b"precious")
    (directory / "link").symlink_to(tmp_path / "another")
    os.link(tmp_path / "precious", directory / "hard")
    (directory / "folder").mkdir()
    os.mkfifo(directory / "pipe")
    before = _files(tmp_path)
    descriptors = open_descriptors()
    with raw_server(directory, message) as said, pytest.raises(ProtocolError) as raised:
        Client(str(directory), SECONDS)
    assert _files(tmp_path) == before
    assert open_descriptors() == descriptors
    output = json.loads(b"".join(said).rstrip(b"\f"))
    assert output == {"type": "close", "content": {"reason": str(raised.value)}}


def _files(folder: Path) -> dict[Path, int]:
    """When each was written."""
    return {path: path.lstat().st_mtime_ns for path in folder.rglob("*") if not path.is_dir()}


ANSWERS = {
    "no observation": (_message("update", {"reward": 0, "done": False}), ProtocolError, "without ob"),
    "unknown channel": (_message("update", {**ANSWER, "../x": 1}), ProtocolError, "no channel has the name"),
    "reward as text": (_message("update", {**ANSWER, "reward": "1"}), ProtocolError, "channel reward"),
    "reward NaN": (b'{"type": "update", "content": {"reward": NaN}}\f', ProtocolError, "channel reward"),
    "no reward": (_message("update", {"ob": True, "done": False}), ProtocolError, "without reward"),
    "a description": (_described(), ProtocolError, "a message description where an update was expected"),
    "error number 6": (_message("close", {"exception": 6, "reason": None}), ProtocolError, "none of 0 to 5"),
    "error -1": (_message("exception", {"exception": -1, "reason": None}), ProtocolError, "none of 0 to 5"),
    "error as text": (_message("close", {"exception": "1", "reason": None}), ProtocolError, "none of 0 to 5"),
    "error list": (_message("close", [1]), ProtocolError, "must be an object"),
    "reason list": (_message("close", {"exception": 1, "reason": [1]}), ProtocolError, "must be text"),
    "half a message": (b'{"type": "upd', ServerDisconnectError, "closed the connection"),
    "nothing": (b"", ServerDisconnectError, "closed the connection"),
    "a close without number": (_message("close", {"reason": None}), ServerDisconnectError, "The server has gone"),
    "an early close": (_message("close", None), ServerDisconnectError, "The server has gone"),
    "any error": (_message("close", {"reason": "because", "exception": 0}), GymRemoteError, "because"),
}


@pytest.mark.parametrize(("message", "error", "output"), ANSWERS.values(), ids=ANSWERS)
def test_a_wrong_answer_is_an_error(message: bytes, error: type[GymRemoteError], output: str, directory: Path) -> None:
    with raw_server(directory, _described(), message), RemoteEnv(str(directory)) as env:
        with pytest.raises(error, match=output) as raised:
            env.step(1)
        assert type(raised.value) is error


def test_a_file_that_the_server_cut_is_refused(directory: Path) -> None:
    with raw_server(directory, _described(), _message("update", ANSWER)), RemoteEnv(str(directory)) as env:
        os.truncate(directory / "ob", 5)
        with pytest.raises(ProtocolError, match="a file of 5 bytes where there were 6"):
            env.step(1)


def test_the_update_behind_an_exception_of_openai_s_server_answers_nothing(directory: Path) -> None:
    refused = _message("exception", {"reason": None, "exception": 5})
    stale, fresh = (_message("update", {**ANSWER, "reward": reward}) for reward in (1.0, 2.0))
    with raw_server(directory, _described(), refused, stale, fresh), RemoteEnv(str(directory)) as env:
        with pytest.raises(ResetRefusedError):
            env.reset()
        assert env.step(1)[1] == 2.0


def test_a_server_that_says_nothing(directory: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(directory / "sock"))
        listener.listen(1)
        with pytest.raises(ServerDisconnectError, match="another client may be there"):
            Client(str(directory), 0.05)


def test_an_answer_is_waited_for_no_longer_than_asked(directory: Path) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        connection = Connection(ours)
        with pytest.raises(TimeoutError):
            connection.receive(0.01)
        theirs.sendall(b'{"type": "update", ')
        with pytest.raises(TimeoutError):
            connection.receive(0.01)
        # What came in time is not lost.
        theirs.sendall(b'"content": 1}\f')
        assert connection.receive(0.01) == ("update", 1)
        with pytest.raises(TimeoutError):
            connection.send("update", "x" * 2**24, 0.01)
        connection.close()


def test_a_long_message_arrives_whole() -> None:
    ours, theirs = map(Connection, socket.socketpair())
    got: list[Any] = []
    reader = Thread(target=lambda: got.extend(theirs.receive(SECONDS) for _ in range(20)))
    reader.start()
    for i in range(20):
        ours.send("update", [i, "x" * 60000], SECONDS)
    reader.join(SECONDS)
    assert got == [("update", [i, "x" * 60000]) for i in range(20)]
    ours.close()
    theirs.close()
