"""Every type of channel through a real socket and real files, and what is refused instead."""

import math
import os
import tempfile
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.gym_remote.channels import (
    MAX_ARRAY_BYTES,
    MAX_FOLDS,
    ArrayChannel,
    BoolChannel,
    Channel,
    FloatChannel,
    FoldChannel,
    IntChannel,
    box,
    channel_of,
    discrete,
    make_channel,
    multi_binary,
    multi_discrete,
)
from actors.gym_remote.client import Client
from actors.gym_remote.errors import GymRemoteError, ProtocolError
from actors.gym_remote.server import Server, decode

DTYPES = ["?", "i1", "u1", *(order + kind for order in "<>" for kind in ("i2", "u4", "i8", "f2", "f4", "f8"))]
Case = tuple[Channel, Any]


def _array(channel: Channel, data: bytes) -> Case:
    assert isinstance(channel, ArrayChannel)
    if channel.dtype.kind == "b":
        data = bytes(byte & 1 for byte in data)
    return channel, np.frombuffer(data, channel.dtype).reshape(channel.shape)


ARRAYS = (
    st.builds(box, st.lists(st.integers(1, 5), max_size=3), st.sampled_from(DTYPES))
    .flatmap(lambda channel: st.tuples(st.just(channel), st.binary(min_size=channel.bytes, max_size=channel.bytes)))
    .map(lambda pair: _array(*pair))
)
FOLDS = st.lists(
    st.integers(1, 256).flatmap(lambda fold: st.tuples(st.just(fold), st.integers(0, fold - 1))),
    min_size=1,
    max_size=MAX_FOLDS,
).map(lambda pairs: (FoldChannel([fold for fold, _ in pairs]), [digit for _, digit in pairs]))
BINARY = st.lists(st.integers(0, 1), min_size=1, max_size=100).map(lambda bits: (multi_binary(len(bits)), bits))
MULTI = st.lists(
    st.integers(1, 10**9 - 1).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1))),
    min_size=1,
    max_size=8,
).map(lambda pairs: (multi_discrete([size for size, _ in pairs]), [value for _, value in pairs]))
CASES: list[st.SearchStrategy[Case]] = [
    st.tuples(st.builds(IntChannel), st.integers(-(2**63), 2**63 - 1)),
    st.integers(1, 10**9 - 1).flatmap(lambda n: st.tuples(st.just(discrete(n)), st.integers(0, n - 1))),
    st.tuples(st.builds(FloatChannel), st.floats(allow_nan=False, allow_infinity=False)),
    st.tuples(st.builds(BoolChannel), st.booleans()),
    FOLDS,
    BINARY,
    MULTI,
    ARRAYS,
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.tuples(*CASES))
def test_every_type_comes_through_socket_and_files_both_ways(cases: tuple[Case, ...]) -> None:
    names = [f"channel{i}" for i in range(len(cases))]
    channels: dict[str, Channel] = {name: channel for name, (channel, _) in zip(names, cases, strict=True)}
    values = {name: value for name, (_, value) in zip(names, cases, strict=True)}
    needed = {"ac": discrete(2), "ob": box((2,), np.uint8)}
    needed |= {"reward": FloatChannel(), "done": BoolChannel(), "reset": BoolChannel()}
    clients = []
    with tempfile.TemporaryDirectory() as directory:
        server = Server(directory, needed | channels)
        thread = Thread(target=lambda: clients.append(Client(directory, 60)))
        thread.start()
        server.accept(60)
        thread.join()
        (client,) = clients
        client.send(values)
        _same(values, server.receive(60))
        server.send(values, 60)
        _same(values, client.receive(60))
        client.close()
        server.close()
        assert os.listdir(directory) == []


def _same(values: dict[str, Any], got: dict[str, Any]) -> None:
    assert got.keys() == values.keys()
    for name, value in values.items():
        if isinstance(value, np.ndarray):
            # Byte by byte: it may hold NaN.
            assert (got[name].dtype, got[name].shape) == (value.dtype, value.shape)
            assert got[name].tobytes() == value.tobytes()
        elif isinstance(value, list):
            assert got[name].tolist() == value
        else:
            assert (type(got[name]), got[name]) == (type(value), value)


