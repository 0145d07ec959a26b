import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import redis

from tests.published import save
from world_model.published.private_valkey import PrivateValkey
from world_model.published.weights import Weights
from world_model.published.weights_store import StoreDamaged, StoreUnavailable, WeightsStore, check_redis, masked

LIMIT_SECONDS = 8.0
"""What "a few seconds" may be at most on a busy machine."""


def weights(value: float) -> Weights:
    return {"matrix": np.full((3, 2), value, np.float32), "vector": np.arange(4, dtype=np.float32)}


def assert_same(a: Weights, b: Weights) -> None:
    assert a.keys() == b.keys()
    for name in a:
        assert a[name].dtype == b[name].dtype
        np.testing.assert_array_equal(a[name], b[name])


@pytest.fixture
def make_store(valkey: PrivateValkey) -> Iterator[Callable[..., WeightsStore]]:
    stores = []

    def make(run: str = "run", keep: int = 3) -> WeightsStore:
        stores.append(WeightsStore(valkey.url, run, keep))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def client(valkey: PrivateValkey) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(valkey.url) as connection:
        yield connection


def test_what_is_loaded_is_what_was_saved(make_store: Callable[..., WeightsStore]) -> None:
    save(make_store(), 1, weights(0.5), updates=25)
    again = make_store()
    assert_same(again.load(1).weights, weights(0.5))
    assert (again.newest(), again.newest_updates(), again.versions()) == (1, 25, [1])


def test_a_new_run_has_nothing(make_store: Callable[..., WeightsStore]) -> None:
    store = make_store()
    assert (store.newest(), store.newest_updates(), store.versions(), store.load_kept()) == (0, 0, [], ({}, []))


def test_only_the_newest_are_kept(make_store: Callable[..., WeightsStore], client: redis.Redis) -> None:
    store = make_store(keep=3)
    for version in range(8, 13):
        save(store, version, weights(version), version)
    assert store.versions() == [10, 11, 12]
    kept, left_out = store.load_kept()
    assert left_out == []
    assert list(kept) == [10, 11, 12]
    for version, loaded in kept.items():
        assert_same(loaded.weights, weights(version))
    assert len([key for key in client.keys("*") if b":weights:" in key]) == 3


def test_a_version_that_is_not_there_is_missing(make_store: Callable[..., WeightsStore]) -> None:
    with pytest.raises(StoreDamaged, match=r"run:weights:7 in unix://.* is missing"):
        make_store().load(7)


@pytest.mark.parametrize("damage", ["flipped", "cut off", "empty", "other"])
def test_a_damaged_value_is_told_and_left_out(
    make_store: Callable[..., WeightsStore], client: redis.Redis, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    store = make_store()
    for version in (1, 2):
        save(store, version, weights(version), version)
    value = client.get("sonic-worlds:run:weights:1")
    assert isinstance(value, bytes)
    flipped = value[:-1] + bytes([value[-1] ^ 1])
    damaged = {"flipped": flipped, "cut off": value[:-1], "empty": b"", "other": b"x" * 100}[damage]
    client.set("sonic-worlds:run:weights:1", damaged)
    with pytest.raises(StoreDamaged, match=r"run:weights:1 in .* is damaged"):
        store.load(1)
    with caplog.at_level(logging.WARNING):
        assert list(store.load_kept()[0]) == [2]
    assert [record.getMessage() for record in caplog.records if "weights:1" in record.getMessage()]


def test_a_number_that_is_none_is_damage(make_store: Callable[..., WeightsStore], client: redis.Redis) -> None:
    client.set("sonic-worlds:run:newest", "many")
    with pytest.raises(StoreDamaged, match=r"newest in .* is no number: b'many'"):
        make_store().newest()


@pytest.mark.parametrize("other", ["other", "run*", "r?n", "run:weights", "[r]un", ""])
def test_runs_on_one_server_do_not_see_each_other(make_store: Callable[..., WeightsStore], other: str) -> None:
    a, b = make_store("run", keep=1), make_store(other, keep=1)
    save(a, 1, weights(1), 10)
    assert (b.newest(), b.versions()) == (0, [])
    for version in (4, 5):
        save(b, version, weights(version), 20)
    assert (a.newest(), a.newest_updates(), a.versions()) == (1, 10, [1])
    assert_same(a.load(1).weights, weights(1))
    assert b.versions() == [5]


@pytest.mark.parametrize("url", ["http://host:6379", "host:6379", "/run/socket", ""])
def test_an_unknown_scheme_is_refused(url: str) -> None:
    for make in (lambda: WeightsStore(url, "run", 1), lambda: check_redis(url)):
        with pytest.raises(ValueError, match="does not begin with one of redis://, rediss://, unix://") as caught:
            make()
        assert repr(url) in str(caught.value)


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1", "unix:///nowhere/socket", "redis://name.invalid"])
def test_an_unreachable_server_is_told_within_a_few_seconds(url: str) -> None:
    begin = time.monotonic()
    with pytest.raises(StoreUnavailable, match=f"Redis at {url} does not answer"):
        check_redis(url)
    assert time.monotonic() - begin < LIMIT_SECONDS


@contextmanager
def hung(server: PrivateValkey) -> Iterator[None]:
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


def test_a_hung_server_is_told_within_a_few_seconds_and_is_used_again_after(
    make_store: Callable[..., WeightsStore], valkey: PrivateValkey
) -> None:
    store = make_store()
    save(store, 1, weights(1), 1)
    with hung(valkey):
        begin = time.monotonic()
        with pytest.raises(StoreUnavailable):
            save(store, 2, weights(2), 2)
        assert time.monotonic() - begin < LIMIT_SECONDS
    save(store, 3, weights(3), 3)
    assert store.newest() == 3


def test_the_server_that_answers_is_fine(valkey: PrivateValkey) -> None:
    check_redis(valkey.url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://host:6379/0", "redis://host:6379/0"),
        ("redis://:secret@host:6379", "redis://:***@host:6379"),
        ("rediss://user:secret@host/1", "rediss://user:***@host/1"),
        ("redis://user:sec@r/et@host", "redis://user:***@host"),
        ("unix:///run/socket?password=secret&db=1", "unix:///run/socket?password=***&db=1"),
        ("unix:///run/socket?db=1&password=secret", "unix:///run/socket?db=1&password=***"),
        ("unix:///run/socket", "unix:///run/socket"),
    ],
)
def test_the_password_is_masked(url: str, shown: str) -> None:
    assert masked(url) == shown


@pytest.mark.parametrize("url", ["redis://user:secret@127.0.0.1:1", "unix:///nowhere/socket?password=secret"])
def test_messages_do_not_tell_the_password(url: str) -> None:
    with pytest.raises(StoreUnavailable) as unreachable:
        check_redis(url)
    with pytest.raises(ValueError, match=r"\*\*\*") as unknown:
        check_redis(url.replace("redis", "http").replace("unix", "http"))
    for message in (str(unreachable.value), str(unknown.value)):
        assert "***" in message
        assert "secret" not in message
