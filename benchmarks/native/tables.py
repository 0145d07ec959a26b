"""Further tables of the native game: by number of games of an actor, and by part of a step."""

from typing import Any

from rich.table import Table


def games_table(result: dict[str, Any]) -> Table:
    """Makes the table of rollouts and training runs by number of games of an actor."""
    rollouts, runs = result["rollouts"], result["training"]
    shown = Table(
        "games an actor",
        "steps of each in a fragment of PPO",
        "rollouts, steps/s",
        "to emulators",
        "training run, steps/s",
        "to emulators",
        "steps trained on for each sampled",
    )
    trained = {runs[kind]["games"]: runs[kind] for kind in ("native_best", "native")}
    emulators = rollouts["emulators"] | {"ratio": 1.0}
    rows = [(f"{emulators['games']} emulators", emulators, runs["emulators"])]
    rows += [(str(found["games"]), found, trained.get(found["games"])) for found in rollouts["native"]]
    for words, found, run in rows:
        shown.add_row(
            words,
            str(found["fragment"]),
            f"{found['steps_per_second']:,.0f}",
            f"{found['ratio']:.2f}",
            *(
                [f"{run['steps_per_second']:,.0f}", f"{run['ratio']:.2f}", f"{run['training_ratio']:.2f}"]
                if run
                else []
            ),
        )
    return shown


def profile_table(result: dict[str, Any]) -> Table:
    """Makes the table of the CPU time of a game's step in a single actor, by number of games."""
    profile = result["profile"]
    shown = Table("us of CPU for a step", *(f"{games} games" for games in profile))
    parts = sorted({part for found in profile.values() for part in found}, key=lambda part: -_most(profile, part))
    for part in parts:
        shown.add_row(part, *(f"{found.get(part, 0.0):.1f}" for found in profile.values()))
    shown.add_row("all", *(f"{sum(found.values()):.1f}" for found in profile.values()))
    return shown


def _most(profile: dict[str, dict[str, float]], part: str) -> float:
    return max(found.get(part, 0.0) for found in profile.values())
