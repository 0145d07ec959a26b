"""Probes: truths are right, the instrument tells knowledge from noise, and the command says what it found."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from actors.games.games import WINDUP
from actors.games.levels import SPLITS, Level
from cluster.commands.probe import ProbeArguments, probe_command
from cluster.config.errors import UsageError
from cluster.report.report import probe_section
from cluster.run.history import read_history
from cluster.scoring.probe import counted, knowledge, probe, readings, supervised
from cluster.scoring.probe_fit import Array, measure, stacked
from cluster.scoring.probe_play import EmulatorStage, NativeStage, Played, play
from cluster.scoring.probe_truths import AHEAD, MEASURES, Truths, measurable, windup_truths
from cluster.scoring.probe_view import HEADINGS, rows, table
from tests.runs import SMALL, command
from tests.windup.arenas import ABOVE, GROUND, arena, column, pit
from windup.eyes import EYES
from windup.level_data import compile_level
from windup.native.games import Games
from windup.native.library import NativeUnavailable, add_level
from world_model.model import WorldModel
from world_model.spec import WorldModelSpec

pytestmark = pytest.mark.slow

LEFT, RIGHT, JUMP = 1, 2, 9
START = 40
SMALL_SPEC = WorldModelSpec(actions=10, latent=8, hidden=16, mixtures=2, inverse_hidden=8)


def truths_at(*pieces: tuple[int, int, str], actions: tuple[int, ...] = ()) -> dict[str, list[float]]:
    """In an arena, after some steps."""
    games = Games(1, 0)
    games.reset([0], add_level(compile_level(arena("Playroom.Act1", (START, ABOVE), *pieces))))
    for action in actions:
        games.step([action], [False])
    eyes = np.empty((1, EYES), np.float32)
    games.eyes(eyes)
    return {name: values[0].tolist() for name, values in windup_truths(eyes).items()}


def test_terrain_ahead_is_how_far_down_the_ground_is() -> None:
    # The player's centre is in the second block above the ground.
    assert truths_at()["terrain_ahead"] == [2.0] * AHEAD
    # A step up of two blocks from the third column on, and a pit two wide after it.
    step = [(START + 3, y, "##") for y in (GROUND - 2, GROUND - 1)]
    ahead = truths_at(*step, *pit(START + 5, 2))["terrain_ahead"]
    assert ahead[:4] == [2, 2, 0, 0]
    assert ahead[4:] == [8, 8]
    # Ground behind the player is not ahead.
    assert truths_at(*column(START - 3, "#"))["terrain_ahead"] == [2.0] * AHEAD


@pytest.mark.parametrize(
    ("piece", "hazard"),
    [
        ((START + 4, GROUND, "^"), 1),
        ((START + 4, ABOVE, "w"), 1),
        ((START + 4, ABOVE, "h"), 1),
        ((START + 4, ABOVE - 5, "x"), 1),
        ((START - 3, GROUND, "^"), 0),
        ((START - 3, ABOVE, "w"), 0),
        ((START + 8, GROUND, "^"), 0),
        ((START + 8, ABOVE, "h"), 0),
        ((START + 4, ABOVE - 10, "f"), 0),
        ((START + 4, ABOVE, "o"), 0),
    ],
)
def test_hazards_ahead_are_those_that_are_near_and_to_the_right(piece: tuple[int, int, str], hazard: int) -> None:
    # Objects are there from the second frame on.
    assert truths_at(piece, actions=(0,))["hazard_ahead"] == [hazard]


def test_speed_ground_and_place_on_the_screen() -> None:
    still, right, jump = (truths_at(actions=(0, 0, 0, *more)) for more in ((), (RIGHT,) * 10, (JUMP,) * 3))
    assert (still["speed_x"], still["speed_y"], still["on_ground"]) == ([0], [0], [1])
    assert right["speed_x"][0] > 0 == right["speed_y"][0]
    assert truths_at(actions=(0, 0, 0, *(LEFT,) * 10))["speed_x"][0] == -right["speed_x"][0]
    assert jump["speed_y"][0] < 0
    assert jump["on_ground"] == [0]
    assert jump["screen_y"][0] < still["screen_y"][0]
    # The camera lags behind who runs.
    assert right["screen_x"][0] > still["screen_x"][0]


@pytest.fixture(scope="module")
def fit() -> Played:
    return play(NativeStage(10, 64), 10, 120, SPLITS["windup-train"], 64, 0)


@pytest.fixture(scope="module")
def judge() -> Played:
    return play(NativeStage(5, 64), 5, 80, SPLITS["windup-validation"], 64, 1)


def test_the_player_plays_the_same_for_a_seed_and_gets_on(fit: Played) -> None:
    again = play(NativeStage(10, 64), 10, 120, SPLITS["windup-train"], 64, 0)
    assert (again.frames == fit.frames).all()
    assert (again.actions == fit.actions).all()
    other = play(NativeStage(10, 64), 10, 120, SPLITS["windup-train"], 64, 1)
    assert (other.actions != fit.actions).any()
    assert fit.first[0].all()
    assert counted(fit) == fit.first.size - fit.first.sum()
    assert list(fit.truths) == list(MEASURES)
    assert fit.truths["speed_x"].mean() > 0.02
    assert set(np.unique(fit.truths["on_ground"])) == {0.0, 1.0}


def test_by_an_emulator_s_variables_truths_are_the_same() -> None:
    levels = SPLITS["windup-validation"][:1]
    native = play(NativeStage(1, 64), 1, 60, levels, 64, 3)
    emulated = play(EmulatorStage(WINDUP), 1, 60, levels, 64, 3)
    assert (native.frames == emulated.frames).all()
    assert (native.first == emulated.first).all()
    assert list(emulated.truths) == ["speed_x", "screen_x", "speed_y", "screen_y"]
    # The eyes' unit is 160 px from the middle; variables count from the screen's corner.
    middle = emulated.truths["screen_x"] - 160
    assert np.abs(native.truths["screen_x"] * 160 - middle).max() <= 1
    settled = ~native.first & ~np.roll(native.first, 1, 0)
    both = native.truths["speed_x"][settled].ravel(), emulated.truths["speed_x"][settled].ravel()
    assert np.corrcoef(*both)[0, 1] > 0.8


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("x", "y"), ["speed_x", "speed_y"]),
        (("x", "y", "screen_x", "screen_y", "lives"), ["speed_x", "screen_x", "speed_y", "screen_y"]),
        (("lives", "score"), []),
    ],
)
def test_what_a_game_s_variables_can_tell(names: tuple[str, ...], expected: list[str]) -> None:
    assert measurable(names) == expected


def test_the_instrument_tells_knowledge_from_noise(fit: Played, judge: Played) -> None:
    """An oracle, whose features hold the truths in some way, and one whose features have nothing to do with them."""
    mixing = np.random.default_rng(5).normal(size=(stacked(at(fit)).shape[1], 24)).astype(np.float32)

    def know(played: Played) -> dict[str, Array]:
        values = np.concatenate(list(played.truths.values()), -1)
        noise = np.random.default_rng(len(played.frames)).normal(size=(*values.shape[:2], 24)).astype(np.float32)
        return {"oracle": values @ mixing, "noise": noise}

    result = readings(know, fit, judge, 0)
    for name, kind in MEASURES.items():
        assert result["oracle"][name].best > 0.97, name
        if kind == "r2":
            assert -0.5 < result["noise"][name].best < 0.05, name
        else:
            assert 0.3 < result["noise"][name].best < 0.7, name


def at(played: Played) -> Truths:
    return {name: values[~played.first] for name, values in played.truths.items()}


def test_an_oracle_that_is_not_linear_is_read_by_the_other_probe() -> None:
    rng = np.random.default_rng(1)

    def moments(steps: int) -> Played:
        first = np.zeros((steps, 10), bool)
        truth = rng.uniform(0, 1, (steps, 10, 1)).astype(np.float32)
        numbers = first.astype(np.int64)
        return Played(np.zeros((steps, 10, 0), np.uint8), numbers, first, numbers, {"screen_x": truth})

    def know(played: Played) -> dict[str, Array]:
        # Its square root with either sign: linearly there is nothing in it.
        root = np.sqrt(played.truths["screen_x"])
        return {"root": (root * rng.choice([-1, 1], root.shape)).astype(np.float32)}

    reading = readings(know, moments(1500), moments(200), 0)["root"]["screen_x"]
    assert reading.probe == "mlp"
    assert reading.best == reading.each["mlp"] > 0.9 > 0.1 > reading.each["ridge"]


def test_measures() -> None:
    truth = np.array([[0.0], [0.0], [1.0], [1.0]], np.float32)
    assert measure("auroc", truth * 3 - 7, truth) == 1.0
    assert measure("auroc", -truth, truth) == 0.0
    assert measure("auroc", np.array([[0.0], [2.0], [1.0], [3.0]], np.float32), truth) == 0.75
    assert measure("auroc", np.zeros_like(truth), truth) == 0.5
    assert measure("r2", truth, truth) == 1.0
    assert measure("r2", np.full_like(truth, 0.5), truth) == 0.0
    assert np.isnan(measure("r2", truth, np.ones_like(truth)))
    assert np.isnan(measure("auroc", truth, np.ones_like(truth)))
    # A column that never changes does not count.
    assert measure("r2", np.hstack([truth, truth]), np.hstack([truth, np.ones_like(truth)])) == 1.0


def test_knowledge_is_an_actor_s(fit: Played) -> None:
    """h is of M's steps along the play, anew where an episode begins."""
    torch.manual_seed(0)
    model = WorldModel(SMALL_SPEC)
    known = knowledge(model, fit)
    assert known["z"].shape == (*fit.first.shape, 16)
    assert known["zh"].shape == (*fit.first.shape, 24)
    z, h = known["zh"][..., :8], known["zh"][..., 8:]
    assert (known["z"][..., :8] == z).all()
    assert np.allclose(known["z"][1:, :, 8:], z[1:] - z[:-1], atol=1e-6)
    assert (h[fit.first] == 0).all()
    with torch.inference_mode():
        unrolled = model.forward_model.unroll(
            *(torch.from_numpy(a).transpose(0, 1) for a in (z, fit.actions, fit.first)),
            model.forward_model.initial_state(10),
        )
    # h after a step is that of the next moment.
    same = ~fit.first[1:]
    assert np.allclose(unrolled.transpose(0, 1).numpy()[:-1][same], h[1:][same], atol=0.03)


