"""A game folder that a user wrote: each fault of it is told in one line, by every command and by `levels --check`."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors.games.game_check import folder_faults
from actors.games.games import library_folder
from actors.portable.game_files import GameFileError, read_state, rule_faults
from cluster.cli import main
from tests.runs import command
from windup.game import GAME, INTEGRATIONS

_OWN = INTEGRATIONS / GAME
_STATES = ("Garden.Act1.state", "Garden.Act2.state")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a game that can be played."""
    made = tmp_path / "stable" / "Mine-Genesis-v0"
    made.mkdir(parents=True)
    for name in ("rom.md", "rom.sha", "data.json", "scenario.json", *_STATES):
        shutil.copy(_OWN / name, made)
    return made


def _change(name: str, change: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    def apply(folder: Path) -> None:
        content = json.loads((folder / name).read_text())
        change(content)
        (folder / name).write_text(json.dumps(content))

    return apply


def _scenario(content: object) -> Callable[[Path], object]:
    return lambda folder: (folder / "scenario.json").write_text(json.dumps(content))


def _misspell(content: dict[str, Any]) -> None:
    variables = content["reward"]["variables"]
    variables["progess"] = variables.pop("progress")


def _script(folder: Path, text: str) -> None:
    (folder / "script.lua").write_text(text)
    rules = {"scripts": ["script.lua"], "reward": {"script": "lua:mine"}}
    (folder / "scenario.json").write_text(json.dumps(rules))


_FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no states": (
        lambda f: [(f / s).unlink() for s in _STATES],
        "there is no start state: a level is a file NAME.state",
    ),
    "no data": (lambda f: (f / "data.json").unlink(), "there is no data.json"),
    "no scenario": (lambda f: (f / "scenario.json").unlink(), "there is no scenario.json"),
    "no ROM": (lambda f: (f / "rom.md").unlink(), "there is no rom.md"),
    "another ROM": (
        lambda f: (f / "rom.md").write_bytes(b"hello"),
        "rom.md has the SHA-1 aaf4c61ddcc5e8a2dabede0f3b48",
    ),
    "no checksum": (
        lambda f: (f / "rom.sha").write_bytes(b"\xff"),
        "it must hold the ROM's SHA-1, 40 hexadecimal digits",
    ),
    "a raw state": (
        lambda f: (f / _STATES[0]).write_bytes(gzip.decompress((f / _STATES[0]).read_bytes())),
        "Garden.Act1.state is not gzipped; a state must be",
    ),
    "a cut state": (
        lambda f: (f / _STATES[0]).write_bytes((f / _STATES[0]).read_bytes()[:1000]),
        "Garden.Act1.state cannot be read: Compressed file ended",
    ),
    "another's state": (
        lambda f: (f / _STATES[0]).write_bytes(gzip.compress(b"SNES" * 100)),
        "Garden.Act1.state holds no state of Genesis Plus GX",
    ),
    "no JSON": (lambda f: (f / "data.json").write_text('{"info": {,}}'), "data.json is not JSON: line 1, column 11:"),
    "no text": (lambda f: (f / "scenario.json").write_bytes(b"\xff\xfe"), "scenario.json is no text of UTF-8"),
    "a folder": (
        lambda f: ((f / "data.json").unlink(), (f / "data.json").mkdir()),
        "data.json cannot be read: it is no file",
    ),
    "no object": (_scenario([1]), "scenario.json holds a list; it must hold an object"),
    "NaN": (lambda f: (f / "scenario.json").write_text('{"reward": NaN}'), "NaN is no number of JSON"),
    "a variable misspelt": (
        _change("scenario.json", _misspell),
        "scenario.json: reward.variables.progess: data.json has no such variable; it has act, ",
    ),
    "a field misspelt": (
        _scenario({"reward": {"variables": {"lives": {"rewad": 1}}}}),
        "reward.variables.lives.rewad: unknown field; known are measurement, op, reference, reward, penalty",
    ),
    "a heading misspelt": (_scenario({"rewrad": {}}), "scenario.json: rewrad: unknown field; known are reward, "),
    "a comparison misspelt": (
        _scenario({"done": {"variables": {"lives": {"op": "is-zero"}}}}),
        'done.variables.lives.op "is-zero": it must be equal or ',
    ),
    "a condition misspelt": (
        _scenario({"done": {"condition": "every"}}),
        'done.condition "every": it must be any or all',
    ),
    "text for a number": (
        _scenario({"reward": {"variables": {"lives": {"reward": "1"}}}}),
        'reward.variables.lives.reward "1": it must be a number',
    ),
    "half of a whole number": (
        _scenario({"done": {"nodes": {"a": {"variables": {"lives": {"reference": 0.5}}}}}}),
        "done.nodes.a.variables.lives.reference 0.5: it must be a whole number",
    ),
    "a list for an object": (_scenario({"done": {"variables": []}}), "done.variables []: it must be an object"),
    "a missing script": (
        _scenario({"scripts": ["mine.lua"], "reward": {"script": "lua:mine"}}),
        'scenario.json: scripts "mine.lua": ',
    ),
    "a function of no script": (
        lambda f: _script(f, "function yours()\n return 1\nend\n"),
        'reward.script "lua:mine": no script has such a function; there are yours',
    ),
    "no list of scripts": (
        _scenario({"reward": {"script": "lua:mine"}}),
        'reward.script "lua:mine": scripts, a list of files, is missing',
    ),
    "an address beyond memory": (
        _change("data.json", lambda c: c["info"]["lives"].update(address=5)),
        "data.json: info.lives.address 5: it must be a whole number from 16711680 (0xFF0000) to 16777215",
    ),
    "bytes beyond memory": (
        _change("data.json", lambda c: c["info"]["score"].update(address=0xFFFFFE)),
        "info.score.address 16777214: it must be a whole number from 16711680 (0xFF0000) to 16777212",
    ),
    "an address in words": (
        _change("data.json", lambda c: c["info"]["lives"].update(address="0xFF0000")),
        'info.lives.address "0xFF0000": it must be a whole number',
    ),
    "no address": (_change("data.json", lambda c: c["info"]["lives"].pop("address")), "info.lives.address is missing"),
    "another type": (
        _change("data.json", lambda c: c["info"]["lives"].update(type="byte")),
        'info.lives.type "byte": it must be a type such as |u1',
    ),
    "no variables": (lambda f: (f / "data.json").write_text("{}"), "data.json: info is missing"),
}


