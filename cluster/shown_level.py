"""The level that a run's agent shall be shown on."""

from actors.games import actions_of
from actors.levels import Level, select_levels
from cluster.errors import UsageError
from cluster.run_agent import TrainedRun
from cluster.showing import one_level


def shown_level(run: TrainedRun, name: str | None) -> Level:
    """The level of that name; without one the run's first.

    Raises:
        UsageError: it is not one level, its ROM is missing, or the agent has not as many actions as its game.
    """
    first = select_levels(run.config.levels)[0]
    level = one_level("--level", name or str(first))
    known, asked = (len(actions_of(each.game)) for each in (first, level))
    if known != asked:
        raise UsageError(f"--level {level}: the game has {asked} actions, the run's agent knows {known}")
    return level
