"""Contests: scores and intervals, what a folder keeps and refuses, who may take part."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from actors.games.levels import SPLITS, Level
from cluster.cli import main
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError
from cluster.run.folder import RunFolder
from cluster.scoring import leaderboard
from cluster.scoring.contest import Contestant, Match, Result, find_contestants, write_result
from cluster.scoring.folder import ContestFolder
from cluster.scoring.leaderboard_plot import write_plot
from cluster.scoring.match import RunningMatch

ONE, TWO = SPLITS["windup-validation"][:2]
AGENTS = [Contestant("random", ("--policy", "random")), Contestant("jerk", ("--policy", "jerk"))]


def _matches(seeds: int) -> list[Match]:
    return [Match(agent.name, level, seed) for seed in range(seeds) for agent in AGENTS for level in (ONE, TWO)]


def _result(*returns: float) -> Result:
    return Result(list(returns), [10] * len(returns), [1.0] * len(returns))


def test_an_interval_is_student_ts_and_one_seed_has_none() -> None:
    assert leaderboard.Score((3.0,)).interval is None
    # 4.3027 is the 97.5% quantile for two degrees of freedom, by any table.
    assert leaderboard.Score((1.0, 2.0, 3.0)).interval == pytest.approx(4.302653 / 3**0.5)


def test_a_score_is_the_mean_over_episodes_then_levels_then_seeds() -> None:
    scores = {
        ("random", ONE): [_result(1, 2, 3), _result(4)],
        ("random", TWO): [_result(10), _result(20, 40)],
        ("jerk", ONE): [_result(100), _result(100)],
        ("jerk", TWO): [_result(200), _result(300)],
    }
    results = {match: scores[match.agent, match.level][match.seed] for match in _matches(2)}
    jerk, random = leaderboard.rank(_matches(2), results)
    assert (jerk.agent, random.agent) == ("jerk", "random")
    assert random.overall.seeds == (6.0, 17.0)
    assert random.overall.mean == 11.5
    assert random.overall.interval == pytest.approx(12.706205 * 5.5)
    assert random.levels[str(TWO)].seeds == (10.0, 30.0)
    assert jerk.overall.seeds == (150.0, 200.0)


def test_a_seed_counts_when_all_its_levels_are_played() -> None:
    results = {match: _result(5.0) for match in _matches(2)}
    del results[Match("jerk", TWO, 1)]
    del results[Match("random", ONE, 0)], results[Match("random", ONE, 1)]
    jerk, random = leaderboard.rank(_matches(2), results)
    assert (jerk.agent, jerk.overall.seeds) == ("jerk", (5.0,))
    assert random.overall.mean is None
    lines = leaderboard.lines([jerk, random]).splitlines()
    assert [line.split("\t") for line in lines[:3]] == [
        ["agent", "level", "score", "interval", "seeds"],
        ["jerk", "overall", "5.0", "-", "1"],
        ["jerk", str(ONE), "5.0", "0.0", "2"],
    ]
    assert lines[4].split("\t") == ["random", "overall", "-", "-", "0"]


def test_tables_and_files(tmp_path: Path) -> None:
    standings = leaderboard.rank(_matches(2), {match: _result(1234.5) for match in _matches(2)})
    console = Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None)
    for table in leaderboard.tables(standings):
        console.print(table)
    assert isinstance(console.file, io.StringIO)
    # Two agents, overall and on two levels.
    assert console.file.getvalue().count("1234.5") == 6
    leaderboard.write_json(tmp_path / "a.json", standings, {"steps": 7})
    content = json.loads((tmp_path / "a.json").read_text())
    assert content["steps"] == 7
    assert content["leaderboard"][1]["levels"][str(ONE)] == {
        "mean": 1234.5,
        "interval_95": 0.0,
        "seeds": [1234.5, 1234.5],
    }
    write_plot(tmp_path / "a.png", standings, 7)
    assert (tmp_path / "a.png").read_bytes()[1:4] == b"PNG"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "a.png"]


def test_a_folder_keeps_results_and_takes_more_agents(tmp_path: Path) -> None:
    matches = _matches(1)
    with ContestFolder(tmp_path / "a", 50, AGENTS[:1], [ONE]) as folder:
        assert folder.results(matches) == {}
        matches[0].folder(tmp_path / "a").mkdir(parents=True)
        write_result(matches[0], _result(1.5, 2.5), tmp_path / "a")
        with pytest.raises(UsageError, match="is in use by another process"):
            ContestFolder(tmp_path / "a", 50, AGENTS, [ONE])
    with ContestFolder(tmp_path / "a", 50, AGENTS, [ONE, TWO]) as folder:
        assert folder.results(matches) == {matches[0]: _result(1.5, 2.5)}
        assert matches[0].agent == "random"


def test_a_folder_whose_start_was_killed_is_begun_anew(tmp_path: Path) -> None:
    for name in (".lock", ".contest.json.tmp"):
        (tmp_path / name).write_text("")
    with ContestFolder(tmp_path, 50, AGENTS[:1], [ONE]):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "contest.json"]


def test_a_folder_refuses_what_would_mix(tmp_path: Path) -> None:
    old = Contestant("mine", ("/runs/mine/checkpoints/iteration-1",), Path("/runs/mine/checkpoints/iteration-1"))
    with ContestFolder(tmp_path / "a", 50, [old], [ONE]):
        pass
    with pytest.raises(UsageError, match=r"--steps 60: the contest in .* has 50"):
        ContestFolder(tmp_path / "a", 60, [old], [ONE])
    new = Contestant("mine", ("/runs/mine/checkpoints/iteration-2",), Path("/runs/mine/checkpoints/iteration-2"))
    with pytest.raises(UsageError, match=r"AGENT mine: in .* it is /runs/mine/checkpoints/iteration-1, not"):
        ContestFolder(tmp_path / "a", 50, [new], [ONE])
    about = json.loads((tmp_path / "a" / "contest.json").read_text())
    (tmp_path / "a" / "contest.json").write_text(json.dumps(about | {"roms": {ONE.game: "0"}}))
    with pytest.raises(UsageError, match=f"it holds results of another ROM of {ONE.game}"):
        ContestFolder(tmp_path / "a", 50, [old], [ONE])
    (tmp_path / "a" / "contest.json").write_text("[1]")
    with pytest.raises(UsageError, match=r"contest\.json is damaged"):
        ContestFolder(tmp_path / "a", 50, [old], [ONE])
    with pytest.raises(UsageError, match="it is neither empty nor the folder of a contest"):
        ContestFolder(tmp_path, 50, [old], [ONE])
    # And is not in use for that.
    (tmp_path / "a" / "contest.json").unlink()
    with ContestFolder(tmp_path / "a", 50, [old], [ONE]):
        pass


def _run(folder: Path, levels: str) -> Path:
    run = RunFolder.create(TrainConfig(levels=levels, runs_dir=folder, name="mine"))
    with run.checkpoints.writing(1, {"steps_total": 1}):
        pass
    run.close()
    return run.path


def test_who_takes_part(tmp_path: Path) -> None:
    run = _run(tmp_path, "windup-train")
    checkpoint = run / "checkpoints" / "iteration-00000001"
    result = find_contestants(["jerk", str(run), f"{run}+learn", str(checkpoint)], [ONE])
    assert [contestant.name for contestant in result] == ["jerk", "mine", "mine+learn", "mine-iteration-00000001"]
    assert result[0].words == ("--policy", "jerk")
    assert result[1].words == (str(checkpoint),)
    assert (result[2].words, result[2].learns) == ((str(checkpoint), "--learn"), True)
    with pytest.raises(UsageError, match="there are two of the name mine"):
        find_contestants([str(run), str(run)], [ONE])
    with pytest.raises(UsageError, match=r"AGENT jrek: it must be random, .*, or the folder of a run"):
        find_contestants(["jrek"], [ONE])
    with pytest.raises(UsageError, match="it was trained on Windup-Genesis-v0, whose actions are not those of Airstr"):
        find_contestants([str(run)], [Level("Airstriker-Genesis-v0", "Level1")])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["contest"], "no agent given; name any of random, hold-right, jerk, ppo"),
        (["contest", "random", "--steps", "0"], "--steps 0: 1 to 1,000,000,000,000,000 is allowed"),
        (["contest", "random", "--seeds", "0"], "--seeds 0"),
        (["contest", "random", "--levels", "Windup-Genesis-v0/Atic"], "do you mean"),
        (["contest", "random", "--levels", "a", "--split", "train"], "exclude each other"),
        (["agent", "--dir", "d"], "nothing to play"),
        (["agent", "r", "--policy", "jerk", "--dir", "d"], "exclude each other"),
        (["agent", "--policy", "jerk", "--learn", "--dir", "d"], "--learn: it is for a RUN"),
        (["agent", "r", "--out", "o", "--dir", "d"], "--out o: it is for the run that --learn makes"),
        (["agent", "--policy", "jerk", "--dir", "d" * 110], "107 bytes"),
        (
            ["agent", "--policy", "jerk", "--dir", "d", "--seed", "-1"],
            "--seed -1: 0 to 18,446,744,073,709,551,615 is allowed",
        ),
        (["agent", "/none", "--dir", "d"], "RUN /none is not the folder of a run"),
    ],
)
def test_bad_input(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_match_that_fails_says_why(tmp_path: Path) -> None:
    nowhere = Match("random", Level(ONE.game, "Nowhere"), 0)
    played = RunningMatch(nowhere, AGENTS[0], tmp_path / "a", tmp_path / "m", 10, movies=False)
    try:
        while not played.ended():
            pass
        assert played.failure.startswith("the host failed with exit code 2: error: ")
        assert "Nowhere" in played.failure
    finally:
        played.close()
    assert not (tmp_path / "m").exists()
