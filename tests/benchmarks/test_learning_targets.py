import json
from pathlib import Path

import pytest

from actors.games.levels import select_levels
from benchmarks.learning_targets import EYES, OURS, PIXELS, rows
from cluster.scoring.result import Evaluation, RunResult
from cluster.scoring.study_file import read_study
from cluster.scoring.study_results import StudyResults

pytestmark = pytest.mark.slow

CURVES = read_study(Path("studies/curves.yaml"))
LEVELS = select_levels(CURVES.levels)


def _results(scores: dict[str, list[float]]) -> dict[str, StudyResults]:
    """A study in which a variant's seed has the same score on every level."""
    runs = [
        RunResult(
            study="curves",
            variant=variant,
            seed=seed,
            settings={},
            commit="0",
            processor="a",
            cores=2,
            bfloat16=True,
            torch_threads=1,
            steps=CURVES.steps,
            cpu_seconds=1.0,
            wall_seconds=1.0,
            curve=[(CURVES.steps, 1.0, 1.0, 1.0)],
            evaluations=[Evaluation(CURVES.steps, CURVES.steps, {str(level): [score] for level in LEVELS})],
        )
        for variant, seeds in scores.items()
        for seed, score in enumerate(seeds)
    ]
    return {"curves": StudyResults(CURVES, runs)}


def test_what_was_reached_and_what_was_missed_is_told(tmp_path: Path) -> None:
    high = rows(_results({OURS: [3600, 3700], EYES: [4000, 4000], PIXELS: [3000, 3100]}), tmp_path)
    assert [measured for _, _, measured, _ in high] == [
        "3,650, reached",
        "0.91, reached",
        "3,650 and 3,050, reached",
        "3,650 and 3,050, reached",
    ]
    low = rows(_results({OURS: [3400, 3500], EYES: [4000], PIXELS: [3430, 3460]}), tmp_path)
    assert [measured.split(", ")[-1] for _, _, measured, _ in low] == ["missed"] * 4
    assert [seeds for *_, seeds in low] == ["2", "1", "2 and 2", "2 and 2"]


def test_one_seed_has_no_interval_to_be_apart(tmp_path: Path) -> None:
    made = rows(_results({OURS: [3400, 3500], PIXELS: [100]}), tmp_path)
    assert all("not shown" in measured for what, _, measured, _ in made if "pixels" in what)


def test_what_is_not_measured_is_left_out(tmp_path: Path) -> None:
    assert rows({}, tmp_path) == []
    assert len(rows(_results({OURS: [3400]}), tmp_path)) == 1


def test_the_shipped_agent_is_told_from_its_scores(tmp_path: Path) -> None:
    finished, failed = {"scores": [9500.0, 9400.0, 100.0]}, {"scores": [100.0] * 3}
    # Playroom.Act4 has no barrier, BlockCity.Act5 has one.
    good = ("Playroom.Act4", "BlockCity.Act5")
    levels = {str(level): finished if level.state in good else failed for level in LEVELS}
    (tmp_path / "pretrained.json").write_text(json.dumps({"levels": levels}))
    (_, *score), (_, *share) = rows({}, tmp_path)
    assert score == ["5,000", f"{(2 * 19_000 / 3 + 9 * 100) / 11:,.0f}, missed", "1"]
    assert share == ["50%", "67%, reached", "1"]
    levels["Windup-Genesis-v0/Playroom.Act4"] = failed
    (tmp_path / "pretrained.json").write_text(json.dumps({"levels": levels}))
    assert rows({}, tmp_path)[1][2] == "0%, missed"


def test_what_a_world_model_knows_is_told_from_its_probe(tmp_path: Path) -> None:
    (tmp_path / "probes").mkdir()
    known = {"terrain_ahead": ("r2", 0.7), "speed_y": ("r2", 0.81), "hazard_ahead": ("auroc", 0.9)}
    probe = {truth: {kind: {"z": 0.0, "zh": value}} for truth, (kind, value) in known.items()}
    (tmp_path / "probes" / "gaze.json").write_text(json.dumps(probe))
    assert rows({}, tmp_path) == [
        ("terrain ahead, R² from [z, h]", "0.75", "0.70, missed", "1"),
        ("speed y, R² from [z, h]", "0.80", "0.81, reached", "1"),
        ("hazard ahead, AUROC from [z, h]", "0.90", "0.90, reached", "1"),
    ]
