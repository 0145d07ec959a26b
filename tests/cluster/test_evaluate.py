"""Scores as tables and JSON; which levels, run and checkpoint are meant."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from actors.agents.evaluator import Job, Outcome
from actors.agents.simple import HoldRight
from actors.emulation.settings import EmulatorSettings
from actors.games.levels import SPLITS, Level, split_of
from cluster.commands.evaluate import EvaluateArguments, _agent, _check
from cluster.commands.selected_levels import selected_levels
from cluster.commands.shown_level import ShownBy, plays_native
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError
from cluster.run.agent import find_run, load_agent
from cluster.run.checkpoints import Checkpoints
from cluster.run.folder import RunFolder
from cluster.scoring import scores
from cluster.scoring.evaluation import play_all
from cluster.scoring.evaluation_view import EvaluationView

pytestmark = pytest.mark.slow

SONIC = Level("SonicTheHedgehog-Genesis-v0", "GreenHillZone.Act1")
SPACE = Level("Airstriker-Genesis-v0", "Level1")


def _outcomes(level: Level, *given: float) -> list[Outcome]:
    return [Outcome(Job(level, i), score, 100 + i, terminated=True) for i, score in enumerate(given)]


def test_progress_and_completion_are_read_from_the_contests_score() -> None:
    # A level that is all but finished, one finished at the last frame with some rounding, one finished in time.
    (level,) = scores.per_level(_outcomes(SONIC, 4500.0, 8999.1, 8999.997, 9812.0))
    assert level.progress == [0.5, pytest.approx(0.9999), pytest.approx(1.0), 1.0]
    assert level.completed == [False, False, True, True]
    assert level.completion_rate == 0.5
    assert level.score_mean == pytest.approx((4500 + 8999.1 + 8999.997 + 9812) / 4)
    assert level.steps_mean == 101.5


def test_a_game_with_other_rules_has_a_score_alone() -> None:
    levels = scores.per_level([*_outcomes(SONIC, 9000.0, 0.0), *_outcomes(SPACE, 140.0, 160.0)])
    assert [level.name for level in levels] == [str(SONIC), str(SPACE)]
    assert (levels[1].progress_mean, levels[1].completion_rate) == (None, None)
    assert levels[1].score_std == 10.0
    both = scores.overall(levels)
    assert (both.score_mean, both.progress_mean, both.completion_rate) == (2325.0, 0.5, 0.5)
    lines = scores.lines(levels).splitlines()
    assert lines[0].split("\t") == ["level", "score", "std", "progress", "completed", "steps"]
    assert lines[2].split("\t") == [str(SPACE), "150.0", "10.0", "-", "-", "100"]
    assert lines[3].split("\t") == ["overall", "2325.0", "3854.3", "50.0%", "50.0%", "100"]


def test_the_table_of_a_narrow_terminal_has_every_name_in_full() -> None:
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    console.print(scores.table(scores.per_level(_outcomes(SPACE, 1234.5))))
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert shown.count("1234.5") == 2
    assert "overall" in shown
    assert "…" not in shown


def test_json_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    levels = scores.per_level([*_outcomes(SONIC, 9000.0, 0.0), *_outcomes(SPACE, 140.0, 160.0)])
    scores.write_json(file, levels, {"seed": 3})
    content = json.loads(file.read_text())
    assert content["seed"] == 3
    assert content["overall"]["score_mean"] == 2325.0
    assert content["levels"][str(SONIC)]["scores"] == [9000.0, 0.0]
    assert content["levels"][str(SONIC)]["completed"] == [True, False]
    assert content["levels"][str(SPACE)]["progress"] is None
    before = file.read_bytes()
    with pytest.raises(TypeError):
        scores.write_json(file, levels, {"seed": object()})
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_what_is_shown_where_there_is_no_terminal() -> None:
    console = Console(file=io.StringIO())
    with EvaluationView(4, console) as view:
        view.say("warning: [bold]")
        view.add(_outcomes(SPACE, 100.0, 200.0), 20)
        # The lines are some seconds apart.
        view.add([], 5)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == "warning: [bold]\n"


def test_what_is_shown_on_a_terminal() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    with EvaluationView(4, console) as view:
        view.add(_outcomes(SPACE, 100.0, 200.0), 20)
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "2/4" in shown
    assert "score 150" in shown


def _run(tmp_path: Path, levels: str = str(SPACE)) -> Path:
    run = RunFolder.create(TrainConfig(runs_dir=tmp_path, name="a", levels=levels))
    for iteration in (1, 2):
        with run.checkpoints.writing(iteration, {"steps_total": iteration}) as folder:
            (folder / "state.json").write_text("{}")
    run.close()
    return run.path


def test_a_run_means_its_newest_intact_checkpoint(tmp_path: Path) -> None:
    path = _run(tmp_path)
    first, second = sorted((path / "checkpoints").iterdir())
    assert find_run(path).checkpoint.path == second
    assert find_run(first).checkpoint.summary == {"steps_total": 1}
    assert find_run(first).config.levels == str(SPACE)
    (second / "state.json").write_text("[]")
    result = find_run(path)
    assert result.checkpoint.path == first
    assert "damaged" in result.warnings[0]
    with pytest.raises(UsageError, match="damaged"):
        find_run(second)
    with pytest.raises(UsageError, match="it holds no agent"):
        load_agent(result)


def test_a_run_that_is_writing_a_checkpoint_is_not_disturbed(tmp_path: Path) -> None:
    path = _run(tmp_path)
    checkpoints = Checkpoints(path / "checkpoints", 3)
    with checkpoints.writing(3, {"steps_total": 3}) as folder:
        (folder / "state.json").write_text("{}")
        assert find_run(path).checkpoint.iteration == 2
    assert find_run(path).checkpoint.iteration == 3


def test_what_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not the folder of a run"):
        find_run(tmp_path)
    RunFolder.create(TrainConfig(runs_dir=tmp_path, name="b")).close()
    with pytest.raises(UsageError, match="no checkpoint yet"):
        find_run(tmp_path / "b")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (EvaluateArguments(), "nothing to evaluate"),
        (EvaluateArguments(run=Path("runs/a"), policy="random"), "exclude each other"),
        (EvaluateArguments(policy="random", episodes=0), "--episodes 0"),
        (EvaluateArguments(policy="random", actors=0), "--actors 0"),
        (EvaluateArguments(policy="random", emulators_per_actor=-1), "--emulators-per-actor -1"),
        (EvaluateArguments(policy="random", seed=-1), "--seed -1"),
        (EvaluateArguments(policy="random", json=Path("/proc")), "--json /proc: it is a folder"),
        (EvaluateArguments(policy="random", json=Path("/none/a.json")), "no folder /none"),
    ],
)
def test_wrong_arguments(arguments: EvaluateArguments, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        _check(arguments)


def test_a_split_is_that_of_the_runs_game() -> None:
    # No ROM of Sonic is here, which is found out after the split is.
    for split in ("train", "validation"):
        config = TrainConfig(levels=f"contest-{split}")
        with pytest.raises(UsageError, match=rf"--split {split}: no ROM of {SPLITS[f'contest-{split}'][0].game}"):
            selected_levels("train" if split == "train" else None, None, config)
    with pytest.raises(UsageError, match="Airstriker-Genesis-v0 has no splits; name levels with --levels"):
        selected_levels(None, None, TrainConfig(levels=str(SPACE)))
    assert selected_levels(None, "Airstriker*", TrainConfig()) == [SPACE]
    with pytest.raises(UsageError, match="--split train and --levels a exclude each other"):
        selected_levels("train", "a", TrainConfig())


def test_generated_levels_are_asked_of_the_native_game_alone() -> None:
    levels = selected_levels(None, "windup-generated:3+9", TrainConfig(), native=True)
    assert [split_of(level) for level in levels] == ["windup-generated"] * 3
    # A contest asks so.
    with pytest.raises(UsageError, match=r"--levels windup-generated:3: .* is in no ROM"):
        selected_levels(None, "windup-generated:3", TrainConfig())
    # A split of the game is one of its 58 levels, whatever the run was trained on.
    trained = TrainConfig(levels="windup-generated:3")
    assert selected_levels("validation", None, trained) == list(SPLITS["windup-validation"])


def test_what_plays_is_as_the_run_was_trained_unless_it_is_said(tmp_path: Path) -> None:
    native = EmulatorSettings(kind="native")
    RunFolder.create(TrainConfig(runs_dir=tmp_path, name="n", emulator=native)).close()
    with Checkpoints(tmp_path / "n" / "checkpoints", 3).writing(1, {"steps_total": 1}) as folder:
        (folder / "state.json").write_text("{}")
    run = find_run(tmp_path / "n")
    kinds: list[ShownBy | None] = [None, "native", "local"]
    assert [plays_native(each, run) for each in kinds] == [True, True, False]
    assert [plays_native(each, None) for each in kinds] == [False, True, False]


def test_an_agent_that_needs_no_run() -> None:
    agent, _ = _agent(EvaluateArguments(policy="hold-right"), None, [SPACE])
    assert isinstance(agent, HoldRight)


@pytest.mark.usefixtures("ray_session")
def test_levels_of_two_games_are_played_one_game_after_the_other() -> None:
    windup = SPLITS["windup-train"][0]
    jobs = [Job(windup, 0), Job(SPACE, 0), Job(windup, 1)]
    steps: list[int] = []
    outcomes = play_all(jobs, HoldRight(), 64, 0, 1, 2, lambda ended, n: steps.append(n), lambda: False)
    assert [outcome.job for outcome in outcomes] == jobs
    # Holding right leaves nothing to chance.
    assert outcomes[0].score == outcomes[2].score
    assert sum(steps) == sum(outcome.steps for outcome in outcomes)
    levels = scores.per_level([outcomes[0], outcomes[2], outcomes[1]])
    assert levels[0].progress_mean == pytest.approx(min(outcomes[0].score / 9000, 1))
    assert levels[1].progress_mean is None
