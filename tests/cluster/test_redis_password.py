from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from cluster.config.redis_password import VARIABLE, with_password


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "p/w@1")


@pytest.mark.parametrize(
    ("url", "full"),
    [
        ("redis://host:1/0", "redis://:p%2Fw%401@host:1/0"),
        ("rediss://me@host?ssl_ca_certs=/ca.pem", "rediss://me:p%2Fw%401@host?ssl_ca_certs=/ca.pem"),
        ("unix:///run/r.sock", "unix:///run/r.sock?password=p%2Fw%401"),
        ("unix:///run/r.sock?db=2", "unix:///run/r.sock?db=2&password=p%2Fw%401"),
        ("redis://:own@host", "redis://:own@host"),
        ("unix:///run/r.sock?password=own", "unix:///run/r.sock?password=own"),
    ],
)
def test_a_url_without_a_password_gets_it(url: str, full: str) -> None:
    assert with_password(url) == full


def test_without_the_variable_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    assert with_password("redis://host:1/0") == "redis://host:1/0"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
def test_redis_reads_the_password_back(password: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, password)
        for url in ("redis://me@host:7/3", f"unix://{Path('/run/r.sock')}"):
            full = with_password(url)
            assert urlsplit(full).path == urlsplit(url).path
            assert redis.ConnectionPool.from_url(full).connection_kwargs["password"] == password