@given(st.one_of(*CASES))
def test_a_description_gives_the_channel_again(case: Case) -> None:
    channel, _ = case
    again = make_channel("name", channel.describe())
    assert type(again) is type(channel)
    assert again.describe() == channel.describe()


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("np", '(224, 320, 3), dtype("|u1")', ((224, 320, 3), "uint8")),
        ("np", '(12,), dtype("uint8")', ((12,), "uint8")),
        ("np", '(70,), dtype("|u1")', ((70,), "uint8")),
        ("np", '(3,), dtype("<i8")', ((3,), "int64")),
        ("np", '(2, 2), dtype(">f4")', ((2, 2), ">f4")),
        ("np", '(), dtype("float32")', ((), "float32")),
        ("int_fold", "[2, 2, 2],", [2, 2, 2]),
        ("int_fold", "(2, 3),", [2, 3]),
        ("int_fold", "(2,),", [2]),
        ("int", None, None),
        ("float", "", None),
        ("bool", None, None),
    ],
)
def test_shape_texts_of_openai_s_are_understood(kind: str, text: str | None, expected: object) -> None:
    channel = make_channel("name", [kind, text, None])
    assert channel.kind == kind
    if isinstance(channel, ArrayChannel):
        assert isinstance(expected, tuple)
        assert (channel.shape, channel.dtype) == (expected[0], np.dtype(expected[1]))
    elif isinstance(channel, FoldChannel):
        assert channel.folds == expected


@pytest.mark.parametrize(
    ("space", "description"),
    [
        (spaces.MultiBinary(3), ["int_fold", "[2, 2, 2],", {"n": "3", "type": "MultiBinary"}]),
        (spaces.MultiBinary(64), ["np", '(64,), dtype("|u1")', {"n": "64", "type": "MultiBinary"}]),
        (spaces.Discrete(7), ["int", None, {"n": "7", "type": "Discrete"}]),
        (spaces.Box(0, 255, (4, 5), np.uint8), ["np", '(4, 5), dtype("|u1")', {"type": "Box", "shape": "(4, 5)"}]),
        (
            spaces.MultiDiscrete([3, 4]),
            ["np", '(2,), dtype("<i8")', {"shape": "2", "type": "MultiDiscrete", "sizes": "3 4"}],
        ),
    ],
)
def test_spaces_are_described_as_openai_s_server_does(space: Any, description: list[Any]) -> None:
    assert channel_of(space).describe() == description


def test_a_space_without_a_channel_is_refused() -> None:
    with pytest.raises(ValueError, match="no channel for a Tuple space"):
        channel_of(spaces.Tuple([]))


CODE = '(open("pwned", "w"),), dtype("|u1")'
HOSTILE_DESCRIPTIONS = [
    ["np", CODE, {}],
    ["np", '__import__("os").system("touch pwned")', {}],
    ["np", '(2, *[3]), dtype("|u1")', {}],
    ["np", '(2,), dtype("|u1"), open("pwned", "w")', {}],
    ["np", '(2,), dtype("|u1")\n', {}],
    ["np", '(,), dtype("|u1")', {}],
    ["np", '(-1,), dtype("|u1")', {}],
    ["np", '(0, 5), dtype("|u1")', {}],
    ["np", '(٣,), dtype("|u1")', {}],
    ["np", '(100000, 100000), dtype("|u1")', {}],
    ["np", '(999999999, 999999999, 999999999), dtype("<f8")', {}],
    ["np", f'({MAX_ARRAY_BYTES + 1},), dtype("|u1")', {}],
    ["np", '(2,), dtype("O")', {}],
    ["np", '(2,), dtype("V8")', {}],
    ["np", None, {}],
    ["np", 7, {}],
    ["int_fold", "[2, 2]", {}],
    ["int_fold", "[0],", {}],
    ["int_fold", "[257],", {}],
    ["int_fold", f"{[2] * 64},", {}],
    ["int_fold", '[open("pwned", "w")],', {}],
    ["int", "(3,)", {}],
    ["int", None, {"type": "Discrete"}],
    ["int", None, {"type": "Discrete", "n": "0"}],
    ["int", None, {"type": "Discrete", "n": "9" * 5000}],
    ["int", None, {"type": "Discrete", "n": 3}],
    ["int", None, [["n", "3"]]],
    ["np", '(2,), dtype("<i8")', {"type": "MultiDiscrete", "sizes": "3"}],
    ["np", '(2,), dtype("<i8")', {"type": "MultiDiscrete", "sizes": "3 x"}],
    ["eval", None, {}],
    [["np"], None, {}],
    [{}, None, {}],
    ["int", None],
    ["int", None, {}, {}],
    {"type": "int"},
    "int",
    None,
]
HOSTILE_NAMES = [
    "",
    "sock",
    "..",
    ".",
    "a/b",
    "/etc/passwd",
    "../ob",
    "a\0b",
    "ob\n",
    "ä",
    "1a",
    "a" * 33,
    5,
    None,
    "-rf",
]