@pytest.mark.parametrize("fault", _FAULTS)
def test_a_check_tells_each_fault_in_a_line(fault: str, folder: Path) -> None:
    make, message = _FAULTS[fault]
    make(folder)
    faults = folder_faults(folder)
    assert [line for line in faults if message in line], faults
    assert all("\n" not in line and str(folder) in line for line in faults)
    # Of a variable that is not where it was its uses are not told, too.
    assert len(faults) == 1 or fault in ("no variables",)


def test_every_game_that_comes_with_the_emulator_passes() -> None:
    folders = sorted(library_folder().glob("*-Genesis-v0"))
    assert len(folders) > 300
    assert not [fault for each in [*folders, _OWN] for fault in rule_faults(lambda n, f=each: _in(f, n), each)]
    for state in (*folders[0].glob("*.state"), *_OWN.glob("*.state")):
        read_state(state)


def _in(folder: Path, name: str) -> Path | None:
    return folder / name if (folder / name).exists() else None


def test_a_check_plays_the_levels(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _answer("levels", "--check", str(folder)) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{folder}: 2 levels, and nothing is wrong with them",
        f"next: export SONIC_WORLDS_GAMES={folder.parent}",
    ]
    # Right to look at: Lua finds the one mistake when it runs, and the emulator the other.
    _script(folder, "function mine()\n return data.lives + nothing\nend\n")
    state = gzip.decompress((folder / _STATES[1]).read_bytes())
    (folder / _STATES[1]).write_bytes(gzip.compress(state[:5000]))
    assert _answer("levels", "--check", str(folder)) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{folder / _STATES[0]}: {folder / 'scenario.json'}: Lua call failed: ")
    assert second.startswith(f"{folder / _STATES[1]}: ")
    assert "does not take the state Garden.Act2" in second


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        # One choice of each group, and the action that holds nothing, which no choice here is.
        ([[["LEFT"], ["UP"]], [["B"], ["B", "C"]]], "--policy hold-right: Mine-Genesis-v0 has no action that holds"),
        (
            [[["JUMP"]]],
            "scenario.json: actions [...]: it must be lists of lists of buttons: B, A, MODE",
        ),
    ],
)
def test_the_buttons_of_a_game(
    actions: list[list[list[str]]], message: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _change("scenario.json", lambda content: content.update(actions=actions))(folder)
    monkeypatch.setenv("SONIC_WORLDS_GAMES", str(folder.parent))
    done = command("evaluate", "--policy", "hold-right", "--levels", "Mine-Genesis-v0")
    assert (done.returncode, message in done.stderr.splitlines()[-1]) == (2, True), done.stderr


def test_the_actions_of_a_game_are_one_choice_of_each_group(folder: Path) -> None:
    _change("scenario.json", lambda content: content.update(actions=[[["LEFT"], ["UP"]], [["B"], ["B", "LEFT"]]]))(
        folder
    )
    program = "from actors.games.games import actions_of; print(actions_of('Mine-Genesis-v0'))"
    env = os.environ | {"SONIC_WORLDS_GAMES": str(folder.parent)}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(((), ("LEFT", "B"), ("UP", "B"), ("UP", "B", "LEFT")))


def test_a_check_of_what_is_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (tmp_path / "none", tmp_path / ("x" * 5000), Path(__file__)):
        assert _answer("levels", "--check", str(path)) == 2
        assert capsys.readouterr().err.startswith(
            f"sonic-worlds: error: --check {path}: it is no folder that can be read"
        )
    assert _answer("levels", "Garden", "--check", str(tmp_path)) == 2
    (tmp_path / "mine").mkdir()
    assert _answer("levels", "--check", str(tmp_path / "mine")) == 1
    message = capsys.readouterr().out.splitlines()
    assert message[0] == f"{tmp_path / 'mine'}: its name must end in -Genesis-v0, or no level of it is found"
    assert len(message) == 5


def _answer(*words: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(words)
    return int(end.value.code or 0)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("no states", "has no start state: a level of a game is a file NAME.state in its folder"),
        ("a variable misspelt", "reward.variables.progess: data.json has no such variable; it has act, "),
    ],
)
def test_a_run_says_it_in_one_line_before_anything_is_made(
    fault: str, message: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _FAULTS[fault][0](folder)
    monkeypatch.setenv("RETRO_DATA_PATH", str(tmp_path))
    done = command("train", "--levels", folder.name, "--runs-dir", tmp_path / "runs")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"sonic-worlds: error: --levels {folder.name}: {folder}")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "runs").exists()


# What a host makes of a game with faults; with those of the library's own that can be played all the same it plays.
_HOST = """
import sys
from actors.gym_remote.retro_game import GameError, RetroGame
try:
    RetroGame("stable_retro", sys.argv[1], sys.argv[2], sys.argv[3], lean=True)
except GameError as error:
    print(error)
"""


def test_a_host_says_it_in_one_line(folder: Path) -> None:
    _FAULTS["a variable misspelt"][0](folder)
    done = subprocess.run(
        [sys.executable, "-c", _HOST, folder.name, "Garden.Act1", str(folder.parent)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env=os.environ,
    )
    assert "reward.variables.progess: data.json has no such variable" in done.stdout, done.stderr
    assert done.stdout.count("\n") == 1


def test_a_state_that_never_ends_takes_no_memory(tmp_path: Path) -> None:
    file = tmp_path / "a.state"
    file.write_bytes(gzip.compress(b"GENPLUS-GX" + bytes(1 << 24), 1))
    with pytest.raises(GameFileError, match="holds no state"):
        read_state(file)
