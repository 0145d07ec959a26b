"""Compares the native game with emulators, all in one run, and finds the best number of games of an actor."""

from typing import Any

from rich.table import Table

from benchmarks.native.profile import measure_profile
from benchmarks.native.rollouts import measure_pool, measure_rollouts
from benchmarks.native.runs import measure_runs
from benchmarks.native.step import SIZE, measure_step
from cluster.config.config import TrainConfig


def measure() -> dict[str, Any]:
    """Returns the results of all parts; `profile` is by number of games of an actor: the default, and the best."""
    rollouts = measure_rollouts()
    best = rollouts["best"]
    return {
        "step": measure_step(),
        "pool": measure_pool(),
        "rollouts": rollouts,
        "training": measure_runs(best),
        "profile": {str(games): measure_profile(games) for games in sorted({TrainConfig().emulators_per_actor, best})},
    }


def table(result: dict[str, Any]) -> Table:
    step, pool, rollouts, runs = (result[part] for part in ("step", "pool", "rollouts", "training"))
    best = max(rollouts["native"], key=lambda row: row["ratio"])
    shown = Table("what", "native game", "emulators", "times as fast")
    for name, words in (
        ("step", f"a step of 4 frames, the last drawn, {SIZE}x{SIZE}, us of one core"),
        ("reset", "a reset with the first frame, us of one core"),
    ):
        native, emulator = step[f"{name}_us"], step[f"emulator_{name}_us"]
        shown.add_row(words, f"{native:,.1f}", f"{emulator:,.0f}", f"{step[f'{name}_ratio']:,.1f}")
    rates = [
        (f"pool of {pool['games']}, steps/s", pool["native"], pool["emulators"], pool["ratio"]),
        *(
            (
                f"rollouts, learners paused, {row['games']} games an actor, steps/s",
                row["steps_per_second"],
                rollouts["emulators"]["steps_per_second"],
                row["ratio"],
            )
            for row in (rollouts["native"][0], best)
        ),
        *(
            (
                f"whole training run, {row['games']} games an actor, steps/s",
                row["steps_per_second"],
                runs["emulators"]["steps_per_second"],
                row["ratio"],
            )
            for row in (runs["native"], runs["native_best"])
        ),
    ]
    for words, native, emulators, ratio in dict.fromkeys(rates):
        shown.add_row(words, f"{native:,.0f}", f"{emulators:,.0f}", f"{ratio:.1f}")
    trained = ", ".join(f"{runs[kind]['training_ratio']:.2f}" for kind in ("emulators", "native", "native_best"))
    shown.caption = (
        f"emulators: {rollouts['emulators']['games']} an actor, {rollouts['actors']} actors; steps trained on for each "
        f"sampled, in runs on emulators, on native games, and on {best['games']} an actor: {trained}"
    )
    return shown
