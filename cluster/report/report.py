"""The report of a run: one HTML file, made from the run's folder alone."""

import io
import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import yaml
from PIL import Image

from actors.games.games import game_file
from actors.games.levels import Level
from actors.rollout.tally import Cell
from cluster.config.errors import UsageError
from cluster.metrics.catalogue import PHASES
from cluster.metrics.level_table import HEADINGS as LEVEL_HEADINGS
from cluster.metrics.level_table import level_row, number, shortened
from cluster.report.heat import heat_picture
from cluster.report.page import Section, facts, figures, folded, note, page, table
from cluster.report.pictures import glimpses
from cluster.report.plots import Line, curves, data_url, shares, spark
from cluster.run.agent import TrainedRun, find_run, load_visits
from cluster.run.folder import PROBE_FILE
from cluster.run.history import RunHistory
from cluster.scoring.probe_view import HEADINGS, rows
from world_model.finite import NotFiniteError
from world_model.replaced_file import replace_text

_MAPS = 60
_FAULTS = (
    ("emulator_restarts_total", "emulators replaced"),
    ("rollout_actor_restarts_total", "rollout actors restarted"),
    ("world_model_learner_restarts_total", "world-model learners restarted"),
    ("ppo_learner_restarts_total", "PPO learners restarted"),
    ("parameter_server_restarts_total", "parameter servers restarted"),
    ("valkey_restarts_total", "private Valkeys restarted"),
    ("silent_parts_total", "of these, parts that hung"),
    ("checkpoint_failures_total", "checkpoints that could not be written"),
    ("store_failures_total", "writes to Redis that failed"),
    ("weights_refused_total", "versions refused, which were not as published"),
    ("world_model_updates_skipped_total", "world-model updates left out, which were not finite"),
    ("world_model_divergences_total", "times that the world model went back to its last sound version"),
    ("ppo_updates_skipped_total", "minibatches of PPO left out, which were not finite"),
    ("ppo_divergences_total", "times that the policy went back to its last sound weights"),
    ("steps_not_finite_total", "steps whose latents, logits or rewards were not finite"),
    ("sequences_refused_total", "sequences thrown away by actors"),
)
"""Counters of faults, and their names in the report."""


def write_report(history: RunHistory, out: Path) -> None:
    """Writes the page, under a temporary name first.

    Without an intact checkpoint it has neither maps nor pictures, and a line that says so.
    """
    try:
        trained = find_run(history.path)
    except UsageError as error:
        trained, why = None, str(error)
    else:
        why = ""
    sections = [
        _summary(history),
        _throughput(history),
        _returns(history),
        _learning(history),
        _levels(history),
        _maps(history, load_visits(trained)) if trained else ("Maps", [note(why)]),
        _pictures(history, trained) if trained else ("What the world model sees", [note(why)]),
        *filter(None, [probe_section(history)]),
        _faults(history),
        ("Configuration", [folded("config.yaml", yaml.safe_dump(history.config.model_dump(mode="json")))]),
    ]
    replace_text(out, page(f"Sonic Worlds: {history.name}", sections))


def _summary(history: RunHistory) -> Section:
    last = history.last
    hours, rest = divmod(int(history.seconds), 3600)
    items = [
        ("steps", f"{last['steps_total']:,}"),
        ("frames", f"{last['frames_total']:,}"),
        ("of training", f"{hours} h {rest // 60} min {rest % 60} s"),
        ("steps/s on average", f"{last['steps_total'] / max(history.seconds, 1e-9):,.0f}"),
        ("episodes", f"{last['episodes_total']:,}"),
        ("return of the last 100", number(last, "extrinsic_return_mean", ",.1f")),
        ("progress", number(last, "progress_mean", ".1%")),
        ("reached the goal", number(last, "completion_rate", ".1%")),
        ("levels seen", number(last, "levels_seen")),
        ("world-model updates", number(last, "world_model_updates_total")),
        ("PPO updates", number(last, "ppo_updates_total")),
        ("sampled steps trained on", number(last, "trained_share", ".0%")),
    ]
    return "Summary", [facts(items)]


def _throughput(history: RunHistory) -> Section:
    speeds = {"10 s": "steps_per_second_10s", "60 s": "steps_per_second_60s"}
    plots = [("Steps per second", curves(lines(history, speeds), "steps/s"))]
    names = {"actor": "Rollout actors", "world_model": "World-model learner", "ppo": "PPO learner"}
    for part, phases in PHASES.items():
        rises = history.rises([f"{part}_{phase}_seconds_total" for phase in phases])
        named = dict(zip(phases, rises.values(), strict=True))
        plots.append((f"{names[part]}: where the time goes", shares(named, history.steps, "% of the time")))
    return "Throughput", [figures(plots)]