@pytest.mark.parametrize("description", HOSTILE_DESCRIPTIONS, ids=str)
def test_hostile_descriptions_are_refused(description: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProtocolError, match=r"^channel name: "):
        make_channel("name", description)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=repr)
def test_hostile_names_are_refused(name: object) -> None:
    with pytest.raises(ProtocolError, match="is no name of a channel"):
        make_channel(name, ["bool", None, {}])


@given(JSON, JSON)
def test_any_description_is_a_channel_or_refused(name: object, description: object) -> None:
    try:
        make_channel(name, description)
    except ProtocolError:
        return


@given(st.text(max_size=40), st.sampled_from(["np", "int_fold"]))
def test_any_shape_text_is_a_channel_or_refused(text: str, kind: str) -> None:
    for words in (text, f'({text}), dtype("|u1")', f'(2,), dtype("{text}")', f"[{text}],"):
        try:
            make_channel("name", [kind, words, {}])
        except ProtocolError:
            continue


@given(st.sampled_from(["int", "discrete", "float", "bool", "fold", "array", "none"]) | st.text(max_size=5), JSON)
def test_any_value_is_one_or_refused(name: str, wire: object) -> None:
    channels = {"int": IntChannel(), "discrete": discrete(3), "float": FloatChannel(), "bool": BoolChannel()}
    try:
        values = decode({**channels, "fold": FoldChannel([2, 3])}, {name: wire})
    except ProtocolError:
        return
    assert {type(value) for value in values.values()} <= {int, float, bool, np.ndarray}


@pytest.mark.parametrize(
    ("channel", "wire"),
    [
        (IntChannel(), 2**63),
        (IntChannel(), True),
        (IntChannel(), 1.0),
        (discrete(3), 3),
        (discrete(3), -1),
        (FloatChannel(), math.nan),
        (FloatChannel(), math.inf),
        (FloatChannel(), 10**400),
        (FloatChannel(), "1"),
        (BoolChannel(), 1),
        (FoldChannel([2, 3]), 6),
        (FoldChannel([2, 3]), -1),
        (box((2,), np.uint8), 1),
        (box((2,), np.uint8), "x"),
        (box((2,), np.uint8), False),
    ],
)
def test_values_of_another_kind_are_refused(channel: Channel, wire: object) -> None:
    with pytest.raises(ProtocolError):
        channel.decode(wire)


@pytest.mark.parametrize(
    ("channel", "value"),
    [
        (discrete(3), 3),
        (FloatChannel(), math.nan),
        (FoldChannel([2, 3]), [1, 3]),
        (FoldChannel([2, 3]), [1]),
        (multi_binary(64), [2] * 64),
        (multi_discrete([3, 4]), [0, 4]),
        (box((2, 3), np.uint8), np.zeros((3, 2))),
    ],
)
def test_values_that_a_channel_does_not_have_are_not_sent(channel: Channel, value: object, tmp_path: Path) -> None:
    channel.open(str(tmp_path), "ob", create=True)
    try:
        with pytest.raises(GymRemoteError):
            channel.encode(value)
    finally:
        channel.close()


def test_an_array_that_the_other_side_left_out_of_range_is_refused(tmp_path: Path) -> None:
    channel = multi_discrete([3, 4])
    channel.open(str(tmp_path), "ac", create=True)
    (tmp_path / "ac").write_bytes(np.array([0, 4], np.int64).tobytes())
    with pytest.raises(ProtocolError, match="values that it does not have"):
        channel.decode(True)
    channel.close()


def test_a_description_can_come_from_openai_s_server_without_sizes() -> None:
    assert isinstance(
        make_channel("ac", ["np", '(2,), dtype("<i8")', {"shape": "2", "type": "MultiDiscrete"}]), ArrayChannel
    )
