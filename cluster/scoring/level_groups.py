"""The groups of levels in a study's results: trained on or not, of a seen zone or not, with barriers or without."""

import json
from collections.abc import Iterable

from actors.games.games import WINDUP, game_file
from actors.games.levels import Level


def level_groups(evaluated: Iterable[Level], trained_on: Iterable[Level]) -> dict[str, list[Level]]:
    """Returns the levels of each group that is not empty. A level is in several groups.

    A zone is seen if one of its levels is trained on. Groups by barriers exist for Windup only.
    """
    levels, trained = list(evaluated), set(trained_on)
    seen = {(level.game, level.zone) for level in trained}
    new = [level for level in levels if level not in trained]
    groups = {
        "all levels": levels,
        "trained on": [level for level in levels if level in trained],
        "not trained on": new,
        "not trained on, seen zones": [level for level in new if (level.game, level.zone) in seen],
        "not trained on, unseen zones": [level for level in new if (level.game, level.zone) not in seen],
    }
    barriers = _barriers()
    for name in ("trained on", "not trained on"):
        groups[f"{name}, with barriers"] = [level for level in groups[name] if barriers.get(level)]
        groups[f"{name}, without barriers"] = [level for level in groups[name] if barriers.get(level) is False]
    return {name: its for name, its in groups.items() if its}


def _barriers() -> dict[Level, bool]:
    file = game_file(WINDUP, "levels.json")
    levels = json.loads(file.read_text())["levels"] if file else []
    return {Level(WINDUP, level["name"]): bool(level["barriers"]) for level in levels}
