"""Progress and completion from an episode's return, which the Retro Contest makes of 9000 x progress and a bonus."""

from functools import cache

from actors.games.games import game_file

_WHOLE_LEVEL = 9000.0
_ROUNDING = 0.25
"""Rounding error of a sum of 18,000 single-precision rewards, at most. The last pixel of a level is worth more."""


@cache
def has_contest_rules(game: str) -> bool:
    """Whether returns of the game follow the contest's rules: Sonic's games and our own."""
    return game_file(game, "contest.json") is not None


def progress_of(contest_return: float) -> float:
    """Returns the share of the level that lay behind the player at the episode's end, 0 to 1."""
    return min(max(contest_return / _WHOLE_LEVEL, 0.0), 1.0)


def is_completed(contest_return: float) -> bool:
    """Whether the episode reached the goal."""
    return contest_return >= _WHOLE_LEVEL - _ROUNDING
