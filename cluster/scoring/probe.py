"""Measures what a world model knows: truths about moments of play are predicted from z of two frames, and from [z, h].

Each truth is also predicted from an untrained world model of equal sizes, which is the lower mark. A network trained on
the truths, with V's encoder on two frames, is the upper mark, as far as so few frames can train it.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from cluster.scoring.probe_fit import Array, Reading, Rows, measure, read, stacked
from cluster.scoring.probe_play import Played
from cluster.scoring.probe_truths import MEASURES
from world_model.frozen_encoder import FrozenEncoder
from world_model.frozen_forward import FrozenForward
from world_model.latents import Latents
from world_model.model import WorldModel
from world_model.precision import autocast
from world_model.spec import WorldModelSpec
from world_model.vae import images

_HELD_OUT = 5
"""One of so many levels is held out to choose the probe by; with fewer levels, the last of so many parts of a play."""
_PASSES, _BATCH, _RATE = 4, 64, 1e-3
"""Passes over the data, batch size and learning rate of the supervised network."""

Know = Callable[[Played], dict[str, Array]]
"""Returns features by name, each float32 [T, N, F], for all moments of a play."""


def probe(model: WorldModel, fit: Played, judge: Played, seed: int) -> dict[str, dict[str, Any]]:
    """Measures all truths.

    Args:
        model: the world model.
        fit: play on training levels.
        judge: play on other levels.
        seed: of the probes, the untrained model and the supervised network.

    Returns:
        By truth (JSON-able): `r2` or `auroc` of `z` and of `zh`, on the play to judge on; `probe`, the kind of each,
        which did best on held-out play to fit on; `ridge` and `mlp`, of both kinds; `untrained`, of that model's `z`
        and `zh`; `supervised`. None where a measure has no meaning, for the truth never changed.
    """
    torch.manual_seed(seed)
    untrained = WorldModel(model.spec)
    of_model, of_untrained = (
        readings(lambda played, known=known: knowledge(known, played), fit, judge, seed)  # type: ignore[misc]
        for known in (model, untrained)
    )
    upper = supervised(model.spec, fit, judge, seed)
    return {
        name: {
            MEASURES[name]: {kind: _number(of_model[kind][name].best) for kind in of_model},
            "probe": {kind: of_model[kind][name].probe for kind in of_model},
            **{way: {kind: _number(of_model[kind][name].each[way]) for kind in of_model} for way in ("ridge", "mlp")},
            "untrained": {kind: _number(of_untrained[kind][name].best) for kind in of_untrained},
            "supervised": _number(upper[name]),
        }
        for name in fit.truths
    }


def readings(know: Know, fit: Played, judge: Played, seed: int) -> dict[str, dict[str, Reading]]:
    """Returns how well each truth is predicted from each of the features: by features, then by truth."""
    known, elsewhere = know(fit), know(judge)
    return {kind: read(_rows(fit, known[kind]), _rows(judge, elsewhere[kind]), seed) for kind in known}


@torch.inference_mode()
def knowledge(model: WorldModel, played: Played) -> dict[str, Array]:
    """Returns the features of a rollout actor's model along a play, each float32 [T, N, features].

    `z` has z of the frame, and its difference from that of the frame before; `zh` has z and M's state, which is zero
    where an episode begins.
    """
    games = played.first.shape[1]
    model = model.requires_grad_(False).eval()
    known = Latents(model, games, FrozenEncoder(model, games, "cpu"), FrozenForward(model, "cpu"))
    seen = []
    for frames, actions, first in zip(played.frames, played.actions, played.first, strict=True):
        known.begin(torch.from_numpy(first))
        known.see(torch.from_numpy(frames))
        seen.append(known.features())
        known.go(torch.from_numpy(actions))
    zh = torch.stack(seen)
    z = zh[..., : model.spec.latent]
    change = torch.diff(z, dim=0, prepend=z[:1])
    return {"z": torch.cat([z, change], -1).numpy(), "zh": zh.numpy()}


def supervised(spec: WorldModelSpec, fit: Played, judge: Played, seed: int) -> dict[str, float]:
    """Trains a network with V's encoder for two frames on the play to fit; returns its measure of each truth."""
    torch.manual_seed(seed)
    truths = {name: values[_counted(fit)] for name, values in fit.truths.items()}
    wanted = stacked(truths)
    middle, scale = wanted.mean(0), wanted.std(0) + 1e-6
    net = _two_frames(spec, wanted.shape[1])
    targets = torch.from_numpy((wanted - middle) / scale)
    places = torch.from_numpy(np.argwhere(_counted(fit)))
    frames = torch.from_numpy(fit.frames)
    optimizer = torch.optim.Adam(net.parameters(), _RATE)
    batches = [rows for _ in range(_PASSES) for rows in torch.randperm(len(places)).split(_BATCH)]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=len(batches))
    for rows in batches:
        with autocast("cpu"):
            guess = net(_pairs(frames, places[rows]))
        loss = (guess.float() - targets[rows]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    elsewhere = torch.from_numpy(np.argwhere(_counted(judge)))
    seen = torch.from_numpy(judge.frames)
    with torch.inference_mode(), autocast("cpu"):
        guesses = torch.cat([net(_pairs(seen, rows)).float() for rows in elsewhere.split(_BATCH)]).numpy()
    values, column = {}, 0
    for name in fit.truths:
        columns = slice(column, column := column + truths[name].shape[-1])
        judged = (judge.truths[name][_counted(judge)] - middle[columns]) / scale[columns]
        values[name] = measure(MEASURES[name], guesses[:, columns], judged)
    return values


def counted(played: Played) -> int:
    """Returns the number of moments that count: those with a frame of the same episode before them."""
    return int(_counted(played).sum())


def _counted(played: Played) -> npt.NDArray[np.bool_]:
    return ~played.first


def _rows(played: Played, features: Array) -> Rows:
    counted = _counted(played)
    parts = played.levels
    if len(np.unique(parts)) < _HELD_OUT:
        parts = np.broadcast_to(np.arange(len(counted))[:, None] * _HELD_OUT // len(counted), counted.shape)
    return Rows(
        features[counted],
        {name: values[counted] for name, values in played.truths.items()},
        (parts % _HELD_OUT == _HELD_OUT - 1)[counted],
    )


def _two_frames(spec: WorldModelSpec, outputs: int) -> nn.Module:
    """Makes V's encoder with a first layer for two frames, and a linear layer after it."""
    vae = WorldModel(spec).vae
    first, *rest = vae.encoder
    assert isinstance(first, nn.Conv2d)
    height, width = first.kernel_size
    border = int(first.padding[0])
    wider = nn.Conv2d(2 * first.in_channels, first.out_channels, (height, width), first.stride[0], border)
    encoder = nn.Sequential(wider, *rest, nn.Flatten())
    with torch.no_grad():
        features = encoder(torch.zeros(1, 2 * first.in_channels, spec.observation_size, spec.observation_size)).shape[1]
    return nn.Sequential(encoder, nn.Linear(features, outputs))


def _pairs(frames: Tensor, places: Tensor) -> Tensor:
    """Returns frames with those before them: uint8 [T, N, S, S, 3] and places int [B, 2] -> float [B, 6, S, S]."""
    step, game = places.T
    return torch.cat([images(frames[step, game]), images(frames[step - 1, game])], 1)


def _number(value: float) -> float | None:
    """Returns the value, None for nan, which JSON does not have."""
    return None if math.isnan(value) else round(value, 4)
