"""Every reader of files that users write or keep, fed with damage: it ends in an error of its own, of one line."""

import gzip
import io
import json
import lzma
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.games.archives import contents
from actors.games.levels import LevelError, known_levels, select_levels
from actors.portable.game_files import GameFileError, read_state, rule_faults
from actors.portable.scenario import Scenario, UnsupportedScenario
from cluster.commands.status import newest_row
from cluster.config.arguments import read_config
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError
from cluster.report.report import _faults, _levels, _summary, probe_section
from cluster.run.checkpoints import Checkpoints
from cluster.run.folder import RunFolder
from cluster.run.history import read_history
from cluster.scoring.contest import Match, Result, read_result, write_result
from cluster.scoring.folder import ContestFolder
from cluster.scoring.process_tree import read_meter
from cluster.scoring.study_file import read_study
from cluster.scoring.study_run import RunFailed, StudyRun
from tests.troubles.damage import VALUES, damaged_bytes, damaged_json, damaged_tree
from windup.game import GAME, INTEGRATIONS

_FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_MANY = settings(_FEW, max_examples=150)
_OWN = INTEGRATIONS / GAME

_CONFIG: dict[str, Any] = TrainConfig().model_dump(mode="json")
_STUDY: dict[str, Any] = {
    "name": "a",
    "steps": 100,
    "evaluate_at": [50],
    "seeds": [0],
    "evaluate": {"levels": "Garden.Act1", "episodes": 1},
    "base": {"emulator.kind": "native", "levels": "Garden.Act1"},
    "variants": {"first": {"policy": {"epochs": 2}}, "right": {"rival": "hold-right"}},
}


def _one_line(error: Exception) -> None:
    assert "\n" not in str(error), str(error)
    assert len(str(error)) < 20_000


# What Python's YAML, and what comes after it, do not take lightly: loops, billions, dates, numbers, keys of all kinds.
_HARD_YAML = [
    "a: &a [*a]",
    "&a {b: *a}",
    "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9) if i else 1}]\n" for i in range(30)),
    "[" * 1500,
    "steps: 2001-99-99",
    "steps: " + "9" * 5000,
    "steps: 0x" + "f" * 5000,
    "levels: !!python/object/apply:os.system [ls]",
    "? [a]\n: 1",
    "? {a: 1}\n: 1",
    "1: 2",
    'runs_dir: "a\\0b"',
    'runs_dir: "\\uD800"',
    "levels: !!binary aGVsbG8=",
    "seed: !!int ''",
    "seed: !!float ''",
    "seed: !!timestamp ''",
    "steps: 1:60:99",
    "<<: 5",
    "<<: [1]",
    "\ufeffsteps: 5",
    "- 1\n- 2",
    "name: [\n",
    "? |\n  a\n  b\n: 1",
]


def _yaml(sound: dict[str, Any]) -> st.SearchStrategy[bytes]:
    text = yaml.safe_dump(sound).encode()
    trees = damaged_tree(sound).map(lambda tree: yaml.safe_dump(tree, allow_unicode=False).encode())
    return trees | damaged_bytes(text) | st.sampled_from(_HARD_YAML).map(lambda hard: hard.encode("utf-8", "replace"))