def test_what_is_found_is_finite(fit: Played, judge: Played) -> None:
    torch.manual_seed(0)
    model = WorldModel(SMALL_SPEC)
    result = probe(model, fit, judge, 0)
    assert list(result) == list(MEASURES)
    for name, kind in MEASURES.items():
        assert result[name][kind].keys() == result[name]["untrained"].keys() == {"z", "zh"}
        for values in (result[name][kind], result[name]["untrained"], {"supervised": result[name]["supervised"]}):
            assert all(np.isfinite(value) and value <= 1 for value in values.values())
        for feature in ("z", "zh"):
            assert result[name][kind][feature] == result[name][result[name]["probe"][feature]][feature]
    assert len(rows(result)) == table(result).row_count == len(MEASURES)
    assert all(len(row) == len(HEADINGS) for row in rows(result))


def test_a_truth_that_never_changes_has_no_measure(fit: Played, judge: Played) -> None:
    still = replace(judge, truths=judge.truths | {"on_ground": np.ones_like(judge.truths["on_ground"])})
    result = probe(WorldModel(SMALL_SPEC), fit, still, 0)
    assert result["on_ground"]["auroc"] == {"z": None, "zh": None}
    assert result["speed_x"]["r2"]["z"] is not None
    json.dumps(result, allow_nan=False)


