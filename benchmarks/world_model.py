"""python -m benchmarks.world_model: frames a second of world-model updates beside loops in plain torch.

Three ways to do the same update, in turns, on the same batch size and with the same number of torch threads:

- ours: `WorldModelLearner.update`, from its pool, through RLlib, with its metrics; publishing is left out.
- plain: the loop of somebody who knows torch and not this system: float32, default layout, Adam, no shared work.
- bare: our networks in the best form that we know, on one batch that stays where it is: no pool, no RLlib.
  Compiled on CUDA.

And the share of its time for which the learner waits while sequences come in at a given rate.

Each runs in a process of its own; ours has the memory allocator's settings that a run gives its learner.

On the CPU seconds are those of the process, so that the load of others does not count; on CUDA they are wall-clock.
"""

import sys
import threading
import time
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from benchmarks.workers import Workers, in_turns
from cluster.config.config import TrainConfig
from learners.allocator import ALLOCATOR
from learners.fused_adam import FusedAdam
from learners.settings import WorldModelSettings
from learners.world_model_learner import _GRADIENT_NORM, WorldModelLearner
from learners.world_model_module import PROGRESS_LEARNING_RATE
from tests.sequences import make_sequences
from world_model.lambdas import Lambdas
from world_model.model import Encoding, Losses, Scores, WorldModel, learning_progress
from world_model.precision import autocast
from world_model.published.parameter_server import Published
from world_model.sequences import Sequences
from world_model.spec import SIGHT, WorldModelSpec, preset_spec
from world_model.upsampling import Upsampling
from world_model.vae import VAE

CONFIG = TrainConfig().world_model
BATCH, LENGTH = CONFIG.batch_sequences, CONFIG.sequence_length
ACTIONS = 10
_SIGHT = SIGHT["paper"]
LAMBDAS = Lambdas(1.0, 0.05, 0.5)
WAYS = ("ours", "plain", "bare")
TURNS = 5
UPDATES = {"seed": 1, "small": 4}
"""Number of updates in a turn, by preset."""
THREADS = 1
STEPS_PER_SECOND = 16_000
SHIPMENT = 32
"""Number of sequences that come in together."""
WAIT_SECONDS = 20.0
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


