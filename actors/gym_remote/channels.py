"""Channels: each carries one value, in a form that its type defines.

A description is [type, shape text, annotations]. OpenAI's client evaluates the shape text as Python; here it is parsed.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import stat
from typing import Any, Sequence

import numpy as np

from actors.gym_remote.errors import ProtocolError

MAX_ARRAY_BYTES = 64 * 2**20
"""Most bytes of one channel. A screen of the Mega Drive has 215,040."""
MAX_FOLDS = 63
_INT_LIMIT = 2**63
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,31}")
_NUMBERS = r"[0-9]{1,9}(?:, ?[0-9]{1,9})*"
_FOLDS = re.compile(rf"(?:\[({_NUMBERS})\]|\(({_NUMBERS}),?\)),")
_ARRAY = re.compile(rf'\((?:({_NUMBERS}),?)?\), ?dtype\("([^"]{{1,10}})"\)')
_SIZES = re.compile(r"[1-9][0-9]{0,8}(?: [1-9][0-9]{0,8})*")
_SIZED = ("i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8")
_DTYPES = {
    name: dtype
    for dtype in map(np.dtype, ["?", "i1", "u1", *(order + kind for order in "<>" for kind in _SIZED)])
    for name in (dtype.str, dtype.name)
    # A name such as int64 means this machine's byte order.
    if name == dtype.str or dtype.isnative
}
_DTYPES["bool"] = np.dtype("?")


class Channel:
    """A named value. `encode` and `decode` convert it to and from its form in messages."""

    kind = ""

    def __init__(self, annotations: dict[str, str] | None = None) -> None:
        self.annotations = dict(annotations or {})

    def describe(self) -> list[Any]:
        return [self.kind, self.shape_text(), self.annotations]

    def shape_text(self) -> str | None:
        return None

    def open(self, directory: str, name: str, create: bool) -> None:
        """Opens the file that holds the value, if it is not in the messages themselves."""

    def close(self) -> None:
        """Closes that file."""

    def encode(self, value: Any) -> Any:
        raise NotImplementedError

    def decode(self, wire: Any) -> Any:
        """Returns the value for its form in a message.

        Raises:
            ProtocolError: it is no value of this channel.
        """
        raise NotImplementedError

    def _refuse(self, wire: object) -> ProtocolError:
        return ProtocolError(f"{str(wire)[:80]!r} is no value of a channel of type {self.kind}")


class IntChannel(Channel):
    """An integer; with the annotations type Discrete and n, it lies between 0 and n - 1."""

    kind = "int"

    def encode(self, value: Any) -> int:
        return int(self.decode(int(value)))

    def decode(self, wire: Any) -> int:
        if type(wire) is not int or not -_INT_LIMIT <= wire < _INT_LIMIT:
            raise self._refuse(wire)
        if self.annotations.get("type") == "Discrete" and not 0 <= wire < int(self.annotations["n"]):
            raise ProtocolError(f"{wire} is not in 0 to {int(self.annotations['n']) - 1}")
        return wire


class FloatChannel(Channel):
    """A finite number."""

    kind = "float"

    def encode(self, value: Any) -> float:
        return self.decode(float(value))

    def decode(self, wire: Any) -> float:
        try:
            number = float(wire) if type(wire) in (int, float) else math.nan
        except OverflowError:
            number = math.nan
        if not math.isfinite(number):
            raise self._refuse(wire)
        return number


class BoolChannel(Channel):
    kind = "bool"

    def encode(self, value: Any) -> bool:
        return bool(value)

    def decode(self, wire: Any) -> bool:
        if type(wire) is not bool:
            raise self._refuse(wire)
        return wire


class FoldChannel(Channel):
    """An array uint8 [N], as one integer: its values are digits of given bases, the first one the lowest."""

    kind = "int_fold"

    def __init__(self, folds: Sequence[int], annotations: dict[str, str] | None = None) -> None:
        super().__init__(annotations)
        self.folds = [int(fold) for fold in folds]
        if not 0 < len(self.folds) <= MAX_FOLDS or not all(0 < fold <= 256 for fold in self.folds):
            raise ProtocolError(f"folds must be 1 to {MAX_FOLDS} numbers of 1 to 256")

    def shape_text(self) -> str:
        return f"{self.folds},"

    def encode(self, value: Any) -> int:
        digits = [int(digit) for digit in value]
        if len(digits) != len(self.folds):
            raise ProtocolError(f"{len(digits)} values where there are {len(self.folds)}")
        folded, place = 0, 1
        for i, fold in enumerate(self.folds):
            if not 0 <= digits[i] < fold:
                raise ProtocolError(f"{digits[i]} is not in 0 to {fold - 1}")
            folded += digits[i] * place
            place *= fold
        return folded

    def decode(self, wire: Any) -> np.ndarray:
        if type(wire) is not int or not 0 <= wire < math.prod(self.folds):
            raise self._refuse(wire)
        digits = np.zeros(len(self.folds), np.uint8)
        for i, fold in enumerate(self.folds):
            wire, digits[i] = divmod(wire, fold)
        return digits


class ArrayChannel(Channel):
    """An array in a file of the channel's name; the messages only say that it has changed.

    The other side may map the file into its memory. Here it is read and written: a mapping would kill this process
    if the other side cut the file.
    """

    kind = "np"

    def __init__(self, shape: Sequence[int], dtype: Any, annotations: dict[str, str] | None = None) -> None:
        super().__init__(annotations)
        self.shape: tuple[int, ...] = tuple(int(side) for side in shape)
        self.dtype = np.dtype(dtype)
        if self.dtype.str not in _DTYPES:
            raise ProtocolError(f"arrays of {self.dtype} are not supported")
        self.bytes = math.prod(self.shape) * self.dtype.itemsize
        if not 0 < self.bytes <= MAX_ARRAY_BYTES:
            raise ProtocolError(f"an array of {self.bytes:,} bytes; there can be 1 to {MAX_ARRAY_BYTES:,}")
        self._sizes = _sizes_of(self.annotations, self.shape)
        self._file = -1

    def shape_text(self) -> str:
        return f'{self.shape}, dtype("{self.dtype.str}")'

    def open(self, directory: str, name: str, create: bool) -> None:
        path = os.path.join(directory, name)
        if create:
            # A killed server may have left it.
            _unlink(path)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            # A full disk is an error now; later it would kill the process that writes to a mapping of the file.
            os.posix_fallocate(self._file, 0, self.bytes)
            return
        try:
            self._file = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise ProtocolError(f"channel {name}: its file cannot be opened: {error.strerror}") from error
        status = os.fstat(self._file)
        # A file with a second name could be any of our files, which would be overwritten.
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1 or status.st_size != self.bytes:
            self.close()
            raise ProtocolError(f"channel {name}: its file is no plain one of {self.bytes:,} bytes")

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def encode(self, value: Any) -> bool:
        array = np.asarray(value, self.dtype, order="C")
        if array.shape != self.shape:
            raise ProtocolError(f"an array of shape {array.shape} where {self.shape} is expected")
        self._check(array)
        if os.pwrite(self._file, _bytes_of(array), 0) != self.bytes:
            raise OSError("the file of a channel cannot be written in full")
        return True

    def decode(self, wire: Any) -> np.ndarray:
        if wire is not True:
            raise self._refuse(wire)
        array = np.empty(self.shape, self.dtype)
        if os.preadv(self._file, [_bytes_of(array)], 0) != self.bytes:
            raise ProtocolError(f"a file of {os.fstat(self._file).st_size:,} bytes where there were {self.bytes:,}")
        self._check(array)
        return array

    def _check(self, array: np.ndarray) -> None:
        if self._sizes is not None and not ((array >= 0) & (array < self._sizes)).all():
            raise ProtocolError(f"a {self.annotations['type']} of values that it does not have")


def make_channel(name: object, description: object) -> Channel:
    """Makes the channel of a description.

    Raises:
        ProtocolError: the description is invalid, or the channel too large, or its name is no plain word.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name == "sock":
        raise ProtocolError(f"{str(name)[:80]!r} is no name of a channel")
    if not isinstance(description, list) or len(description) != 3:
        raise ProtocolError(f"channel {name}: not a list of type, shape and annotations")
    kind, shape, annotations = description
    try:
        return _make(kind, shape, _checked(annotations))
    except ProtocolError as error:
        raise ProtocolError(f"channel {name}: {error}") from error