def _returns(history: RunHistory) -> Section:
    progress = {"progress": "progress_mean", "completed": "completion_rate"}
    curiosity = {"mean": "curiosity_mean", "standard deviation": "curiosity_spread"}
    plots = [
        ("Return of the last 100 episodes", curves(lines(history, {"game": "extrinsic_return_mean"}), "rewards")),
        ("Progress", curves(lines(history, progress), "share")),
        ("Curiosity of a step", curves(lines(history, curiosity), "reward")),
        ("Curiosity's share of the reward", curves(lines(history, {"share": "curiosity_share"}), "share")),
    ]
    return "Returns and curiosity", [figures(plots)]


def _learning(history: RunHistory) -> Section:
    behind = {"policy, in updates": "policy_lag_mean_updates", "weights, in versions": "staleness_mean"}
    parts = {part: f"world_model_loss_{part}" for part in ("vae", "mdn", "inverse")}
    plots = [
        ("World model: losses by part", curves(lines(history, parts), "loss without lambda", logarithmic=True)),
        ("World model: joint loss", curves(lines(history, {"joint": "world_model_loss"}), "loss")),
        ("Policy: entropy", curves(lines(history, {"entropy": "ppo_entropy"}), "nats")),
        ("Policy and weights: how old actors' are", curves(lines(history, behind), "behind")),
    ]
    return "Learning", [figures(plots)]


def _levels(history: RunHistory) -> Section:
    rows = []
    full = dict(zip(shortened(history.levels), history.levels, strict=True))
    for name, level in shortened(history.levels).items():
        seen, inserted = level.get("sequences_seen_total"), level.get("sequences_total")
        returns = _thin(history.level_column(full[name], "extrinsic_return_mean"))
        rows.append((*level_row(name, level), f"{seen / inserted:.0%}" if inserted else "–", spark(returns)))
    return "Levels", [table((*LEVEL_HEADINGS, "trained on", "return then"), rows)]


def _maps(history: RunHistory, visits: dict[str, dict[Cell, int]]) -> Section:
    text = "Brighter: more steps ended there, on a logarithmic scale. From the newest checkpoint."
    pictures = []
    for name, cells in sorted(visits.items())[:_MAPS]:
        game, _, state = name.partition("/")
        if not cells and game_file(game, f"maps/{state}.png") is None:
            continue
        caption = f"{state}: {len(cells):,} cells, {sum(cells.values()):,} steps"
        pictures.append((caption, _jpeg(heat_picture(Level(game, state), cells))))
    if not pictures:
        return "Maps", [
            note("The games that were played do not tell where the player is, or all levels were generated ones.")
        ]
    return "Maps", [note(text), figures(pictures, "maps")]


def _pictures(history: RunHistory, trained: TrainedRun) -> Section:
    text = (
        "The agent of the newest checkpoint plays. Top: what V is shown. Middle: V's reconstruction. Bottom: what M had"
        " predicted a step before. Four steps lie between two columns."
    )
    names = sorted(history.levels, key=lambda name: -history.levels[name]["steps_total"])[:2]
    heading = "What the world model sees"
    try:
        pictures = [(name, _jpeg(picture)) for name, picture in glimpses(trained, names)]
    # For a run that has diverged the rest of the report is useful.
    except (UsageError, NotFiniteError) as error:
        return heading, [note(str(error))]
    return heading, [note(text), figures(pictures, "maps")]


def probe_section(history: RunHistory) -> Section | None:
    """Makes the section with the results of `sonic-worlds probe`; None if the run's folder has none."""
    file = history.path / PROBE_FILE
    heading = "What the world model knows"
    if not file.is_file():
        return None
    try:
        result = json.loads(file.read_text())
        cells = rows(result)
        text = (
            f"Read from z of this and the last frame, and from [z, h], after {result['about']['steps']:,} steps, on"
            " levels that the probes were not fitted on. The untrained world model is the lower mark; the supervised"
            " net, which sees two frames, an upper one."
        )
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        OverflowError,
        RecursionError,
    ) as error:
        return heading, [note(f"{PROBE_FILE} cannot be read: {type(error).__name__}: {error}")]
    return heading, [note(text), table(HEADINGS, cells)]


def _faults(history: RunHistory) -> Section:
    rows = []
    for key, text in _FAULTS:
        count = history.last.get(key) or 0
        rose = [
            row["steps_total"]
            for before, row in pairwise([{}, *history.rows])
            if (row.get(key) or 0) > (before.get(key) or 0)
        ]
        if count:
            rows.append((text, f"{count:,}", f"{rose[0]:,}", f"{rose[-1]:,}"))
    if not rows:
        return "Faults", [note("None was met.")]
    return "Faults", [table(("what", "how often", "first at step", "last at step"), rows)]


def lines(history: RunHistory, keys: dict[str, str]) -> list[Line]:
    """Returns lines of a plot for metrics.

    Args:
        keys: a metric's key for each name in the plot.
    """
    return [(name, history.steps, history.column(key)) for name, key in keys.items()]


def _thin(values: Sequence[float], most: int = 60) -> Sequence[float]:
    every = -(-len(values) // most)
    return values[:: max(1, every)]


def _jpeg(picture: Image.Image) -> str:
    file = io.BytesIO()
    picture.save(file, format="JPEG", quality=82)
    return data_url("image/jpeg", file.getvalue())
