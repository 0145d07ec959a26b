"""~ is the home folder, also where no shell has seen it."""

from pathlib import Path

import pytest
import yaml

from actors.emulation.hosts import check_command
from actors.gym_remote.host import _arguments
from cluster.cli import main
from cluster.config.arguments import parse_train
from cluster.config.errors import UsageError
from cluster.config.home import at_home
from cluster.run.ship import main as ship
from cluster.scoring.study_file import read_study


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of this user, who stands elsewhere."""
    folder = tmp_path / "home"
    folder.mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.chdir(tmp_path / "here")
    return folder


@pytest.mark.parametrize("words", [["--runs-dir=~/x"], ["--runs-dir", "~/x"], ["--init=~/y", "--runs-dir=~/x"]])
def test_on_the_command_line_of_a_run(home: Path, words: list[str]) -> None:
    config, _ = parse_train(words)
    assert config.runs_dir == home / "x"
    assert config.init == (home / "y" if len(words) == 2 and "init" in words[0] else None)


def test_in_a_configuration(home: Path) -> None:
    (home / "c.yaml").write_text("runs_dir: ~/x\ninit: ~/y\n")
    config, _ = parse_train(["--config=~/c.yaml"])
    assert (config.runs_dir, config.init) == (home / "x", home / "y")


def test_in_a_study(home: Path) -> None:
    content = {"name": "s", "steps": 9, "seeds": [0], "base": {"init": "~/y"}, "variants": {"a": None}}
    file = home / "s.yaml"
    file.write_text(yaml.safe_dump(content))
    assert read_study(file).variants[0].config.init == home / "y"


def test_in_the_command_of_a_host(home: Path) -> None:
    assert check_command("~/bin/host ~/x --dir={dir} a~")[:2] == [str(home / "bin/host"), str(home / "x")]


@pytest.mark.parametrize(
    "words",
    [
        ["evaluate", "~/run"],
        ["watch", "~/run", "--record=~/a.mp4"],
        ["dream", "~/run", "--record=~/a.mp4"],
        ["probe", "~/run", "--json=~/a.json"],
        ["report", "~/run"],
        ["compare", "~/run", "~/run"],
        ["status", "~/run"],
        ["contest", "~/run+learn", "--out=~/c"],
        ["agent", "~/run", "--dir=~/d"],
        ["study", "~/run", "--out=~/out"],
        ["import", "~/run"],
        ["train", "--resume=~/run"],
    ],
)
def test_of_every_command(home: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    message = capsys.readouterr().err
    assert end.value.code == 2
    assert f"{home}/run" in message
    assert "~" not in message
    assert list(Path.cwd().iterdir()) == []


def test_of_the_host_and_of_what_ships_a_run(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["host", "Mine-Genesis-v0", "A", "--dir=~/d", "--log=~/l", "--movies=~/m", "--integrations=~/i"]
    monkeypatch.setattr("sys.argv", words)
    given = _arguments()
    assert (given.dir, given.log, given.movies, given.integrations) == tuple(f"{home}/{name}" for name in "dlmi")
    monkeypatch.setattr("sys.argv", ["ship", "~/run", "--out=~/out"])
    assert ship() == 2
    assert f"RUN {home}/run " in capsys.readouterr().err


def test_words_that_only_have_one_stay(home: Path) -> None:
    words = ["a~", "--name=a~b", "x=~/y", "--a", ""]
    assert [at_home(word) for word in words] == words


def test_a_user_without_a_home_folder_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    with pytest.raises(UsageError, match=r"--runs-dir=~/x: there is no home folder for ~"):
        parse_train(["--runs-dir=~/x"])