def _checked(annotations: object) -> dict[str, str]:
    if annotations is None:
        return {}
    if not isinstance(annotations, dict) or not all(isinstance(text, str) for text in annotations.values()):
        raise ProtocolError("annotations must be texts by name")
    if annotations.get("type") in ("Discrete", "MultiBinary") and not re.fullmatch(
        r"[1-9][0-9]{0,8}", annotations.get("n", "")
    ):
        raise ProtocolError(f"{str(annotations.get('n'))[:80]!r} is no size of a {annotations['type']}")
    return annotations


def _make(kind: object, shape: object, annotations: dict[str, str]) -> Channel:
    if isinstance(kind, str) and kind in _PLAIN and shape in (None, ""):
        return _PLAIN[kind](annotations)
    if kind == "int_fold" and isinstance(shape, str):
        match = _FOLDS.fullmatch(shape)
        if match:
            return FoldChannel(_numbers(match[1] or match[2]), annotations)
    if kind == "np" and isinstance(shape, str):
        match = _ARRAY.fullmatch(shape)
        if match and match[2] in _DTYPES:
            return ArrayChannel(_numbers(match[1] or ""), _DTYPES[match[2]], annotations)
    raise ProtocolError(f"type {str(kind)[:40]!r} with shape {str(shape)[:80]!r} is not known")