class Plain:
    """The update in plain torch."""

    def __init__(self, spec: WorldModelSpec) -> None:
        self.model = _plain(WorldModel(spec)).to(DEVICE)
        self.lagged = deepcopy(self.model).requires_grad_(False)
        self._prepare()

    def _prepare(self) -> None:
        named = list(self.model.named_parameters())
        self.joint = [p for name, p in named if "progress_model" not in name]
        self.progress = [p for name, p in named if "progress_model" in name]
        self.optimisers = self._optimisers()

    def _optimisers(self) -> list[torch.optim.Optimizer]:
        return [
            torch.optim.Adam(self.joint, lr=CONFIG.learning_rate),
            torch.optim.Adam(self.progress, lr=PROGRESS_LEARNING_RATE),
        ]

    def loss(self, batch: dict[str, Tensor]) -> Tensor:
        part = {name: array[: BATCH // 2] for name, array in batch.items()}
        losses = self.model.losses(batch)
        return _loss(self.model, losses, self.model.score(part), self.lagged.score(part), part)

    def update(self, batch: dict[str, Tensor]) -> None:
        for optimiser in self.optimisers:
            optimiser.zero_grad()
        self.loss(batch).backward()
        for parameters, optimiser in zip((self.joint, self.progress), self.optimisers, strict=True):
            nn.utils.clip_grad_norm_(parameters, _GRADIENT_NORM)
            optimiser.step()


class Bare(Plain):
    """The update in the best form that we know, with nothing around it."""

    def __init__(self, spec: WorldModelSpec) -> None:
        self.model = WorldModel(spec).to(DEVICE)
        self.lagged = deepcopy(self.model).requires_grad_(False)
        self._prepare()
        if DEVICE == "cuda":
            self.loss = torch.compile(self.loss)  # type: ignore[method-assign]

    def _optimisers(self) -> list[torch.optim.Optimizer]:
        joint, progress = FusedAdam(self.joint), FusedAdam(self.progress)
        joint.param_groups[0]["lr"], progress.param_groups[0]["lr"] = CONFIG.learning_rate, PROGRESS_LEARNING_RATE
        return [joint, progress]

    def loss(self, batch: dict[str, Tensor]) -> Tensor:
        with autocast(DEVICE):
            encoding = self.model.encode(batch["frames"])
            losses = self.model.losses(batch, encoding)
            part = {name: array[: BATCH // 2] for name, array in batch.items()}
            newest = self.model.score(part, encoding.head(BATCH // 2))
            return _loss(self.model, losses, newest, self.lagged.score(part), part)


class _PlainWorldModel(WorldModel):
    """A world model with images in torch's default layout."""

    def encode(self, frames: Tensor, places: Tensor | None = None) -> Encoding:
        x = frames.flatten(0, 1).permute(0, 3, 1, 2).contiguous().float() / 255
        return Encoding(*(field.unflatten(0, frames.shape[:2]) for field in (x, *self.vae.encode(x))))


def _plain(model: WorldModel) -> WorldModel:
    """Makes equal networks of torch's own layers in the default layout."""
    assert isinstance(model.vae, VAE)
    decoder = model.vae.decoder
    for i, layer in enumerate(decoder):
        if isinstance(layer, Upsampling):
            decoder[i] = nn.ConvTranspose2d(layer.in_channels, layer.out_channels, layer.kernel_size[0], stride=2)
    model.__class__ = _PlainWorldModel
    for parameter in model.parameters():
        parameter.data = parameter.data.contiguous()
    return model


def _loss(model: WorldModel, losses: Losses, newest: Scores, lagged: Scores, part: dict[str, Tensor]) -> Tensor:
    joint = (
        LAMBDAS.vae * (losses.reconstruction + _SIGHT.lambda_kl * losses.kl)
        + LAMBDAS.mdn * losses.mdn
        + LAMBDAS.inverse * losses.inverse
    )
    predicted = model.progress_model(newest.z, newest.h).float()
    transition = ~part["first"][:, 1:]
    errors = (predicted - learning_progress(newest, lagged)).square() * transition
    return joint + errors.sum() / transition.sum().clamp(min=1)


def sequences(spec: WorldModelSpec, n: int) -> Sequences:
    """Makes sequences of noise, for the content does not change the speed."""
    rng = np.random.default_rng(0)
    side = spec.observation_size
    frames = rng.integers(0, 256, (n, LENGTH + 1, side, side, 3), np.uint8)
    actions = rng.integers(0, spec.actions, (n, LENGTH))
    return make_sequences(spec, n, LENGTH, "noise", frames=frames, actions=actions)


def learner(spec: WorldModelSpec, training_ratio: float) -> WorldModelLearner:
    """Makes a learner with a lagged version to score against, as in a running training, but without publishing."""
    settings = WorldModelSettings(
        learning_rate=CONFIG.learning_rate,
        warm_up_updates=0,
        slow_after=None,
        freeze_after=None,
        batch_sequences=BATCH,
        sequence_length=LENGTH,
        training_ratio=training_ratio,
        pool_sequences=4 * SHIPMENT,
        publish_every=10**9,
        measure_updates=2,
        lambda_kl=_SIGHT.lambda_kl,
        moving_weight=_SIGHT.moving_weight,
        lambda_vae=LAMBDAS.vae,
        lambda_mdn=LAMBDAS.mdn,
        lambda_inverse=LAMBDAS.inverse,
    )
    made = WorldModelLearner(
        spec, settings, lambda weights, updates, digest: (1, Published(1, weights, digest)), seed=0
    )
    made.start(None)
    return made


def work(way: str, preset: str) -> None:
    """The program of one of `Workers`, which counts frames."""
    torch.set_num_threads(THREADS)
    spec = preset_spec(preset, ACTIONS)
    ours = learner(spec, training_ratio=1e6)
    ours.add(sequences(spec, SHIPMENT))
    update: Callable[[], object] = ours.update
    if way != "ours":
        batch = ours.pool.sample(BATCH)
        loop = Plain(spec) if way == "plain" else Bare(spec)
        update = lambda: loop.update(batch)  # noqa: E731
    update()
    print("ready", flush=True)
    for _ in sys.stdin:
        begin = _seconds()
        for _ in range(UPDATES[preset]):
            update()
        print(UPDATES[preset] * BATCH * LENGTH / (_seconds() - begin), flush=True)


def compare(preset: str) -> dict[str, Any]:
    """Measures frames a second of the three ways, and the medians over turns of ours divided by the others'."""
    workers = {}
    for way in WAYS:
        environment = {"OMP_NUM_THREADS": str(THREADS)} | (ALLOCATOR if way != "plain" else {})
        workers[way] = Workers(["benchmarks.world_model", way, preset], 1, environment)
    try:
        rates = {way: np.array(rate) for way, rate in in_turns(workers, TURNS).items()}
    finally:
        for worker in workers.values():
            worker.close()
    return {
        "frames_per_second": {way: float(np.median(rate)) for way, rate in rates.items()},
        "ours_to_plain": float(np.median(rates["ours"] / rates["plain"])),
        "ours_to_bare": float(np.median(rates["ours"] / rates["bare"])),
    }


def measure_waiting() -> dict[str, float]:
    """Measures shares of the `small` learner's time while STEPS_PER_SECOND come in, and the actual rate."""
    spec = preset_spec("small", ACTIONS)
    fed = learner(spec, CONFIG.training_ratio)
    shipment = sequences(spec, SHIPMENT)
    fed.add(shipment)
    fed.update()
    stop = threading.Event()

    def feed() -> None:
        due = time.perf_counter()
        while not stop.is_set():
            fed.add(shipment)
            due += shipment.steps / STEPS_PER_SECOND
            stop.wait(max(0.0, due - time.perf_counter()))

    before, begin = fed.get_metrics(), time.perf_counter()
    feeder = threading.Thread(target=feed)
    feeder.start()
    while time.perf_counter() - begin < WAIT_SECONDS:
        if not fed.update():
            time.sleep(0.001)
    after, seconds = fed.get_metrics(), time.perf_counter() - begin
    stop.set()
    feeder.join()

    def rate(counter: str) -> float:
        return (after[counter] - before[counter]) / seconds

    return {
        "steps_per_second_in": rate("sequences_total") * LENGTH,
        "steps_per_second_trained": rate("world_model_steps_trained_total"),
        "wait_share": rate("world_model_wait_seconds_total"),
        "batch_share": rate("world_model_batch_seconds_total"),
    }


def measure() -> dict[str, Any]:
    """Runs `compare` for both presets, and `measure_waiting`."""
    threads = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        presets = {preset: compare(preset) for preset in UPDATES}
        waiting = measure_waiting()
    finally:
        torch.set_num_threads(threads)
    return {"device": DEVICE, "presets": presets, "waiting": waiting}


def table(results: dict[str, Any]) -> Any:
    where = "one core" if results["device"] == "cpu" else "one GPU"
    waiting = results["waiting"]
    shown = Table(
        "preset",
        "ours, frames/s",
        "plain fp32",
        "bare",
        "ours / plain",
        "ours / bare",
        title=f"world-model updates on {where}, {BATCH} x {LENGTH} steps",
        caption=f"at {waiting['steps_per_second_in']:,.0f} steps/s in, the learner of `small` waits for"
        f" {waiting['wait_share']:.1%} of its time and draws batches for {waiting['batch_share']:.1%}",
    )
    for preset, result in results["presets"].items():
        rates = result["frames_per_second"]
        shown.add_row(
            preset,
            *(f"{rates[name]:,.0f}" for name in ("ours", "plain", "bare")),
            f"{result['ours_to_plain']:.2f}",
            f"{result['ours_to_bare']:.2f}",
        )
    return shown


def _seconds() -> float:
    if DEVICE == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


if __name__ == "__main__" and sys.argv[1:]:
    work(*sys.argv[1:])
elif __name__ == "__main__":
    Console().print(table(measure()))
