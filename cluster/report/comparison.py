"""The comparison of several runs, in one HTML file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cluster.metrics.level_table import number
from cluster.report.page import Section, figures, note, page, table
from cluster.report.plots import curves
from cluster.run.history import RunHistory
from world_model.replaced_file import replace_text

_NUMBERS = (
    ("steps", "steps_total", ",.0f"),
    ("steps/s, 300 s", "steps_per_second_300s", ",.0f"),
    ("episodes", "episodes_total", ",.0f"),
    ("return of the last 100", "extrinsic_return_mean", ",.1f"),
    ("progress", "progress_mean", ".1%"),
    ("reached the goal", "completion_rate", ".1%"),
    ("curiosity's share of the reward", "curiosity_share", ".1%"),
    ("world-model loss", "world_model_loss", ",.1f"),
    ("world-model updates", "world_model_updates_total", ",.0f"),
    ("training ratio", "training_ratio", ".3f"),
    ("PPO updates", "ppo_updates_total", ",.0f"),
    ("emulators replaced", "emulator_restarts_total", ",.0f"),
)
_PLOTS = (
    ("Return of the last 100 episodes", "extrinsic_return_mean", "rewards"),
    ("Progress", "progress_mean", "share"),
    ("Steps per second, 60 s", "steps_per_second_60s", "steps/s"),
    ("Curiosity of a step", "curiosity_mean", "reward"),
    ("World-model loss", "world_model_loss", "loss"),
    ("Entropy of the policy", "ppo_entropy", "nats"),
)


def write_comparison(histories: Sequence[RunHistory], out: Path) -> None:
    """Writes the page, under a temporary name first."""
    names = _names(histories)
    plots = [
        (title, curves([(n, h.steps, h.column(key)) for n, h in zip(names, histories, strict=True)], what))
        for title, key, what in _PLOTS
    ]
    sections = [
        (
            "At the end",
            [table(("", *names), [(t, *(number(h.last, k, f) for h in histories)) for t, k, f in _NUMBERS])],
        ),
        ("Over time", [figures(plots)]),
        _levels(names, histories),
        _differences(names, histories),
    ]
    replace_text(out, page("Sonic Worlds: " + ", ".join(names), sections))


def _names(histories: Sequence[RunHistory]) -> list[str]:
    """Returns the runs' names, with their folders where two names are equal."""
    names = [history.name for history in histories]
    return [str(h.path) if names.count(name) > 1 else name for name, h in zip(names, histories, strict=True)]


def _levels(names: Sequence[str], histories: Sequence[RunHistory]) -> Section:
    levels = sorted({level for history in histories for level in history.levels})
    rows = [
        (level, *(number(h.levels.get(level, {}), "extrinsic_return_mean", ",.1f") for h in histories))
        for level in levels
    ]
    return "Levels", [note("Return of a level's last 20 episodes."), table(("level", *names), rows)]


def _differences(names: Sequence[str], histories: Sequence[RunHistory]) -> Section:
    configs = [_flat(history.config.model_dump(mode="json")) for history in histories]
    rows = [
        (key, *(str(config.get(key)) for config in configs))
        for key in configs[0]
        if key != "name" and len({str(config.get(key)) for config in configs}) > 1
    ]
    settings = table(("setting", *names), rows) if rows else note("They differ only in their names.")
    return "Settings that differ", [settings]


def _flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
