"""Asks a running process to fork a Ray worker. Ray runs this file in place of its own start script."""

import json
import os
import signal
import socket
import sys

with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as forks:
    forks.connect("\0" + os.environ["SONIC_WORLDS_FORKED_WORKERS"])
    blocked = [*map(int, signal.pthread_sigmask(signal.SIG_BLOCK, []))]
    worker = {"words": sys.argv[1:], "environment": dict(os.environ), "cwd": os.getcwd(), "blocked": blocked}
    socket.send_fds(forks, [json.dumps(worker).encode()], [0, 1, 2])
