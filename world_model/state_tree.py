"""Saves nested state in two files without pickle: arrays in safetensors, the rest in JSON."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from world_model.published.weights import in_c_order
from world_model.replaced_file import replacing

_KIND = "$"
"""Key that marks a JSON object for a type that JSON does not have."""

_DTYPES = {torch.bool, torch.float16, torch.bfloat16, torch.float32, torch.float64} | {
    *(torch.uint8, torch.uint16, torch.uint32, torch.uint64),
    *(torch.int8, torch.int16, torch.int32, torch.int64),
}


class StateTreeError(ValueError):
    """A file is missing or damaged, or a value has a type that a tree cannot hold."""


def save_tree(folder: Path, name: str, tree: Any) -> None:
    """Writes `<name>.safetensors` and `<name>.json` into a folder, each through a temporary name.

    The folder should be new: a kill between the two files would leave an old one beside a new one.

    A tree is made of dicts with str or int keys, lists, tuples, numpy arrays and scalars, torch tensors, numbers, text,
    booleans and None. Named tuples and ordered dicts are loaded as tuples and dicts.

    Raises:
        StateTreeError: a value has another type; the message names its place.
        OSError, SafetensorError: a file cannot be written; an old one is kept.
    """
    tensors: dict[str, torch.Tensor] = {}
    structure = _take_apart(tree, "", tensors)
    _write(folder / f"{name}.safetensors", lambda path: save_file(tensors, path))
    _write(folder / f"{name}.json", lambda path: path.write_text(json.dumps(structure)))


def load_tree(folder: Path, name: str) -> Any:
    """Returns the tree that `save_tree` wrote, with its types; numpy arrays and torch tensors are told apart.

    Raises:
        StateTreeError: a file is missing or damaged.
    """
    arrays, text = folder / f"{name}.safetensors", folder / f"{name}.json"
    try:
        tensors = load_file(arrays)
    except (OSError, SafetensorError, ValueError) as error:
        raise StateTreeError(f"{arrays}: {error}") from error
    try:
        return _put_together(json.loads(text.read_text()), tensors)
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise StateTreeError(f"{text}: {error!r}") from error


def not_finite(tree: Any, path: str = "") -> str | None:
    """Returns the place of the first number in a tree that is not finite; None if all are."""
    if isinstance(tree, dict):
        children = ((f"{path}/{key}", value) for key, value in tree.items())
    elif isinstance(tree, list | tuple):
        children = ((f"{path}/{i}", value) for i, value in enumerate(tree))
    elif isinstance(tree, torch.Tensor):
        return None if not tree.is_floating_point() or bool(tree.isfinite().all()) else path
    elif isinstance(tree, float | np.ndarray | np.floating):
        return None if not np.issubdtype(np.asarray(tree).dtype, np.floating) or np.isfinite(tree).all() else path
    else:
        return None
    return next((at_fault for at, value in children if (at_fault := not_finite(value, at)) is not None), None)


def _take_apart(node: Any, path: str, tensors: dict[str, torch.Tensor]) -> Any:
    if node is None or isinstance(node, bool | str) or type(node) is int:
        return node
    if type(node) is float:
        return node if math.isfinite(node) else {_KIND: "float", "value": repr(node)}
    if isinstance(node, torch.Tensor):
        if node.dtype not in _DTYPES or node.layout != torch.strided:
            raise StateTreeError(f"{path or 'the tree'} is a tensor of {node.dtype}, {node.layout}")
        # safetensors refuses tensors that share memory.
        tensors[path] = node.detach().cpu().clone().contiguous()
        return {_KIND: "torch", "at": path}
    if isinstance(node, np.ndarray | np.generic):
        try:
            tensor = torch.from_numpy(np.array(in_c_order(np.asarray(node)), ndmin=1))
        except (TypeError, ValueError) as error:
            raise StateTreeError(f"{path or 'the tree'} is an array of {node.dtype}") from error
        if tensor.dtype not in _DTYPES:
            raise StateTreeError(f"{path or 'the tree'} is an array of {node.dtype}")
        tensors[path] = tensor
        return {_KIND: "numpy", "at": path, "shape": list(node.shape), "scalar": isinstance(node, np.generic)}
    if isinstance(node, list | tuple):
        items = [_take_apart(item, f"{path}/{i}", tensors) for i, item in enumerate(node)]
        return items if isinstance(node, list) else {_KIND: "tuple", "items": items}
    if isinstance(node, dict):
        pairs = []
        for i, (key, value) in enumerate(node.items()):
            if type(key) not in (str, int):
                raise StateTreeError(f"{path or 'the tree'} has a key of type {type(key).__name__}: {key!r}")
            pairs.append([key, _take_apart(value, f"{path}/{i}:{key}", tensors)])
        plain = all(type(key) is str and key != _KIND for key, _ in pairs)
        return dict(pairs) if plain else {_KIND: "dict", "items": pairs}
    raise StateTreeError(f"{path or 'the tree'} is of type {type(node).__name__}")


def _put_together(node: Any, tensors: dict[str, torch.Tensor]) -> Any:
    if isinstance(node, list):
        return [_put_together(item, tensors) for item in node]
    if not isinstance(node, dict):
        return node
    match node.get(_KIND):
        case None:
            return {key: _put_together(value, tensors) for key, value in node.items()}
        case "float":
            return float(node["value"])
        case "torch":
            return tensors[node["at"]]
        case "numpy":
            array = tensors[node["at"]].numpy().reshape(node["shape"])
            return array[()] if node["scalar"] else array
        case "tuple":
            return tuple(_put_together(item, tensors) for item in node["items"])
        case "dict":
            return {key: _put_together(value, tensors) for key, value in node["items"]}
        case kind:
            raise ValueError(f"unknown kind {kind!r}")


def _write(path: Path, write: Any) -> None:
    with replacing(path) as beside:
        write(beside)
