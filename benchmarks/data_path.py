"""Measures the paths of data: sequences to the learner, weights to the actors, and an actor's time for both in a step.

python -m benchmarks.data_path
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import ray
import torch
from rich.console import Console
from rich.table import Table

from actors.rollout.curiosity import Curiosity
from actors.rollout.sequence_builder import SequenceBuilder
from actors.rollout.settings import RewardSettings
from actors.rollout.tally import Counting
from actors.rollout.transport import RemoteSink
from actors.rollout.visits import Visits
from benchmarks.poller import Poller
from cluster.config.config import TrainConfig
from cluster.host.ray_cluster import quiet, start_ray
from cluster.host.ray_put import put
from learners.learner_loop import LearnerLoop
from learners.sequence_pool import SequencePool
from tests.sequences import make_sequences
from world_model.published.parameter_server import ParameterServer
from world_model.published.private_valkey import PrivateValkey
from world_model.published.weights import Weights, digest_of
from world_model.sequences import Sequences
from world_model.spec import WorldModelSpec, preset_spec
from world_model.weights import shapes_of

PRESETS = ("small", "seed")
EMULATORS = TrainConfig().emulators_per_actor
STEPS = TrainConfig().world_model.sequence_length
ACTIONS = 10
SHIPMENTS = 16
"""Number of different shipments: too many for a cache."""
SLICES = 15
SHIPPERS = 2
SHIP_SECONDS = 10.0
POLLERS = 64
PUBLISHES = 12
PUBLISH_SECONDS = 2.0


class Shipper:
    """A Ray actor that ships sequences as fast as the learner takes them."""

    def __init__(self, learner: Any, spec: WorldModelSpec) -> None:
        self._sink = RemoteSink(learner)
        self._shipments = [make_shipment(spec, seed) for seed in range(SHIPMENTS)]

    def work(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        shipped = 0
        while time.monotonic() < end:
            if self._sink.ship(self._shipments[shipped % SHIPMENTS]):
                shipped += 1
            else:
                time.sleep(0.0005)


def make_shipment(spec: WorldModelSpec, seed: int) -> Sequences:
    """Makes a shipment of one actor; the frames are noise, which cannot be compressed."""
    rng, n, side = np.random.default_rng(seed), EMULATORS, spec.observation_size
    frames = rng.integers(0, 256, (n, STEPS + 1, side, side, 3), dtype=np.uint8)
    return make_sequences(spec, n, STEPS, frames=frames, levels=tuple(f"level {(seed + i) % 47}" for i in range(n)))


def megabytes(shipment: Sequences) -> float:
    """Returns the size of a shipment's arrays in MB."""
    return sum(array.nbytes for array in shipment.arrays().values()) / 1e6


