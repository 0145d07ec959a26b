"""Chooses the level that a run's agent is shown on, and the emulator that plays it."""

from typing import Literal

from actors.games.games import actions_of
from actors.games.levels import Level, select_levels
from cluster.commands.showing import one_level
from cluster.config.errors import UsageError
from cluster.run.agent import TrainedRun

ShownBy = Literal["local", "native"]
"""Kinds of emulators for evaluations, `watch` and `dream`."""


def plays_native(shown_by: ShownBy | None, run: TrainedRun | None) -> bool:
    """Whether the native game plays; by default if the run was trained on it."""
    return (shown_by or (run and run.config.emulator.kind)) == "native"


def shown_level(run: TrainedRun, name: str | None, native: bool) -> Level:
    """Returns the level of a name; without a name the run's first level.

    Raises:
        UsageError: the name is not that of one level, or it cannot be played, or its game has another number of actions
            than the agent.
    """
    first = select_levels(run.config.levels)[0]
    level = one_level("--level", name or str(first), native)
    known, its_own = (len(actions_of(each.game)) for each in (first, level))
    if known != its_own:
        raise UsageError(f"--level {level}: the game has {its_own} actions, the run's agent knows {known}")
    return level
