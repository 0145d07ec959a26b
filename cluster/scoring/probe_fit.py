"""Probes: how well a truth can be predicted from features, on data that nothing was fitted on."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from cluster.scoring.probe_truths import MEASURES, Measure, Truths

Array = npt.NDArray[np.float32]

_ALPHAS = (1e-4, 1e-2, 1.0)
"""Ridge's penalties, as multiples of the number of rows; the best one on held-out rows is taken."""
_UNITS, _BATCH, _RATE = 128, 256, 1e-3
_EPOCHS = (1, 2, 4, 7, 10)
"""Epochs after which the small network is tested; the best number on held-out rows is taken."""


@dataclass(frozen=True)
class Rows:
    """Moments to fit or to test on.

    Attributes:
        features: float32 [rows, F].
        truths: by name, each float32 [rows, columns].
        held_out: bool [rows]; rows to choose the probe by, not to fit on.
    """

    features: Array
    truths: Truths
    held_out: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Reading:
    """How well one truth is predicted.

    Attributes:
        best: measure of the probe that was best on the held-out rows.
        probe: name of that probe.
        each: measure of every probe, by name.
    """

    best: float
    probe: str
    each: dict[str, float]


def read(fit: Rows, judge: Rows, seed: int) -> dict[str, Reading]:
    """Fits the probes, and measures each truth on other rows; nan for one that does not change there."""
    torch.manual_seed(seed)
    mean, spread = fit.features.mean(0), fit.features.std(0) + 1e-6
    inputs, judged = ((rows.features - mean) / spread for rows in (fit, judge))
    truth = stacked(fit.truths)
    middle, scale = truth.mean(0), truth.std(0) + 1e-6
    targets, wanted = ((stacked(rows.truths) - middle) / scale for rows in (fit, judge))
    held, kept = fit.held_out, ~fit.held_out
    fitted = inputs[kept], targets[kept], [inputs[held], judged]
    probes = _mlp(*fitted) | {f"ridge {alpha:g}": _ridge(*fitted, alpha) for alpha in _ALPHAS}
    readings, column = {}, 0
    for name, values in fit.truths.items():
        columns = slice(column, column := column + values.shape[-1])
        at_hand, elsewhere = (
            {
                probe: measure(MEASURES[name], guesses[i][:, columns], right[:, columns])
                for probe, guesses in probes.items()
            }
            for i, right in enumerate((targets[held], wanted))
        )
        chosen = {
            way: max((kind for kind in probes if kind.startswith(way)), key=lambda kind: _or_least(at_hand[kind]))
            for way in ("ridge", "mlp")
        }
        best = max(chosen, key=lambda way: _or_least(at_hand[chosen[way]]))
        each = {way: elsewhere[kind] for way, kind in chosen.items()}
        readings[name] = Reading(each[best], best, each)
    return readings


def measure(kind: Measure, guess: Array, truth: Array) -> float:
    """Returns a measure of predictions, mean over columns; nan if no column changes.

    `r2` is 1 - squared error / variance, below 0 where the mean would be a better prediction. `auroc`, for truths with
    two values, is how often a row with the higher one gets a higher prediction than a row with the lower; 0.5 is
    chance.

    Args:
        kind: r2 or auroc.
        guess: predictions, [rows, columns].
        truth: [rows, columns].
    """
    one = _auroc if kind == "auroc" else _r2
    values = [one(guess[:, i].astype(np.float64), truth[:, i].astype(np.float64)) for i in range(truth.shape[1])]
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def _r2(guess: npt.NDArray[np.float64], truth: npt.NDArray[np.float64]) -> float:
    around = np.square(truth - truth.mean()).sum()
    return float(1 - np.square(guess - truth).sum() / around) if around > 1e-9 else float("nan")


def _auroc(guess: npt.NDArray[np.float64], truth: npt.NDArray[np.float64]) -> float:
    # Here, because scipy takes a while to load.
    from scipy.stats import rankdata

    yes = truth > (truth.max() + truth.min()) / 2
    hits, others = int(yes.sum()), int((~yes).sum())
    if not hits or not others:
        return float("nan")
    return float((rankdata(guess)[yes].sum() - hits * (hits + 1) / 2) / (hits * others))


def _or_least(value: float) -> float:
    return -np.inf if np.isnan(value) else value


def _ridge(inputs: Array, targets: Array, elsewhere: list[Array], alpha: float) -> list[Array]:
    """Returns ridge regression's predictions for other features. Inputs and targets are standardised: no intercept."""
    gram = inputs.T.astype(np.float64) @ inputs
    weights = np.linalg.solve(gram + alpha * len(inputs) * np.eye(len(gram)), inputs.T.astype(np.float64) @ targets)
    return [(features @ weights).astype(np.float32) for features in elsewhere]


def _mlp(inputs: Array, targets: Array, elsewhere: list[Array]) -> dict[str, list[Array]]:
    """Returns a small network's predictions after each number of epochs, by the probe's name."""
    net = nn.Sequential(nn.Linear(inputs.shape[1], _UNITS), nn.ReLU(), nn.Linear(_UNITS, targets.shape[1]))
    x, y = torch.from_numpy(inputs), torch.from_numpy(targets)
    optimizer = torch.optim.Adam(net.parameters(), _RATE, weight_decay=1e-5)
    guesses = {}
    for epoch in range(1, _EPOCHS[-1] + 1):
        for rows in torch.randperm(len(x)).split(_BATCH):
            loss = (net(x[rows]) - y[rows]).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch in _EPOCHS:
            with torch.inference_mode():
                guesses[f"mlp {epoch}"] = [net(torch.from_numpy(features)).numpy() for features in elsewhere]
    return guesses


def stacked(truths: Mapping[str, Array]) -> Array:
    """Returns all truths side by side, [rows, columns of all]."""
    return np.concatenate(list(truths.values()), -1)