def measure_pool(preset: str) -> dict[str, float]:
    """Measures the pool's `add` alone, in turn with a bare copy of the frames: MB per second of CPU time."""
    spec = preset_spec(preset, ACTIONS)
    pool = SequencePool(TrainConfig().world_model.pool_sequences, STEPS, spec, torch.device("cpu"), 0)
    shipments = [make_shipment(spec, seed) for seed in range(SHIPMENTS)]
    target = np.zeros((pool.capacity // EMULATORS, *shipments[0].frames.shape), np.uint8)
    while len(pool) < pool.capacity:
        pool.add(shipments[0])
    slot = 0
    rates: dict[str, list[float]] = {"pool": [], "copy": []}
    for _ in range(SLICES):
        begin = time.thread_time()
        for shipment in shipments:
            pool.add(shipment)
        added = time.thread_time()
        for shipment in shipments:
            slot = (slot + 1) % len(target)
            np.copyto(target[slot], shipment.frames)
        copied = time.thread_time()
        rates["pool"].append(SHIPMENTS * megabytes(shipments[0]) / (added - begin))
        rates["copy"].append(SHIPMENTS * shipments[0].frames.nbytes / 1e6 / (copied - added))
    return {
        "megabytes_per_lot": megabytes(shipments[0]),
        "pool_megabytes_per_second": median(rates["pool"]),
        "copy_megabytes_per_second": median(rates["copy"]),
    }


def measure_shipping(preset: str) -> dict[str, float]:
    """Measures shipping from actors through Ray's object store into the pool, without learning. Ray must be running."""
    spec = preset_spec(preset, ACTIONS)
    idle = TrainConfig().world_model.model_copy(update={"training_ratio": 1e-9})
    learner = ray.remote(LearnerLoop).options(num_cpus=0).remote(spec, idle, _publish_nowhere, 0)
    ray.get(learner.start.remote())
    shippers = [ray.remote(Shipper).options(num_cpus=0).remote(learner, spec) for _ in range(SHIPPERS)]
    ray.get([shipper.work.remote(1.0) for shipper in shippers])
    before = ray.get(learner.get_metrics.remote())["sequences_total"]
    begin = time.perf_counter()
    ray.get([shipper.work.remote(SHIP_SECONDS) for shipper in shippers])
    # The learner's calls are done in order: this one after all that was shipped.
    taken = ray.get(learner.get_metrics.remote())["sequences_total"] - before
    seconds = time.perf_counter() - begin
    for actor in (learner, *shippers):
        ray.kill(actor)
    size = megabytes(make_shipment(spec, 0)) / EMULATORS
    return {
        "shipped_megabytes_per_second": taken * size / seconds,
        "shipped_steps_per_second": taken * STEPS / seconds,
    }


def measure_weights(preset: str, url: str) -> dict[str, Any]:
    """Measures the seconds from the call of `publish` until all actors have the version. Ray must be running."""
    spec = preset_spec(preset, ACTIONS)
    rng = np.random.default_rng(0)
    weights: Weights = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes_of(spec).items()}
    server = ray.remote(ParameterServer).options(num_cpus=0).remote(url, preset, 4, 3, put, shapes_of(spec))
    pollers = [ray.remote(Poller).options(num_cpus=0).remote(server, f"actor-{i}") for i in range(POLLERS)]
    ray.get([poller.ready.remote() for poller in pollers])
    working = [poller.work.remote(PUBLISHES + 1) for poller in pollers]
    digest = digest_of(weights)
    called, published = {}, {}
    rng = np.random.default_rng(1)
    for updates in range(PUBLISHES + 1):
        # At no fixed phase to the polls.
        time.sleep(PUBLISH_SECONDS + float(rng.random()))
        called[updates + 1] = time.time()
        ray.get(server.publish.remote(weights, updates, digest))
        published[updates + 1] = time.time()
    taken = ray.get(working)
    for actor in (server, *pollers):
        ray.kill(actor)
    # The first one comes when actors and object store are cold.
    versions = range(2, PUBLISHES + 2)
    last = [max(times[v] for times in taken) - called[v] for v in versions]
    each = [times[v] - called[v] for times in taken for v in versions]
    return {
        "actors": POLLERS,
        "megabytes": sum(array.nbytes for array in weights.values()) / 1e6,
        "publish_seconds_median": median(published[v] - called[v] for v in versions),
        "one_actor_seconds_median": median(each),
        "all_actors_seconds_median": median(last),
        "all_actors_seconds_worst": max(last),
        "all_actors_seconds": last,
    }


def measure_step() -> dict[str, float]:
    """Measures the CPU time, in microseconds, of one step of an actor's emulators, by the use of the frames."""
    spec, n = preset_spec("small", ACTIONS), EMULATORS
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (n, 64, 64, 3), dtype=np.uint8) for _ in range(STEPS)]
    raw = rng.normal(size=(STEPS, n)).astype(np.float32)
    levels = tuple(f"level {i}" for i in range(n))
    actions, ran = np.zeros(n, np.int64), np.full(n, 4, np.int32)
    rewards, nothing = np.zeros(n, np.float32), np.zeros(n, bool)
    positions = rng.integers(0, 5000, (n, 2)).astype(np.int32)
    places = rng.random((n, 2), np.float32)
    builder, counting = SequenceBuilder(n, STEPS, spec), Counting(n)
    changes = np.zeros(n, np.int32)
    curiosity, visits = Curiosity("learning_progress", RewardSettings()), Visits(n)

    def build(t: int) -> None:
        builder.add(actions, rewards, nothing, frames[t], nothing, positions, places, levels)

    def pay(t: int) -> None:
        curiosity.reward(raw[t], visits.count(positions, changes, frames[t], ~nothing), rewards, ~nothing)

    def count(t: int) -> None:
        counting.add(levels, rewards, rewards, raw[t], nothing, nothing, ran, positions)

    parts: dict[str, Callable[[int], None]] = {"sequences": build, "curiosity": pay, "counts": count}
    times: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(10 * SLICES):
        for name, part in parts.items():
            begin = time.thread_time()
            for t in range(STEPS):
                part(t)
            times[name].append((time.thread_time() - begin) / STEPS * 1e6)
    return {name: median(seconds) for name, seconds in times.items()}


def measure() -> dict[str, Any]:
    """Returns the results of the functions above, by part, and by preset where they depend on it."""
    torch.set_num_threads(1)
    results: dict[str, Any] = {"step_microseconds": measure_step()}
    results["sequences"] = {preset: measure_pool(preset) for preset in PRESETS}
    folder = Path(tempfile.mkdtemp(prefix="sw-"))
    try:
        with PrivateValkey(folder / "valkey") as valkey, quiet(folder / "log"):
            start_ray(folder / "ray")
            try:
                for preset in PRESETS:
                    results["sequences"][preset] |= measure_shipping(preset)
                results["weights"] = {preset: measure_weights(preset, valkey.url) for preset in PRESETS}
            finally:
                ray.shutdown()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return results


def table(results: dict[str, Any]) -> Any:
    shown = Table("what", *PRESETS, title=f"{os.cpu_count()} cores; {EMULATORS} sequences of {STEPS} steps a shipment")
    rows = {
        "pool takes in, MB for a second of CPU": "pool_megabytes_per_second",
        "a bare copy, MB for a second of CPU": "copy_megabytes_per_second",
        f"{SHIPPERS} actors to the pool through Ray, MB/s": "shipped_megabytes_per_second",
        f"{SHIPPERS} actors to the pool through Ray, steps/s": "shipped_steps_per_second",
    }
    for words, name in rows.items():
        shown.add_row(words, *(f"{results['sequences'][preset][name]:,.0f}" for preset in PRESETS))
    shown.add_row("weights, MB", *(f"{results['weights'][preset]['megabytes']:,.0f}" for preset in PRESETS))
    rows = {
        "publishing a version, s": "publish_seconds_median",
        f"until one of {POLLERS} actors has it, s": "one_actor_seconds_median",
        f"until all {POLLERS} actors have it, s": "all_actors_seconds_median",
        f"the worst of {PUBLISHES} times, s": "all_actors_seconds_worst",
    }
    for words, name in rows.items():
        shown.add_row(words, *(f"{results['weights'][preset][name]:.2f}" for preset in PRESETS))
    for name, microseconds in results["step_microseconds"].items():
        shown.add_row(f"{name}, us of CPU in a step of {EMULATORS} emulators", f"{microseconds:.0f}", "")
    return shown


def _publish_nowhere(weights: Weights, updates: int, digest: str) -> tuple[int, None]:
    return updates + 1, None


if __name__ == "__main__":
    Console().print(table(measure()))
