"""The command `sonic-worlds contest`."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro
from rich.console import Console

from actors.portable.file_lock import unguarded
from cluster.commands.selected_levels import selected_levels
from cluster.config.bounds import require_between
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError
from cluster.config.extras import require_extra
from cluster.host.elsewhere import elsewhere
from cluster.host.janitor import Janitor
from cluster.host.stopper import Stopper
from cluster.scoring import leaderboard
from cluster.scoring.contest import BASELINES, Contestant, Match, find_contestants
from cluster.scoring.contest_view import ContestView
from cluster.scoring.folder import ContestFolder
from cluster.scoring.play import ContestPlay
from world_model.section import MOST_STEPS


@dataclass(frozen=True)
class ContestArguments:
    """Lets agents learn and play by the Retro Contest's protocol, and ranks them."""

    agents: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="AGENT ...")]
    """Agents: random, hold-right, jerk, ppo, or folders of runs, whose newest checkpoints play. FOLDER+learn goes on
    learning as it plays."""
    split: Literal["train", "validation"] | None = None
    """Split of the free game whose levels are played. None: validation."""
    levels: str | None = None
    """Levels to play instead of a split: splits, games, GAME/STATE, or patterns with *, comma separated."""
    steps: int = 1_000_000
    """Steps that an agent has on each level, where its score is the mean return of all its episodes."""
    seeds: int = 3
    """Matches of each agent on each level, each with a seed; intervals are over the seeds."""
    parallel: int | None = None
    """Matches that run at the same time. None: as many as there are cores."""
    out: Path = Path("runs/contest")
    """Folder for results, logs and leaderboard. A contest that it holds goes on."""
    movies: bool = False
    """Keep a bk2 movie of every episode."""


def contest_command(arguments: ContestArguments, console: Console | None = None) -> int:
    """Plays the matches without a result and prints the leaderboard; returns the exit code: 1 if a match failed.

    Raises:
        UsageError: the arguments are wrong, or the extra `plots` is not installed.
    """
    console = console or Console(highlight=False)
    _check(arguments)
    require_extra("contest", "plots")
    levels = selected_levels(arguments.split, arguments.levels, TrainConfig())
    contestants = find_contestants(arguments.agents, levels)
    # All agents by one seed before any by the next: a leaderboard is there early.
    matches = [Match(c.name, lv, seed) for seed in range(arguments.seeds) for c in contestants for lv in levels]
    with ContestFolder(arguments.out, arguments.steps, contestants, levels) as folder:
        results = folder.results(matches)
        waiting = [match for match in matches if match not in results]
        with ContestView(len(waiting), arguments.steps) as view:
            if folder.unlocked:
                view.say(unguarded(arguments.out, folder.unlocked))
            kept = f", {len(results):,} have results already" if results else ""
            view.say(f"{len(matches):,} matches of {arguments.steps:,} steps in {arguments.out}{kept}")
            given_up, stopped = _play(arguments, contestants, waiting, view) if waiting else (0, False)
            if stopped:
                view.say("stopped; the same command goes on with what is left")
                return 130
        standings = leaderboard.rank(matches, folder.results(matches))
        _write(arguments, standings)
    if console.is_terminal:
        for table in leaderboard.tables(standings):
            console.print(table)
    else:
        print(leaderboard.lines(standings), file=console.file)
    return 1 if given_up else 0


def _check(arguments: ContestArguments) -> None:
    if not arguments.agents:
        raise UsageError(f"contest: no agent given; name any of {', '.join(BASELINES)}, and folders of runs")
    for name, most in (("steps", MOST_STEPS), ("seeds", 1000), ("parallel", 1000)):
        require_between(f"--{name}", getattr(arguments, name), 1, most)


def _play(
    arguments: ContestArguments, contestants: Sequence[Contestant], matches: Sequence[Match], view: ContestView
) -> tuple[int, bool]:
    """Plays the matches; returns how many were given up, and whether a signal stopped the contest."""
    parallel = arguments.parallel or len(os.sched_getaffinity(0))
    with Janitor() as janitor, Stopper(lambda: view.say("stopping"), janitor.close) as stop:
        play = ContestPlay(arguments.out, contestants, arguments.steps, arguments.movies, janitor.folder)
        return play.play(matches, parallel, lambda: stop.requested, view), stop.requested


def _write(arguments: ContestArguments, standings: Sequence[leaderboard.Standing]) -> None:
    # Here, because what draws takes seconds to load.
    with elsewhere():
        from cluster.scoring.leaderboard_plot import write_plot

    about = {"steps": arguments.steps, "seeds": arguments.seeds}
    leaderboard.write_json(arguments.out / "leaderboard.json", standings, about)
    write_plot(arguments.out / "leaderboard.png", standings, arguments.steps)
