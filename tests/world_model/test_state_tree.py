import json
import math
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors import SafetensorError

from world_model.state_tree import StateTreeError, load_tree, save_tree

NUMPY_TYPES = ("bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32")
dtypes = st.sampled_from([np.dtype(name) for name in (*NUMPY_TYPES, "float64")])
arrays = dtypes.flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
)
numpy_scalars = dtypes.flatmap(hnp.from_dtype)
tensors = arrays.map(lambda array: torch.from_numpy(np.array(array)))
bf16_tensors = tensors.map(lambda tensor: tensor.to(torch.bfloat16))
leaves = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    *(arrays, numpy_scalars, tensors, bf16_tensors),
)
trees = st.recursive(
    leaves,
    lambda children: st.one_of(
        st.lists(children, max_size=4),
        st.lists(children, max_size=4).map(tuple),
        st.dictionaries(st.one_of(st.text(), st.integers(), st.just("$")), children, max_size=4),
    ),
    max_leaves=12,
)


def assert_same(a: Any, b: Any) -> None:
    assert type(a) is type(b)
    if isinstance(a, dict):
        assert [(type(key), key) for key in a] == [(type(key), key) for key in b]
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, list | tuple):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert_same(x, y)
    elif isinstance(a, torch.Tensor):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        torch.testing.assert_close(a, b, rtol=0, atol=0, equal_nan=True)
    elif isinstance(a, np.ndarray | np.generic):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        np.testing.assert_array_equal(a, b)
    elif isinstance(a, float):
        assert a == b or (math.isnan(a) and math.isnan(b))
        assert math.copysign(1, a) == math.copysign(1, b) or math.isnan(a)
    else:
        assert a == b


@given(trees)
def test_what_is_loaded_is_what_was_saved(tree: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        save_tree(Path(folder), "state", tree)
        assert_same(tree, load_tree(Path(folder), "state"))
        assert {file.name for file in Path(folder).iterdir()} == {"state.safetensors", "state.json"}


def test_each_kind_comes_back_as_itself(tmp_path: Path) -> None:
    tree = {
        "tuple": (1, (2.5, [3]), ()),
        7: {0: "zero", -1: None},
        "numbers": [True, 1, 1.0, -0.0, math.nan, math.inf, -math.inf, 2**80],
        "scalars": [np.float32(1.5), np.int64(3), np.bool_(True), np.float64("nan")],
        "arrays": [np.zeros((0, 3)), np.array(5, np.uint8), np.arange(6).reshape(2, 3).T, np.arange(4)[::-1]],
        "tensors": [torch.tensor([1.0, math.inf]).bfloat16(), torch.tensor(2), torch.zeros(2, 0), torch.ones(2, 3).T],
        "$": {"$": "tuple"},
        "": "",
    }
    save_tree(tmp_path, "state", tree)
    assert_same(tree, load_tree(tmp_path, "state"))


def test_tensors_that_share_memory_come_back_apart(tmp_path: Path) -> None:
    shared = torch.zeros(3)
    save_tree(tmp_path, "state", [shared, shared, shared[1:]])
    a, b, c = load_tree(tmp_path, "state")
    a += 1
    assert b.tolist() == [0, 0, 0]
    assert c.tolist() == [0, 0]


def test_loaded_arrays_can_be_written_to(tmp_path: Path) -> None:
    save_tree(tmp_path, "state", np.zeros(3))
    array = load_tree(tmp_path, "state")
    array += 1
    assert array.tolist() == [1, 1, 1]


def test_parameters_and_ordered_dicts_come_back_plain(tmp_path: Path) -> None:
    save_tree(tmp_path, "state", OrderedDict(weight=torch.nn.Parameter(torch.ones(2))))
    assert_same({"weight": torch.ones(2)}, load_tree(tmp_path, "state"))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({1, 2}, "of type set"),
        (b"bytes", "of type bytes"),
        (1j, "of type complex"),
        (np.array(["text"]), "an array of <U4"),
        (np.array([object()]), "an array of object"),
        (np.zeros(2, complex), "an array of complex128"),
        (np.datetime64("2018-04-05"), "an array of datetime64"),
        (torch.zeros(2, dtype=torch.complex64), "a tensor of torch.complex64"),
        (torch.eye(2).to_sparse(), "torch.sparse_coo"),
        ({None: 1}, "a key of type NoneType: None"),
        ({True: 1}, "a key of type bool: True"),
        ({(1, 2): 1}, "a key of type tuple"),
    ],
)
def test_a_value_that_it_cannot_hold_is_named_with_its_place(tmp_path: Path, value: Any, message: str) -> None:
    with pytest.raises(StateTreeError) as caught:
        save_tree(tmp_path, "state", {"a": 0, "deep": [0, (1, value)]})
    assert message in str(caught.value)
    assert "/1:deep/1/1" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_tree_that_cannot_be_held_at_its_root_is_named(tmp_path: Path) -> None:
    with pytest.raises(StateTreeError, match="the tree is of type set"):
        save_tree(tmp_path, "state", set())


