"""Every reader of bytes from outside meets damaged ones, and raises nothing but the errors it documents."""

import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import redis
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from actors.games.rom_files import find_files
from actors.games.rom_import import import_roms, known_roms
from cluster.config.arguments import read_config
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError
from cluster.run.checkpoints import Checkpoints, newest_intact
from cluster.run.folder import RunFolder
from tests.published import publish, save
from world_model.model import WorldModel
from world_model.published.parameter_server import ParameterServer
from world_model.published.private_valkey import PrivateValkey
from world_model.published.weights_store import StoreDamaged, WeightsStore
from world_model.spec import WorldModelSpec
from world_model.state_tree import StateTreeError, load_tree, save_tree
from world_model.weights import WeightsError, get_weights, load_model, save_weights

SPEC = WorldModelSpec(observation_size=64, latent=2, hidden=4, actions=3, mixtures=2)
TREE = {"a": np.arange(6).reshape(2, 3), "b": [1, "two", (3.0, None)], 4: {"$": np.float32(5)}}
many = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


Damage = Callable[[bytes], bytes]


@st.composite
def damages(draw: st.DrawFn) -> Damage:
    """Some bytes changed, cut out, put in or cut off; or nothing of it left."""
    kind = draw(st.sampled_from(["changed", "cut out", "put in", "cut off", "other"]))
    # Headers are short and at the front.
    near, far = draw(st.integers(0, 200)), draw(st.one_of(st.none(), st.floats(0, 1)))
    some = draw(st.binary(min_size=1, max_size=12))
    other = draw(st.binary(max_size=100))

    def damage(whole: bytes) -> bytes:
        at = min(near, len(whole)) if far is None else int(far * len(whole))
        return {
            "changed": whole[:at] + some + whole[at + len(some) :],
            "cut out": whole[:at] + whole[at + len(some) :],
            "put in": whole[:at] + some + whole[at:],
            "cut off": whole[:at],
            "other": other,
        }[kind]

    return damage


