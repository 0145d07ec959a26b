"""Study files: what they say, and what is wrong with bad ones."""

from pathlib import Path

import pytest

from actors.games.levels import SPLITS, select_levels
from cluster.cli import main
from cluster.scoring import holdout
from cluster.scoring.level_groups import level_groups
from cluster.scoring.study_file import read_study

_GOOD = """
name: a
steps: 100
evaluate_at: [50]
seeds: [0, 4]
base:
  emulator.kind: native
  policy: {learning-rate: 0.001}
variants:
  first:
  second: {policy.epochs: 2, policy: {learning_rate: 0.002}, world_model: {lag: 5}}
  eyes: {rival: sb3-eyes}
  right: {rival: hold-right}
"""


def _file(folder: Path, text: str) -> Path:
    file = folder / "study.yaml"
    file.write_text(text)
    return file


def test_base_and_changes_are_merged_however_they_are_written(tmp_path: Path) -> None:
    study = read_study(_file(tmp_path, _GOOD))
    assert (study.evaluate_at, study.steps, study.seeds, study.episodes) == ((50, 100), 100, (0, 4), 3)
    first, second, eyes, right = study.variants
    assert first.changes == {"emulator.kind": "native", "policy.learning_rate": 0.001}
    assert second.changes == {
        "emulator.kind": "native",
        "policy.epochs": 2,
        "policy.learning_rate": 0.002,
        "world_model.lag": 5,
    }
    # A rival is bound by the task, not by our settings of learning.
    assert eyes.changes == {"emulator.kind": "native"}
    assert right.changes == {}
    assert (study.counts(eyes), study.counts(right)) == ((50, 100), (0,))
    assert select_levels(study.levels) == [*SPLITS["windup-train"], *SPLITS["windup-validation"]]


def test_the_rival_with_the_same_ppo_has_our_settings_of_it(tmp_path: Path) -> None:
    rival = "eyes: {rival: sb3-eyes-same-ppo, policy.epochs: 2}"
    _, _, eyes, _ = read_study(_file(tmp_path, _GOOD.replace("eyes: {rival: sb3-eyes}", rival))).variants
    assert eyes.changes == {"emulator.kind": "native", "policy.learning_rate": 0.001, "policy.epochs": 2}


def test_levels_to_choose_on_are_not_trained_on(tmp_path: Path) -> None:
    study = read_study(_file(tmp_path, _GOOD + "choose_on: train-holdout\n"))
    chosen, trained = select_levels(study.levels), study.trained_on()
    assert (len(chosen), len(trained)) == (10, 37)
    assert {*chosen, *trained} == {*SPLITS["windup-train"]}
    assert {level.zone for level in chosen} == {level.zone for level in SPLITS["windup-train"]}
    groups = level_groups(chosen, trained)
    assert len(groups["not trained on, with barriers"]) == len(groups["not trained on, without barriers"]) == 5


def test_levels_are_told_apart() -> None:
    groups = level_groups([*SPLITS["windup-train"], *SPLITS["windup-validation"]], SPLITS["windup-train"])
    assert {name: len(levels) for name, levels in groups.items()} == {
        "all levels": 58,
        "trained on": 47,
        "not trained on": 11,
        "not trained on, seen zones": 7,
        "not trained on, unseen zones": 4,
        "trained on, with barriers": 25,
        "trained on, without barriers": 22,
        "not trained on, with barriers": 7,
        "not trained on, without barriers": 4,
    }
    assert {level.zone for level in groups["not trained on, unseen zones"]} == {"Attic"}
    assert level_groups(holdout.held_out(), holdout.held_out()).keys().isdisjoint({"not trained on"})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name: a", "name: a/b", "name 'a/b': string should match"),
        ("steps: 100", "steps: many", "steps 'many': input should be a valid integer"),
        ("steps: 100", "stepps: 100", "steps: it is missing"),
        ("steps: 100", "steps: 100\nlevels: x", "levels: unknown field; known are name, steps"),
        ("[50]", "[60, 50]", "evaluate_at [60, 50]: counts must rise"),
        ("[50]", "[500]", "evaluate_at [500]: counts must rise, and none exceed steps 100"),
        ("[0, 4]", "[4, 4]", "seeds [4, 4]: each may be given once"),
        ("[0, 4]", "[]", "seeds []: list should have at least 1"),
        ("[0, 4]", "[0]\nevaluate: {levels: Nowhere}", "evaluate.levels Nowhere: 'Nowhere' is no split"),
        (
            "[0, 4]",
            "[0]\nevaluate: {episode: 3}",
            "evaluate.episode: unknown field; known are levels, episodes, measure",
        ),
        ("lag: 5", "lagg: 5", "variant second: world_model.lagg: unknown field; known are learning_rate"),
        ("lag: 5", "lag: 0", "variant second: world_model.lag 0: input should be greater than 0"),
        ("policy.epochs: 2", "levels: Nowhere", "variant second: --levels Nowhere: 'Nowhere' is no split"),
        ("policy.epochs: 2", "seed: 2", "variant second: seed: the study itself gives it to every run"),
        ("policy: {learning_rate: 0.002}", "policy: none", "variant second: policy 'none': input should be"),
        (
            "sb3-eyes",
            "sb3",
            "variant eyes: rival 'sb3': it must be random, hold-right, sb3-pixels, sb3-eyes, sb3-eyes-same-ppo",
        ),
        ("sb3-eyes", "sb3-eyes, policy.clip: 0.1", "variant eyes: policy.clip: rival sb3-eyes can be given levels"),
        ("sb3-eyes", "sb3-pixels, emulator.recoloured: 0.5", "eyes: emulator.recoloured: rival sb3-pixels can be"),
        ("sb3-eyes", "sb3-eyes-same-ppo, policy.overlap: true", "eyes: policy.overlap: rival sb3-eyes-same-ppo can be"),
        ("sb3-eyes", "sb3-eyes, levels: Airstriker-Genesis-v0", "rival sb3-eyes plays Windup-Genesis-v0 alone"),
        ("steps: 100", "steps: 100\nchoose_on: windup", "choose_on 'windup': it must be 'train-holdout'"),
        ("variants:", "choose_on: train-holdout\nvariants:\n  x: {levels: Attic}", "variant x: levels: choose_on"),
        ("name: a", "name: [", "is not YAML"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    old: str,
    new: str,
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Where nothing is found to be wrong, nothing shall be trained either.
    monkeypatch.setattr("cluster.commands.study._play", lambda *_: pytest.fail("it begins"))
    assert old in _GOOD
    file = _file(tmp_path, _GOOD.replace(old, new, 1))
    with pytest.raises(SystemExit) as end:
        main(["study", str(file), "--out", str(tmp_path / "out")])
    printed = capsys.readouterr()
    assert end.value.code == 2
    assert message in printed.err
    assert printed.err.count("\n") == 1
    assert str(file) in printed.err
    assert printed.out == ""
    assert not (tmp_path / "out").exists()