@pytest.mark.parametrize("suffix", ["safetensors", "json"])
def test_a_missing_file_is_named(tmp_path: Path, suffix: str) -> None:
    save_tree(tmp_path, "state", {"a": np.ones(3), "b": 1})
    (tmp_path / f"state.{suffix}").unlink()
    with pytest.raises(StateTreeError, match=rf"state\.{suffix}"):
        load_tree(tmp_path, "state")


@pytest.mark.parametrize("suffix", ["safetensors", "json"])
def test_a_file_cut_off_anywhere_is_found_damaged(tmp_path: Path, suffix: str) -> None:
    save_tree(tmp_path, "state", {"a": np.ones(3), "b": (1, [2.5])})
    file = tmp_path / f"state.{suffix}"
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        with pytest.raises(StateTreeError, match=rf"state\.{suffix}"):
            load_tree(tmp_path, "state")


@given(st.data())
def test_damage_gives_a_state_tree_error_or_goes_into_a_value(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_tree(folder, "state", {"a": np.ones((2, 2)), 3: (1, math.nan, torch.ones(2))})
        file = folder / f"state.{data.draw(st.sampled_from(['safetensors', 'json']))}"
        damaged = bytearray(file.read_bytes())
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
        file.write_bytes(damaged)
        # A changed number cannot be told from another; the checkpoint's digests are for that.
        with suppress(StateTreeError):
            load_tree(folder, "state")


@pytest.mark.parametrize(
    "structure",
    [
        {"$": "pickle"},
        {"$": "torch", "at": "/nowhere"},
        {"$": "torch"},
        {"$": "torch", "at": []},
        {"$": "numpy", "at": "/0:a", "shape": [9], "scalar": False},
        {"$": "numpy", "at": "/0:a", "shape": 5, "scalar": False},
        {"$": "tuple", "items": 3},
        {"$": "dict", "items": [[1]]},
        {"$": "dict", "items": [[[], 1]]},
        {"$": "float", "value": "much"},
        {"$": []},
    ],
)
def test_a_structure_that_makes_no_sense_is_found_damaged(tmp_path: Path, structure: Any) -> None:
    save_tree(tmp_path, "state", {"a": np.ones(3)})
    (tmp_path / "state.json").write_text(json.dumps(structure))
    with pytest.raises(StateTreeError, match=r"state\.json"):
        load_tree(tmp_path, "state")


def test_a_write_that_fails_half_way_leaves_the_old_files_and_no_temporary_ones(
    tmp_path: Path, full_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    save_tree(tmp_path, "state", {"a": np.ones(3)})
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    for tree in ({"a": np.zeros(100_000)}, "text" * 100_000):
        with full_disk(), pytest.raises((OSError, SafetensorError)):
            save_tree(tmp_path, "state", tree)
        assert {file.name for file in tmp_path.iterdir()} == set(before)
        assert (tmp_path / "state.json").read_bytes() == before["state.json"]
    # The text is the second file to be written; the first was replaced before it.
    with pytest.raises(StateTreeError):
        load_tree(tmp_path, "state")


def test_a_file_that_cannot_be_replaced_leaves_no_temporary_one(tmp_path: Path) -> None:
    (tmp_path / "state.json").mkdir()
    with pytest.raises(OSError, match=r"state\.json"):
        save_tree(tmp_path, "state", 1)
    assert {file.name for file in tmp_path.iterdir()} == {"state.safetensors", "state.json"}