def said(error: type[Exception], read: Callable[[], object]) -> str | None:
    """What the reader complained of; None if of nothing."""
    try:
        read()
    except error as caught:
        return str(caught)
    return None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state tree and a world model, as a checkpoint has them."""
    made = tmp_path_factory.mktemp("whole")
    save_tree(made, "state", TREE)
    save_weights(made / "model.safetensors", SPEC, get_weights(WorldModel(SPEC)))
    return made


@pytest.mark.parametrize("name", ["state.json", "state.safetensors"])
@many
@given(damage=damages())
def test_a_state_tree(folder: Path, tmp_path: Path, name: str, damage: Damage) -> None:
    for file in folder.glob("state.*"):
        shutil.copy(file, tmp_path)
    (tmp_path / name).write_bytes(damage((folder / name).read_bytes()))
    # A file that is well formed may hold other numbers: a checkpoint's digests are for that.
    complaint = said(StateTreeError, lambda: load_tree(tmp_path, "state"))
    assert complaint is None or str(tmp_path / "state.") in complaint


# Of each a whole model is made.
@settings(many, max_examples=60)
@given(damage=damages())
def test_a_world_model(folder: Path, tmp_path: Path, damage: Damage) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(damage((folder / path.name).read_bytes()))
    complaint = said(WeightsError, lambda: load_model(path))
    assert complaint is None or str(path) in complaint


@pytest.mark.parametrize("name", ["state.json", "manifest.json"])
@many
@given(damage=damages())
def test_a_checkpoint(folder: Path, name: str, damage: Damage, tmp_path_factory: pytest.TempPathFactory) -> None:
    checkpoints = Checkpoints(tmp_path_factory.mktemp("c") / "checkpoints", 3)
    for iteration in (1, 2):
        with checkpoints.writing(iteration, {"steps_total": iteration}) as written:
            shutil.copy(folder / "state.json", written)
    file = checkpoints.folder / "iteration-00000002" / name
    whole = file.read_bytes()
    damaged = damage(whole)
    assume(damaged != whole)
    file.write_bytes(damaged)
    newest, warnings = newest_intact(checkpoints.folder)
    assert newest is not None
    if file.name == "state.json":
        assert newest.iteration == 1
    if newest.path == file.parent:
        assert file.name == "manifest.json"
        assert isinstance(newest.summary, dict)
    else:
        assert str(file.parent) in warnings[0]


@many
@given(damage=damages())
def test_a_configuration(tmp_path: Path, damage: Damage) -> None:
    file = tmp_path / "config.yaml"
    whole = b"steps: 100\nlevels: windup-train\npolicy:\n  clip: 0.1\n  hidden: [8, 8]\n"
    file.write_bytes(damage(whole))
    complaint = said(UsageError, lambda: read_config(file))
    assert complaint is None or str(file) in complaint


@many
@given(damage=damages())
def test_a_run_s_metrics(damage: Damage, tmp_path_factory: pytest.TempPathFactory) -> None:
    run = RunFolder.create(TrainConfig(runs_dir=tmp_path_factory.mktemp("runs"), name="a"))
    whole = b"".join(b'{"iteration": %d, "loss": null}\n' % i for i in (1, 2, 3))
    run.metrics_path.write_bytes(damage(whole))
    run.cut_metrics(2)
    run.close()
    kept = [json.loads(line)["iteration"] for line in run.metrics_path.read_text().splitlines()]
    assert all(iteration <= 2 for iteration in kept)


@settings(many, max_examples=50)
@given(damage=damages())
def test_a_rom_and_a_zip_of_one(damage: Damage, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("roms")
    rom = b"\0" * 0x100 + b"SEGA GENESIS" + bytes(range(256)) * 8
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("game.md", rom)
    (folder / "game.zip").write_bytes(damage(packed.getvalue()))
    (folder / "game.smd").write_bytes(damage(b"\0" * 512 + rom))
    summary = import_roms(find_files([folder]), known_roms())
    assert not summary.imported
    assert len(summary.unknown) >= 2


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[PrivateValkey]:
    with PrivateValkey(tmp_path) as server:
        yield server


def _weights(value: float) -> dict[str, np.ndarray]:
    return {"matrix": np.full((3, 2), value, np.float32)}


@settings(many, max_examples=100)
@given(damage=damages())
def test_a_version_in_redis(valkey: PrivateValkey, damage: Damage) -> None:
    with closing(WeightsStore(valkey.url, "run", 3)) as store, redis.Redis.from_url(valkey.url) as client:
        client.flushall()
        for version in (1, 2):
            save(store, version, _weights(version), version)
        key = "sonic-worlds:run:weights:2"
        whole = client.get(key)
        assert isinstance(whole, bytes)
        damaged = damage(whole)
        assume(damaged != whole)
        client.set(key, damaged)
        with pytest.raises(StoreDamaged, match=key):
            store.load(2)
        # A server that begins anew hands out the version before, and numbers on.
        server = ParameterServer(valkey.url, "run", 3, 1)
        assert (server.newest().version, server.newest_version()) == (1, 2)  # type: ignore[union-attr]
        assert publish(server, _weights(3), 3) == 3


@pytest.mark.parametrize("name", ["newest", "updates"])
@settings(many, max_examples=100)
@given(value=st.binary(max_size=30))
def test_the_numbers_in_redis(valkey: PrivateValkey, name: str, value: bytes) -> None:
    with closing(WeightsStore(valkey.url, "run", 3)) as store, redis.Redis.from_url(valkey.url) as client:
        client.flushall()
        save(store, 7, _weights(7), 70)
        client.set(f"sonic-worlds:run:{name}", value)
        complaint = said(StoreDamaged, lambda: (store.newest(), store.newest_updates()))
        assert value.isdigit() == (complaint is None)
        assert complaint is None or f"sonic-worlds:run:{name}" in complaint


def test_the_weights_of_another_model_are_left_out(valkey: PrivateValkey, caplog: pytest.LogCaptureFixture) -> None:
    shapes = {"matrix": (3, 2)}
    with closing(WeightsStore(valkey.url, "run", 3, shapes)) as store:
        save(store, 1, _weights(1), 1)
        save(store, 2, {"matrix": np.zeros((2, 3), np.float32)}, 2)
        save(store, 3, {"other": np.zeros((3, 2), np.float32)}, 3)
        with pytest.raises(StoreDamaged, match=r"weights:2 in .* holds the weights of another model"):
            store.load(2)
    server = ParameterServer(valkey.url, "run", 3, 1, shapes=shapes)
    assert (server.newest().version, server.newest_version()) == (1, 3)  # type: ignore[union-attr]
    assert "weights:3" in caplog.text
