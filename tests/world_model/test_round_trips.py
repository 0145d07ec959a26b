"""What comes out of every store of arrays is what went in, bit for bit, whatever the arrays lie like in memory."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file

from tests.arrays import laid_out_arrays, same
from tests.published import save
from world_model.model import WorldModel
from world_model.published.private_valkey import PrivateValkey
from world_model.published.weights import Weights, digest_of, from_bytes, to_bytes
from world_model.published.weights_store import StoreDamaged, WeightsStore
from world_model.spec import WorldModelSpec
from world_model.state_tree import load_tree, save_tree
from world_model.weights import get_weights, load_model, save_weights, set_weights

NAMED = st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1, max_size=5), laid_out_arrays(), max_size=4)
SPEC = WorldModelSpec(actions=3)


@pytest.fixture(scope="module")
def store() -> Iterator[WeightsStore]:
    with tempfile.TemporaryDirectory() as folder, PrivateValkey(Path(folder)) as server:
        opened = WeightsStore(server.url, "run", 1)
        yield opened
        opened.close()


def assert_same(read: Weights, written: Weights) -> None:
    assert read.keys() == written.keys()
    for name, array in written.items():
        assert same(read[name], array), name


@given(NAMED)
def test_bytes(arrays: Weights) -> None:
    assert_same(from_bytes(to_bytes(arrays)), arrays)


@settings(max_examples=50)
@given(NAMED)
def test_redis(store: WeightsStore, arrays: Weights) -> None:
    save(store, 1, arrays, 1)
    if all(np.isfinite(array).all() for array in arrays.values()):
        assert_same(store.load(1).weights, arrays)
    else:
        with pytest.raises(StoreDamaged, match="not finite"):
            store.load(1)


@settings(max_examples=50)
@given(NAMED)
def test_a_file_of_weights(arrays: Weights) -> None:
    with tempfile.TemporaryDirectory() as folder:
        save_weights(Path(folder) / "weights.safetensors", SPEC, arrays)
        assert_same(load_file(Path(folder) / "weights.safetensors"), arrays)


@settings(max_examples=50)
@given(st.lists(laid_out_arrays(), max_size=4))
def test_a_tree_of_state(arrays: list[np.ndarray]) -> None:
    tensors = [torch.tensor(array.tolist()) for array in arrays if array.dtype.kind in "f?"]
    turned = [tensor.permute(tuple(range(tensor.dim()))[::-1]) for tensor in tensors]
    with tempfile.TemporaryDirectory() as folder:
        save_tree(Path(folder), "state", {"arrays": arrays, "tensors": [*tensors, *turned]})
        read = load_tree(Path(folder), "state")
    assert all(same(a, b) for a, b in zip(read["arrays"], arrays, strict=True))
    assert all(same(a.numpy(), b.numpy()) for a, b in zip(read["tensors"], [*tensors, *turned], strict=True))


@given(NAMED)
def test_equal_arrays_have_equal_digests_and_others_have_not(arrays: Weights) -> None:
    assert digest_of({name: array.copy(order="F") for name, array in arrays.items()}) == digest_of(arrays)
    for name, array in arrays.items():
        if array.size:
            changed = array.copy()
            changed.reshape(-1)[-1:].view(np.uint8)[-1] ^= 1
            assert digest_of(arrays | {name: changed}) != digest_of(arrays)
        assert digest_of(arrays | {name: array[None]}) != digest_of(arrays)
    assert digest_of(arrays | {"another name": np.zeros(1)}) != digest_of(arrays)


def _channels_last(array: np.ndarray) -> np.ndarray:
    if array.ndim != 4:
        return array
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def test_a_world_model_whose_convolutions_are_channels_last(store: WeightsStore, tmp_path: Path) -> None:
    model = WorldModel(SPEC)
    weights = {name: _channels_last(array) for name, array in get_weights(model).items()}
    assert any(not array.flags.c_contiguous for array in weights.values())
    frames = torch.randint(0, 256, (4, 3, 64, 64)) / 255
    expected = model.vae.encode(frames)[0]

    save(store, 1, weights, 1)
    save_weights(tmp_path / "weights.safetensors", SPEC, weights)
    stored = WorldModel(SPEC)
    set_weights(stored, store.load(1).weights)
    for other in (stored, load_model(tmp_path / "weights.safetensors")):
        assert torch.equal(other.vae.encode(frames)[0], expected)
