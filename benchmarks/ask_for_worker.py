"""Asks a running process to fork a Ray worker. Ray runs this file in place of its own start script."""

import json
import os
import signal
import socket
import sys

name = os.environ["SONIC_WORLDS_FORKED_WORKERS"]
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as forks:
    # An abstract address has a zero in front, which no environment variable may have.
    forks.connect(f"\0{name[1:]}" if name.startswith("@") else name)
    blocked = [*map(int, signal.pthread_sigmask(signal.SIG_BLOCK, []))]
    worker = {"words": sys.argv[1:], "environment": dict(os.environ), "cwd": os.getcwd(), "blocked": blocked}
    with open("/proc/self/ns/net") as network:
        socket.send_fds(forks, [json.dumps(worker).encode()], [0, 1, 2, network.fileno()])
