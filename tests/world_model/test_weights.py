import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import SafetensorError
from safetensors.numpy import save_file

from world_model.model import WorldModel
from world_model.published.weights import Weights
from world_model.spec import WorldModelSpec, preset_spec
from world_model.weights import WeightsError, get_weights, load_model, save_weights, set_weights

TINY = WorldModelSpec(actions=3, latent=4, hidden=8, inverse_hidden=8)


@pytest.fixture(scope="module")
def weights() -> Weights:
    return get_weights(WorldModel(TINY))


@pytest.mark.parametrize("preset", ["small", "seed"])
def test_a_saved_model_is_loaded_as_it_was(tmp_path: Path, preset: str) -> None:
    model = WorldModel(preset_spec(preset, 10))
    save_weights(tmp_path / "model.safetensors", model.spec, get_weights(model))
    loaded = load_model(tmp_path / "model.safetensors")
    assert loaded.spec == model.spec
    own, other = model.state_dict(), loaded.state_dict()
    assert own.keys() == other.keys()
    assert all(torch.equal(own[name], other[name]) for name in own)
    assert [file.name for file in tmp_path.iterdir()] == ["model.safetensors"]


def test_weights_are_float32_copies() -> None:
    model = WorldModel(TINY)
    weights = get_weights(model)
    assert {array.dtype for array in weights.values()} == {np.dtype(np.float32)}
    for array in weights.values():
        array += 1
    for name, parameter in model.state_dict().items():
        assert np.abs(weights[name] - parameter.numpy()).min() > 0.5


def test_read_only_arrays_can_be_set_and_are_not_kept(weights: Weights) -> None:
    model = WorldModel(TINY)
    frozen = {name: array.copy() for name, array in weights.items()}
    for array in frozen.values():
        array.flags.writeable = False
    set_weights(model, frozen)
    for parameter in model.parameters():
        parameter.data += 1
    for name, array in frozen.items():
        np.testing.assert_array_equal(array, weights[name])


def test_setting_weights_keeps_the_parameters_that_an_optimiser_holds(weights: Weights) -> None:
    model = WorldModel(TINY)
    before = {name: (id(p), p.data_ptr(), p.stride()) for name, p in model.named_parameters()}
    set_weights(model, weights)
    assert {name: (id(p), p.data_ptr(), p.stride()) for name, p in model.named_parameters()} == before
    assert all(np.array_equal(array, weights[name]) for name, array in get_weights(model).items())


def test_names_that_differ_are_told(weights: Weights) -> None:
    name = "inverse_model.net.0.bias"
    renamed = {("other" if n == name else n): array for n, array in weights.items()}
    with pytest.raises(WeightsError, match=r"\['inverse_model.net.0.bias', 'other'\]"):
        set_weights(WorldModel(TINY), renamed)


def test_a_shape_that_differs_is_told(weights: Weights) -> None:
    wrong = weights | {"inverse_model.net.2.bias": np.zeros(5, np.float32)}
    with pytest.raises(WeightsError, match=r"inverse_model.net.2.bias has shape \(5,\), the model's is \(3,\)"):
        set_weights(WorldModel(TINY), wrong)


def test_a_missing_file_is_a_weights_error(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"nothing\.safetensors holds no world model"):
        load_model(tmp_path / "nothing.safetensors")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_file_that_was_cut_off_is_a_weights_error(tmp_path: Path, weights: Weights, share: float) -> None:
    path = tmp_path / "model.safetensors"
    save_weights(path, TINY, weights)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(WeightsError, match="holds no world model"):
        load_model(path)


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {"spec": "{"},
        {"spec": "3"},
        {"spec": '{"actions": 3, "colour": 1}'},
        {"spec": '{"actions": "three"}'},
        {"spec": '{"actions": -30}'},
        {"spec": '{"actions": 3, "observation_size": 96}'},
        {"spec": '{"actions": 3}'},
        {"spec": json.dumps(TINY.as_dict() | {"sees_grid": True})},
    ],
)
def test_a_file_without_a_spec_that_fits_is_a_weights_error(
    tmp_path: Path, weights: Weights, metadata: dict[str, str] | None
) -> None:
    path = tmp_path / "model.safetensors"
    save_file(weights, path, metadata=metadata)
    with pytest.raises(WeightsError, match=r"model\.safetensors holds no world model"):
        load_model(path)


def test_a_field_that_is_gone_and_was_not_set_does_no_harm(tmp_path: Path, weights: Weights) -> None:
    path = tmp_path / "model.safetensors"
    save_file(weights, path, metadata={"spec": json.dumps(TINY.as_dict() | {"sees_grid": False})})
    assert load_model(path).spec == TINY


def test_a_write_that_fails_half_way_keeps_the_old_file_and_leaves_no_temporary_one(
    tmp_path: Path, weights: Weights, full_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    path = tmp_path / "model.safetensors"
    save_weights(path, TINY, weights)
    before = path.read_bytes()
    with full_disk(), pytest.raises((OSError, SafetensorError)):
        save_weights(path, TINY, weights)
    assert [file.name for file in tmp_path.iterdir()] == ["model.safetensors"]
    assert path.read_bytes() == before


def test_a_file_that_cannot_be_replaced_leaves_no_temporary_one(tmp_path: Path, weights: Weights) -> None:
    path = tmp_path / "model.safetensors"
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        save_weights(path, TINY, weights)
    assert list(tmp_path.iterdir()) == [path]
