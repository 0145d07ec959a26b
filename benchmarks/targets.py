"""What is asked of the system's speed, and what was measured."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich.table import Table

Results = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """
    Attributes:
        what: is measured.
        section: of the benchmarks.
        measured: from the section's result.
        asked: the least, or with `most` the most.
    """

    what: str
    section: str
    measured: Callable[[Results], float]
    asked: float
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


def rows(results: Results) -> list[tuple[str, str, str, bool | None]]:
    """Of each target: what, measured, asked, and whether it is met; None where it was not measured."""
    found: list[tuple[str, str, str, bool | None]] = []
    for target in TARGETS:
        asked = f"{'<=' if target.most else '>='} {target.asked:g}{target.unit}"
        try:
            measured = target.measured(results[target.section])
        except KeyError:
            found.append((target.what, "not measured", asked, None))
            continue
        met = measured <= target.asked if target.most else measured >= target.asked
        shown = f"{measured:,.0f}" if measured >= 100 else f"{measured:.2f}"
        found.append((target.what, f"{shown}{target.unit}", asked, met))
    return found


def table(results: Results) -> Table:
    shown = Table("target", "measured", "asked", "", title="targets")
    for what, measured, asked, met in rows(results):
        shown.add_row(what, measured, asked, {True: "met", False: "NOT MET", None: ""}[met])
    return shown