def test_the_supervised_net_learns_what_it_has_seen(fit: Played) -> None:
    scores = supervised(WorldModelSpec(actions=10), fit, fit, 0)
    assert scores["screen_y"] > 0.1
    assert scores["on_ground"] > 0.7


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    words = [*SMALL, "--emulator", "native", "--levels", "Playroom.Act1", "--steps", 300]
    done = command("train", "--serial", "--runs-dir", folder, "--name", "a", *words)
    assert done.returncode == 0, done.stderr
    return folder / "a"


def test_the_command_writes_a_file_into_the_run_s_folder_and_the_report_shows_it(run: Path) -> None:
    assert probe_section(read_history(run)) is None
    done = command("probe", run, "--frames", 800)
    assert done.returncode == 0, done.stderr
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert lines[0] == list(HEADINGS)
    assert [line[0] for line in lines[1:]] == [name.replace("_", " ") for name in MEASURES]
    result = json.loads((run / "probe.json").read_text())
    assert np.isfinite(result["terrain_ahead"]["r2"]["zh"])
    about = result["about"]
    assert (about["game"], about["seed"]) == (WINDUP, 0)
    assert about["steps"] == json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])["steps_total"]
    assert about["frames"]["fit"] + about["frames"]["judge"] <= 800
    assert {Level(WINDUP, state) for state in about["levels"]["judge"]} == set(SPLITS["windup-validation"])
    assert about["processor"]
    section = probe_section(read_history(run))
    assert section
    assert "terrain ahead" in section[1][1]
    (checkpoint,) = sorted((run / "checkpoints").iterdir())[-1:]
    other = run.parent / "other.json"
    assert command("probe", checkpoint, "--frames", 800, "--json", other, fork=False).returncode == 0
    again = json.loads(other.read_text())
    assert {name: again[name] for name in MEASURES} == {name: result[name] for name in MEASURES}


def test_a_damaged_file_is_told_in_the_report(run: Path) -> None:
    (run / "probe.json").write_text('{"terrain_ahead": 3}')
    section = probe_section(read_history(run))
    (run / "probe.json").unlink()
    assert section
    assert "probe.json cannot be read" in section[1][0]


def test_bad_input_is_one_line(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(message: str, **given: object) -> None:
        with pytest.raises(UsageError, match=message) as caught:
            probe_command(ProbeArguments(**({"run": run} | given)))  # type: ignore[arg-type]
        assert "\n" not in str(caught.value)

    refused("--frames 10: 400 to 1,000,000", frames=10)
    refused("--seed -1", seed=-1)
    refused("no config.yaml", run=tmp_path)
    refused("there is no folder", json=tmp_path / "no" / "a.json")
    config = (run / "config.yaml").read_text()
    try:
        (run / "config.yaml").write_text(config.replace("levels: Playroom.Act1", "levels: Airstriker-Genesis-v0"))
        refused("Airstriker-Genesis-v0 has no variables x and y")
    finally:
        (run / "config.yaml").write_text(config)

    def missing() -> None:
        raise NativeUnavailable("the native game was not built")

    monkeypatch.setattr("actors.emulation.native_levels.library", missing)
    refused("probe: .*the native game was not built")
