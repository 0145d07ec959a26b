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
    rows += [(str(row["games"]), row, trained.get(row["games"])) for row in rollouts["native"]]
    for words, row, run in rows:
        shown.add_row(
            words,
            str(row["fragment"]),
            f"{row['steps_per_second']:,.0f}",
            f"{row['ratio']:.2f}",
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
    parts = sorted({part for row in profile.values() for part in row}, key=lambda part: -_most(profile, part))
    for part in parts:
        shown.add_row(part, *(f"{row.get(part, 0.0):.1f}" for row in profile.values()))
    shown.add_row("all", *(f"{sum(row.values()):.1f}" for row in profile.values()))
    return shown


def _most(profile: dict[str, dict[str, float]], part: str) -> float:
    return max(row.get(part, 0.0) for row in profile.values())