@_MANY
@given(content=_yaml(_CONFIG))
def test_configurations(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_bytes(content)
    try:
        read_config(file)
    except UsageError as error:
        _one_line(error)


@_FEW
@given(content=_yaml(_STUDY))
def test_studies(content: bytes, tmp_path: Path) -> None:
    # A program that the damage named would be started, and a server asked.
    if b"host" in content or b"redis" in content:
        return
    file = tmp_path / "s.yaml"
    file.write_bytes(content)
    try:
        read_study(file)
    except UsageError as error:
        _one_line(error)


@pytest.mark.parametrize("hard", _HARD_YAML)
def test_hard_yaml(hard: str, tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_bytes(hard.encode("utf-8", "replace"))
    for read in (read_config, read_study):
        try:
            read(file)
        except UsageError as error:
            _one_line(error)


_DATA, _RULES = (json.loads((_OWN / name).read_text()) for name in ("data.json", "scenario.json"))
_CONTEST = json.loads((_OWN / "contest.json").read_text())


@_MANY
@given(
    data=st.just(json.dumps(_DATA).encode()) | damaged_json(_DATA), rules=damaged_json(_RULES) | damaged_json(_CONTEST)
)
def test_game_folders(data: bytes, rules: bytes, tmp_path: Path) -> None:
    (tmp_path / "data.json").write_bytes(data)
    (tmp_path / "scenario.json").write_bytes(rules)
    (tmp_path / "script.lua").write_text((_OWN / "script.lua").read_text())
    outcome = [*rule_faults(lambda name: tmp_path / name if (tmp_path / name).exists() else None, tmp_path)]
    assert all("\n" not in fault for fault in outcome)
    if not outcome:
        known = json.loads(data)["info"]
        try:
            scenario = Scenario(json.loads(rules))
        except UnsupportedScenario:
            return
        scenario.begin(lambda name: int(bool(known[name])))
        for value in (1, 2, -3):
            scenario.judge(lambda name, value=value: value * bool(known[name]))


@_FEW
@given(content=damaged_bytes((_OWN / "Garden.Act1.state").read_bytes()))
def test_start_states(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.state").write_bytes(content)
    try:
        read_state(tmp_path / "a.state")
    except GameFileError as error:
        _one_line(error)


def _archives() -> list[bytes]:
    files = {"a.md": b"hello" * 50, "folder/b.txt": b""}
    made = []
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", compression) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        made.append(buffer.getvalue())
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
            for name, content in {**files, "long/" * 40 + "c": b"x" * 600}.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        made.append(buffer.getvalue())
    return [*made, gzip.compress(made[0]), gzip.compress(made[4]), lzma.compress(made[5])]


@_MANY
@given(content=st.sampled_from(_archives()).flatmap(damaged_bytes), ending=st.sampled_from(["md", "zip", "tar", "gz"]))
def test_archives(content: bytes, ending: str, tmp_path: Path) -> None:
    file = tmp_path / f"a.{ending}"
    file.write_bytes(content)
    outcome = list(contents(file))
    assert outcome
    assert all(isinstance(each, bytes | str) and name.startswith(str(file)) for name, each in outcome)


_WORDS = ["windup-train", "windup-generated:", "windup-generated", "Garden", "Garden.Act1", "Generated"]
_WORDS += ["GeneratedGarden.Seed0.Level1", "contest-train", GAME, *"/*[]?!,.+:- ", "9" * 20]


@_MANY
@given(st.lists(st.sampled_from(_WORDS) | st.text(max_size=5), max_size=6).map("".join) | st.just("a" * 20_000))
def test_names_of_levels(spec: str) -> None:
    try:
        levels = select_levels(spec)
    except LevelError as error:
        _one_line(error)
    else:
        assert levels


_LEVEL = next(level for level in known_levels() if str(level).endswith("Garden.Act1"))
_MATCH = Match("random", _LEVEL, 0)


@_FEW
@given(content=damaged_json({"steps": 10, "checkpoints": {"random": None}, "roms": {GAME: "ab"}}))
def test_folders_of_contests(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "contest.json").write_bytes(content)
    try:
        with ContestFolder(tmp_path, 10, [], [_LEVEL]) as folder:
            assert folder.results([_MATCH]) == {}
    except UsageError as error:
        _one_line(error)


@_FEW
@given(content=damaged_json({"agent": "a", "returns": [1.5, 2.0], "lengths": [3, 4], "seconds": [0.5, 0.7]}))
def test_results_of_contests(content: bytes, tmp_path: Path) -> None:
    _MATCH.folder(tmp_path).mkdir(parents=True, exist_ok=True)
    (_MATCH.folder(tmp_path) / "result.json").write_bytes(content)
    try:
        result = read_result(_MATCH, tmp_path)
    except UsageError as error:
        _one_line(error)
    else:
        assert isinstance(result, Result)
        assert -1e300 < result.score < 1e300 or abs(result.score) > 0
        write_result(_MATCH, result, tmp_path)


@_FEW
@given(data=st.data())
def test_manifests_of_checkpoints(data: st.DataObject, tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints", 1)
    with checkpoints.writing(1, {"steps_total": 10, "score": 5.0}) as folder:
        (folder / "state.json").write_text("{}")
    manifest = checkpoints.folder / "iteration-00000001" / "manifest.json"
    # Without the time, for the damage must be the same again.
    manifest.write_bytes(data.draw(damaged_json(json.loads(manifest.read_text()) | {"time": 0})))
    outcome, warnings = checkpoints.newest_intact()
    assert (outcome is None) == bool(warnings)
    assert outcome is None or isinstance(outcome.summary.get("steps_total", 0), int)
    # A damaged one is not in the way of the next.
    with checkpoints.writing(2, {"steps_total": 20, "score": 4.0}) as folder:
        (folder / "state.json").write_text("{}")


@pytest.fixture(scope="module")
def study_run(tmp_path_factory: pytest.TempPathFactory) -> StudyRun:
    folder = tmp_path_factory.mktemp("study")
    file = folder / "s.yaml"
    file.write_text(yaml.safe_dump(_STUDY))
    study = read_study(file)
    run = StudyRun(study, study.variants[0], 0, folder)
    for part in ("runs", "results"):
        (folder / part / "a").mkdir(parents=True)
    return run


_RESULT: dict[str, Any] = {
    **{"study": "a", "variant": "first", "seed": 0, "commit": "", "processor": "p", "cores": 2, "bfloat16": True},
    **{"torch_threads": 1, "steps": 100, "cpu_seconds": 1.0, "wall_seconds": 1.0, "curve": [[100, 1.0, 1.0, None]]},
    "evaluations": [{"count": count, "steps": count, "scores": {str(_LEVEL): [1.0]}} for count in (50, 100)],
}


@_MANY
@given(data=st.data())
def test_results_of_studies(data: st.DataObject, study_run: StudyRun) -> None:
    sound = _RESULT | {"settings": study_run.study.settings(study_run.variant)}
    study_run._result.write_bytes(data.draw(damaged_json(sound)))
    try:
        result = study_run.result()
    except UsageError as error:
        _one_line(error)
    else:
        assert result is not None
        assert all(evaluation.scores[str(_LEVEL)] for evaluation in result.evaluations)


@_FEW
@given(data=st.data())
def test_settings_of_studies(data: st.DataObject, study_run: StudyRun) -> None:
    study_run._file("settings.json").write_bytes(data.draw(damaged_json(study_run._settings)))
    try:
        study_run.require_possible()
    except UsageError as error:
        _one_line(error)


_EVALUATED = {
    "checkpoint_steps": 50,
    "levels": {str(_LEVEL): {"scores": [1.0], "passed": None, "steps": [5]}},
}
_ROW: dict[str, Any] = {
    **{"iteration": 1, "iteration_seconds": 1.5, "iteration_timestamp_seconds": 1e9},
    **{"steps_total": 100, "frames_total": 400, "episodes_total": 1, "curiosity_mean": None, "ppo_entropy": 2.0},
    "extrinsic_return_mean": 5.0,
    "emulator_restarts_total": 1,
    "levels": {
        str(_LEVEL): {
            **{"steps_total": 100, "episodes_total": 1, "extrinsic_return_mean": 5.0, "progress_mean": 0.1},
            **{"completion_rate": 0.0, "curiosity_mean": None, "sequences_total": 2, "sequences_seen_total": 1},
        }
    },
}


@_MANY
@given(evaluation=damaged_json(_EVALUATED), row=damaged_json(_ROW), meter=damaged_bytes(b"1.5 2.0 3.0\n2.5 3.0 4.0\n"))
def test_what_a_run_of_a_study_left(evaluation: bytes, row: bytes, meter: bytes, study_run: StudyRun) -> None:
    study_run._evaluation_file(50).write_bytes(evaluation)
    study_run._folder.mkdir(exist_ok=True)
    (study_run._folder / "metrics.jsonl").write_bytes(json.dumps(_ROW).encode() + b"\n" + row + b"\n")
    study_run._file("meter").write_bytes(meter)
    read_meter(study_run._file("meter"))
    assert study_run._progress()
    for gather in (lambda: study_run._evaluation(50), study_run._gathered):
        try:
            gather()
        except RunFailed as error:
            _one_line(error)


@_MANY
@given(row=damaged_json(_ROW), end=st.sampled_from([b"\n", b"", b"\n\n", b"\n{"]))
def test_histories_of_runs(row: bytes, end: bytes, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("steps: 5\n")
    (tmp_path / "metrics.jsonl").write_bytes(json.dumps(_ROW).encode() + b"\n" + row + end)
    try:
        history = read_history(tmp_path)
    except UsageError as error:
        _one_line(error)
    else:
        # What a report makes of it, but for the plots, which take long.
        for section in (_summary, _levels, _faults):
            assert section(history)
        assert [float(value) for key in _ROW if key != "levels" for value in history.column(key) if value is not None]
    try:
        newest_row(tmp_path / "metrics.jsonl")
    except UsageError as error:
        _one_line(error)


_PROBED = {
    "about": {"steps": 100},
    **{
        name: {
            **{kind: {"z": 0.5, "zh": 0.25} for kind in ("r2", "auroc")},
            "untrained": {"z": 0.1, "zh": None},
            "supervised": 0.9,
        }
        for name in ("terrain_ahead", "hazard_ahead", "speed_x")
    },
}


@_MANY
@given(content=damaged_json(_PROBED) | VALUES.map(lambda value: json.dumps({"about": value}).encode()))
def test_what_a_probe_left(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("steps: 5\n")
    (tmp_path / "metrics.jsonl").write_text(json.dumps(_ROW) + "\n")
    (tmp_path / "probe.json").write_bytes(content)
    section = probe_section(read_history(tmp_path))
    assert section is not None
    assert section[1]


@pytest.mark.parametrize("key", [None, b"", b"\xff", b"a\nb"])
def test_the_key_of_a_copied_run(key: bytes | None, tmp_path: Path) -> None:
    RunFolder.create(TrainConfig(runs_dir=tmp_path, name="a")).close()
    (tmp_path / "a" / ".key").unlink()
    if key is not None:
        (tmp_path / "a" / ".key").write_bytes(key)
    run = RunFolder.reopen(tmp_path / "a", 1)
    assert run.key.startswith("a-")
    run.close()
    again = RunFolder.reopen(tmp_path / "a", 1)
    assert again.key == run.key
    again.close()
