"""Numbers, endings, names and keys as people write them."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.games.games import WINDUP
from actors.games.levels import LevelError, known_levels, select_levels
from cluster.cli import main
from cluster.commands.report import ReportArguments, report_command
from cluster.commands.showing import require_movie
from cluster.config.arguments import parse_train
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError
from cluster.run.folder import RunFolder
from cluster.scoring.study_file import read_study
from cluster.training.open_run import open_run
from cluster.viewing.movie import Movie
from world_model.whole import whole


def _told(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as end:
        main(words)
    message = capsys.readouterr()
    assert (end.value.code, message.out) == (2, "")
    assert message.err.count("\n") == 1
    return message.err


@pytest.mark.parametrize(
    ("text", "number"),
    [("1e6", 1_000_000), ("1E6", 1_000_000), ("2.5e+3", 2500), ("1_000", 1000), ("-1e2", -100), ("5.e1", 50)],
)
def test_whole_numbers(text: str, number: int) -> None:
    assert whole(text) == number
    if number > 0:
        assert parse_train([f"--steps={text}", "--policy.hidden", "1e2"])[0].steps == number


@given(st.text(alphabet="0123456789eE+-._ x", max_size=12))
def test_whatever_is_written_is_a_whole_number_or_refused(text: str) -> None:
    try:
        number = whole(text)
    except ValueError:
        return
    # As a float a large one would be another.
    assert number == Decimal(text)


@pytest.mark.parametrize("text", ["1.5", "1e-1", "1.25e1", "many", "1e999", "1e", "", "inf"])
def test_what_is_no_whole_number_is_told_with_its_flag(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    message = _told(["train", f"--steps={text}"], capsys)
    assert "--steps" in message
    assert repr(text) in message


def test_whole_numbers_in_files(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("steps: 1e6\nseed: 2e3\nname: 1e6\npolicy: {hidden: [1e2, 64], learning_rate: 1e-4}\n")
    config, _ = parse_train(["--config", str(file)])
    assert (config.steps, config.seed, config.name) == (1_000_000, 2000, "1e6")
    assert (config.policy.hidden, config.policy.learning_rate) == ((100, 64), 1e-4)
    file.write_text("steps: 1.5e3\nname: s\nseeds: [0, 1e1]\nevaluate_at: [5e2]\nvariants: {1e-3: {}}\n")
    study = read_study(file)
    assert (study.evaluate_at, study.seeds, study.variants[0].name) == ((500, 1500), (0, 10), "1e-3")
    file.write_text("steps: 1.25e1\n")
    with pytest.raises(UsageError, match=r"steps '1\.25e1': input should be a valid integer"):
        parse_train(["--config", str(file)])


@pytest.mark.parametrize("content", ["steps: 1\nactors: 2\nsteps: 3\n", "{steps: 1,\nactors: 2,\n'steps': 3}\n"])
def test_a_key_that_is_given_twice_is_told_with_its_line(tmp_path: Path, content: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(content)
    message = f"{file}: line 3: steps is given twice; it is in line 1, too"
    for read in (lambda: parse_train(["--config", str(file)]), lambda: read_study(file)):
        with pytest.raises(UsageError) as caught:
            read()
        assert str(caught.value) == message


def test_what_one_mapping_takes_from_another_may_be_given_anew(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(
        "name: s\nsteps: 9\nseeds: [0]\nvariants:\n"
        "  a: &a {actors: 1, seed: 1}\n  b: &b {<<: *a, actors: 2}\n  c: {<<: *b, actors: 3}\n".replace(", seed: 1", "")
    )
    assert [variant.config.actors for variant in read_study(file).variants] == [1, 2, 3]


@pytest.mark.parametrize(
    "twice", ["policy.clip: 0.1\n    policy: {clip: 0.2}", "level-schedule: uniform\n    level_schedule: uniform"]
)
def test_a_field_that_is_given_in_two_ways_is_told(tmp_path: Path, twice: str) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(f"name: s\nsteps: 9\nseeds: [0]\nvariants:\n  a:\n    {twice}\n")
    with pytest.raises(UsageError, match=r"variant a: (policy\.clip|level_schedule) is given twice, in two ways"):
        read_study(file)


@pytest.mark.parametrize("name", ["a.MP4", "b.Mp4", "c.GIF"])
def test_endings_in_capitals(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    require_movie(file)
    with Movie(file) as movie:
        for shade in range(4):
            movie.add(np.full((32, 32, 3), 60 * shade, np.uint8))
    assert file.read_bytes()[:6] == b"GIF89a" if name == "c.GIF" else b"ftyp" in file.read_bytes()[:12]
    assert list(tmp_path.iterdir()) == [file]
    with pytest.raises(UsageError, match="RUN"):
        report_command(ReportArguments(tmp_path, tmp_path / "x.HTML"))


def test_a_report_s_ending_in_capitals(tmp_path: Path) -> None:
    from cluster.commands.report import _require_html

    _require_html(tmp_path / "x.HTML")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("garden.act1", "Garden.Act1"),
        ("WINDUP-GENESIS-V0/GARDEN.ACT1", "Garden.Act1"),
        ("windup-genesis-v0/garden", "Garden"),
        ("garden", "Garden"),
        ("Windup-Train", "windup-train"),
        ("WINDUP-VALIDATION-BARRIERS", "windup-validation-barriers"),
        ("airstriker-genesis-v0", "Airstriker-Genesis-v0"),
        ("airSTRIKER*", "Airstriker*"),
        ("Windup-Generated:3+7", "windup-generated:3+7"),
        ("generatedblockcity.seed7.level2", "GeneratedBlockCity.Seed7.Level2"),
    ],
)
def test_levels_in_other_capitals(written: str, meant: str) -> None:
    assert select_levels(written) == select_levels(meant)


def test_every_level_in_small_letters_is_itself() -> None:
    for level in known_levels():
        if level.game == WINDUP:
            assert select_levels(str(level).lower()) == [level]
            assert select_levels(level.state.upper()) == [level]


def test_the_nearest_names_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(LevelError, match=r"do you mean Garden\.Act1 or "):
        select_levels("gardn.act1")


def test_auto_resume_is_called_what_was_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--auto-resume", "--name", "a", "--runs-dir", str(tmp_path), "--levels", "Playroom.Act1"]
    run = RunFolder.create(parse_train(words)[0])
    with run.checkpoints.writing(1, {"steps_total": 1}) as folder:
        (folder / "state.json").write_text("{}")
    run.close()
    (tmp_path / "a" / "checkpoints" / "iteration-00000001" / "state.json").write_text("[]")
    assert "--auto-resume --name a: no checkpoint is intact" in _told(["train", *words], capsys)
    words[0] = f"--resume={tmp_path / 'a'}"
    assert f"--resume {tmp_path / 'a'}: no checkpoint is intact" in _told(["train", *words], capsys)


def test_auto_resume_finds_a_run_however_its_folder_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    RunFolder.create(TrainConfig(runs_dir=tmp_path / "runs", name="a", levels="Playroom.Act1")).close()
    monkeypatch.chdir(tmp_path)
    config, resume = parse_train(["--auto-resume", "--name", "a", "--runs-dir", "runs"])
    messages: list[str] = []
    run, _, checkpoint, _ = open_run(config, resume, messages.append)
    run.close()
    assert checkpoint is None
    assert messages[-1] == "runs/a has no checkpoint yet: it begins anew"
