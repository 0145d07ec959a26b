"""The level that a run's agent shall be shown on, and by what."""

from typing import Literal

from actors.games.games import actions_of
from actors.games.levels import Level, select_levels
from cluster.commands.showing import one_level
from cluster.config.errors import UsageError
from cluster.run.agent import TrainedRun

ShownBy = Literal["local", "native"]
"""What plays a level for evaluations, and to be looked at."""


def plays_native(shown_by: ShownBy | None, run: TrainedRun | None) -> bool:
    """Whether the native game does; where it is not said, as the run was trained."""
    return (shown_by or (run and run.config.emulator.kind)) == "native"


def shown_level(run: TrainedRun, name: str | None, native: bool) -> Level:
    """The level of that name; without one the run's first.

    Raises:
        UsageError: it is not one level, it cannot be played, or the agent has not as many actions as its game.
    """
    first = select_levels(run.config.levels)[0]
    level = one_level("--level", name or str(first), native)
    known, its_own = (len(actions_of(each.game)) for each in (first, level))
    if known != its_own:
        raise UsageError(f"--level {level}: the game has {its_own} actions, the run's agent knows {known}")
    return level
