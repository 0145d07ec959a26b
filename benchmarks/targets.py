"""Targets of the system's speed, beside the measured figures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from benchmarks.sections import key

Results = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """A target of a figure.

    Attributes:
        what: name of the figure.
        section: of the benchmarks.
        measured: takes the figure from the section's result.
        required: the least value, or with `most` the most; None: the figure is shown without a target.
    """

    what: str
    section: str
    measured: Callable[[Results], float]
    required: float | None
    most: bool = False
    unit: str = ""


def _to(peer: str) -> Callable[[Results], float]:
    return lambda result: float(result["peers"][peer]["ratio"])


TARGETS = (
    Target("emulator pool, of the bare `em.step()` loop", "roofline", lambda r: r["pool_to_bare"], 0.95),
    Target("rollouts with learners paused, of the roofline", "roofline", lambda r: r["rollouts_to_limit"], 0.90),
    Target("whole training run, to stock RLlib PPO from pixels", "peers", _to("RLlib PPO"), 3.0),
    Target("whole training run, to Stable-Baselines3 PPO", "peers", _to("Stable-Baselines3 PPO"), 1.5),
    Target("whole training run, to Sample Factory APPO", "peers", _to("Sample Factory APPO"), 1.5),
    Target(
        "updates of the 2018 world model (`seed`), to a plain float32 loop",
        "world_model",
        lambda r: r["presets"]["seed"]["ours_to_plain"],
        3.0,
    ),
    Target("rollouts of one actor a core, to linear", "scaling", lambda r: r["real"][-1]["linear"], 0.9),
    Target("64 actors that sleep, to linear", "scaling", lambda r: r["paced"][-1]["linear"], 0.9),
    Target(
        "a new version at 64 actors, median",
        "data_path",
        lambda r: r["weights"]["small"]["all_actors_seconds_median"],
        1.0,
        most=True,
        unit=" s",
    ),
    Target(
        "the sequence pool takes in, through Ray",
        "data_path",
        lambda r: r["sequences"]["small"]["shipped_megabytes_per_second"],
        500.0,
        unit=" MB/s",
    ),
    Target(
        "an iteration in the last tenth of an hour, to one in the first",
        "endurance",
        lambda r: r["trends"]["iteration_seconds"]["ratio"],
        1.05,
        most=True,
    ),
    Target("a rollout actor with all metrics, of its speed without", "metrics_overhead", lambda r: r["ratio"], 0.98),
)

NATIVE = (
    Target("a step on one core, times as fast as the emulator's", "native", lambda r: r["step"]["step_ratio"], 8.0),
    Target(
        "an episode's begin, its first frame drawn",
        "native",
        lambda r: r["step"]["reset_us"],
        20.0,
        most=True,
        unit=" us",
    ),
    Target(
        "memory of a game, with its observation",
        "native",
        lambda r: r["step"]["bytes_a_game"] / 1024,
        200.0,
        most=True,
        unit=" KiB",
    ),
    Target("pool of 24, to the emulators'", "native", lambda r: r["pool"]["ratio"], 8.0),
    Target(
        "rollouts with learners paused, to the emulators'", "native", lambda r: r["rollouts"]["native"][0]["ratio"], 2.0
    ),
    Target("whole training run, to one on emulators", "native", lambda r: r["training"]["native"]["ratio"], 1.4),
    Target(
        "Stable-Baselines3 PPO from pixels, to the same on stable-retro", "peers", lambda r: _gained(r["peers"]), None
    ),
)
"""Targets of the native game."""


def _gained(peers: Results) -> float:
    """Returns the ratio of two peers. Both were compared with runs of ours at their own time, so it is meaningful."""
    return float(peers["Stable-Baselines3 PPO"]["ratio"] / peers["Stable-Baselines3 PPO, native game"]["ratio"])


def rows(
    results: Results, targets: Sequence[Target] = TARGETS, without: bool = False
) -> list[tuple[str, str, str, bool | None]]:
    """Returns of each target: name, figure, target, and whether it is met (None without a figure or a target).

    Args:
        without: as measured without bfloat16.
    """
    cells: list[tuple[str, str, str, bool | None]] = []
    for target in targets:
        required = (
            "" if target.required is None else f"{'<=' if target.most else '>='} {target.required:g}{target.unit}"
        )
        try:
            measured = target.measured(results[key(target.section, without)])
        except KeyError:
            cells.append((target.what, "not measured", required, None))
            continue
        met = None
        if target.required is not None:
            met = measured <= target.required if target.most else measured >= target.required
        shown = f"{measured:,.0f}" if measured >= 100 else f"{measured:.2f}"
        cells.append((target.what, f"{shown}{target.unit}", required, met))
    return cells


_MET = {True: "met", False: "NOT MET", None: ""}


def table(results: Results) -> Table:
    shown = Table("target", "measured", "required", "", title="targets")
    for what, measured, required, met in rows(results):
        shown.add_row(what, measured, required, _MET[met])
    return shown


def native_table(results: Results) -> Table:
    """Makes the table of the native game's targets, with the figures without bfloat16 beside."""
    shown = Table("target", "required", "measured", "", "without bfloat16", "", title="The native game")
    both = zip(rows(results, NATIVE), rows(results, NATIVE, without=True), strict=True)
    for (what, measured, required, met), (_, other, _, other_met) in both:
        shown.add_row(what, required, measured, _MET[met], other, _MET[other_met])
    return shown
