"""A store behind a password and TLS. The server itself has no TLS, so a proxy before it speaks that."""

import datetime
import ipaddress
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest
import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.published import save
from world_model.published.private_valkey import PrivateValkey
from world_model.published.weights_store import StoreUnavailable, WeightsStore, check_redis

PASSWORD = "open-sesame"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 127.0.0.1, signed by itself; the key is in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return file


def _relay(outer: ssl.SSLSocket, inner: socket.socket) -> None:
    """Both ways in one thread: OpenSSL does not let two use a connection at once."""
    with suppress(OSError), outer, inner:
        while True:
            ready = [outer] if outer.pending() else select.select([outer, inner], [], [])[0]
            for source, target in ((outer, inner), (inner, outer)):
                if source in ready:
                    data = source.recv(1 << 16)
                    if not data:
                        return
                    target.sendall(data)


@pytest.fixture
def port(valkey: PrivateValkey, certificate: Path) -> Iterator[int]:
    """Where the server, which wants a password, is reached by TLS."""
    with redis.Redis.from_url(valkey.url) as client:
        client.config_set("requirepass", PASSWORD)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                plain, _ = listener.accept()
                with suppress(OSError):
                    plain.settimeout(5)
                    outer = context.wrap_socket(plain, server_side=True)
                    inner = socket.socket(socket.AF_UNIX)
                    inner.connect(valkey.url.removeprefix("unix://"))
                    threading.Thread(target=_relay, args=(outer, inner), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()
    with redis.Redis.from_url(valkey.url, password=PASSWORD) as client:
        client.config_set("requirepass", "")


def test_weights_go_through_tls_with_a_password(port: int, certificate: Path) -> None:
    url = f"rediss://:{PASSWORD}@127.0.0.1:{port}/0?ssl_ca_certs={certificate}"
    check_redis(url)
    with closing(WeightsStore(url, "run", 2)) as store:
        save(store, 1, {"a": np.arange(100_000, dtype=np.float32)}, 5)
        np.testing.assert_array_equal(store.load(1).weights["a"], np.arange(100_000))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("rediss://:other-word@127.0.0.1:{port}?ssl_ca_certs={ca}", "invalid username-password pair"),
        ("rediss://127.0.0.1:{port}?ssl_ca_certs={ca}", "already authenticated"),
        ("rediss://:open-sesame@127.0.0.1:{port}", "certificate verify failed"),
        ("redis://:open-sesame@127.0.0.1:{port}", "does not answer"),
    ],
)
def test_who_is_not_who_he_should_be_is_refused(port: int, certificate: Path, url: str, message: str) -> None:
    with pytest.raises(StoreUnavailable, match=message) as caught:
        check_redis(url.format(port=port, ca=certificate))
    assert "open-sesame" not in str(caught.value)
    assert "other-word" not in str(caught.value)
