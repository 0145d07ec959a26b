"""Hosts within this machine: network namespaces with addresses of their own, joined by a bridge.

The bridge is in a namespace, too, out of reach of this machine's packet filter, Docker's for instance.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SWITCH = "sonic-switch"
_BRIDGE = "bridge"
_NETWORK = "10.123.45"
RAY = str(Path(sys.executable).with_name("ray"))


def permitted() -> bool:
    """Whether this process may make network namespaces."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    made = subprocess.run(["ip", "netns", "add", "sonic-probe"], capture_output=True, check=False)
    subprocess.run(["ip", "netns", "delete", "sonic-probe"], capture_output=True, check=False)
    return made.returncode == 0


class Host:
    """A namespace.

    Attributes:
        address: its own, in a network of all hosts.
    """

    def __init__(self, number: int) -> None:
        self._space = f"sonic-host{number}"
        self._cable = f"host{number}"
        self.address = f"{_NETWORK}.{number}"
        _ip("netns", "add", self._space)
        _ip("-n", _SWITCH, "link", "add", self._cable, "type", "veth", "peer", "name", "eth0", "netns", self._space)
        _ip("-n", _SWITCH, "link", "set", self._cable, "master", _BRIDGE, "up")
        _ip("-n", self._space, "link", "set", "lo", "up")
        _ip("-n", self._space, "address", "add", f"{self.address}/24", "dev", "eth0")
        _ip("-n", self._space, "link", "set", "eth0", "up")

    def words(self, *command: object) -> list[str]:
        """The command line that runs a command on this host."""
        return ["ip", "netns", "exec", self._space, *map(str, command)]

    def cut(self) -> None:
        """Pulls its cable; `heal` plugs it in again."""
        _ip("-n", _SWITCH, "link", "set", self._cable, "down")

    def heal(self) -> None:
        _ip("-n", _SWITCH, "link", "set", self._cable, "up")

    def pids(self) -> list[int]:
        """All processes on it."""
        done = subprocess.run(["ip", "netns", "pids", self._space], capture_output=True, text=True, check=True)
        return [int(pid) for pid in done.stdout.split()]

    def remove(self) -> None:
        for pid in self.pids():
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                continue
        _ip("netns", "delete", self._space)


@contextmanager
def network(hosts: int) -> Iterator[list[Host]]:
    """So many hosts that reach one another; their processes end with it."""
    _ip("netns", "add", _SWITCH)
    made: list[Host] = []
    try:
        _ip("-n", _SWITCH, "link", "add", _BRIDGE, "type", "bridge")
        _ip("-n", _SWITCH, "link", "set", _BRIDGE, "up")
        for number in range(1, hosts + 1):
            made.append(Host(number))
        yield made
    finally:
        for host in made:
            host.remove()
        _ip("netns", "delete", _SWITCH)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