_PLAIN = {"int": IntChannel, "float": FloatChannel, "bool": BoolChannel}


def _sizes_of(annotations: dict[str, str], shape: tuple[int, ...]) -> np.ndarray | None:
    """Returns how many values each number of the array can have; None without such an annotation."""
    if annotations.get("type") == "MultiBinary":
        return np.array(2)
    if annotations.get("type") != "MultiDiscrete" or "sizes" not in annotations:
        return None
    text = annotations["sizes"]
    sizes = [int(word) for word in text.split()] if _SIZES.fullmatch(text) else []
    if (len(sizes),) != shape:
        raise ProtocolError(f"{text[:80]!r} are no sizes of an array of shape {shape}")
    return np.array(sizes)


def _numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",") if word]


def _bytes_of(array: np.ndarray) -> memoryview:
    """Returns an array's memory as bytes."""
    return array.reshape(-1).view(np.uint8).data


def _unlink(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def multi_binary(n: int) -> Channel:
    """Makes a channel for a MultiBinary space: an integer below 64 bits, else an array, as OpenAI's server does."""
    annotations = {"n": str(n), "type": "MultiBinary"}
    return FoldChannel([2] * n, annotations) if n <= MAX_FOLDS else ArrayChannel((n,), np.uint8, annotations)


def discrete(n: int) -> IntChannel:
    return IntChannel({"n": str(n), "type": "Discrete"})


def multi_discrete(sizes: Sequence[int]) -> ArrayChannel:
    """Makes a channel for a MultiDiscrete space. Unlike OpenAI's, its annotation has the sizes of the numbers."""
    sizes = [int(size) for size in sizes]
    annotations = {"shape": str(len(sizes)), "type": "MultiDiscrete", "sizes": " ".join(map(str, sizes))}
    return ArrayChannel((len(sizes),), np.int64, annotations)


def box(shape: Sequence[int], dtype: Any) -> ArrayChannel:
    shape = tuple(int(side) for side in shape)
    return ArrayChannel(shape, dtype, {"type": "Box", "shape": str(shape)})


def channel_of(space: Any) -> Channel:
    """Makes a channel for a space of gym or gymnasium.

    Raises:
        ValueError: the protocol has no channel for such a space.
    """
    kind = type(space).__name__
    if kind == "MultiBinary":
        return multi_binary(int(space.n))
    if kind == "Discrete":
        return discrete(int(space.n))
    if kind == "MultiDiscrete":
        return multi_discrete(space.nvec)
    if kind == "Box":
        return box(space.shape, space.dtype)
    raise ValueError(f"gym-remote has no channel for a {kind} space")
