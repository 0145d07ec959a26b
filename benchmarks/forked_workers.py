"""Ray workers that are forked from one process that has loaded everything: 64 of them share what each would load.

Ray runs this file in place of a Python, with the command line of a worker. It hands that line, its environment and its
open files to the process that forks, which the first of them starts, and waits for the fork's end. A cluster needs none
of this: its machines have more memory for each core.
"""

import fcntl
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import time

SOCKET = "SONIC_WORLDS_FORKS"
_LONGEST = 1 << 20


def serve(path: str) -> None:
    """Forks a worker for every connection, until it is ended."""
    import cluster.training.ray_parts  # noqa: F401 - with it Ray, RLlib, torch and all of ours

    server = socket.socket(socket.AF_UNIX)
    server.bind(path + ".new")
    server.listen(256)
    os.rename(path + ".new", path)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        connection, _ = server.accept()
        words, handles, *_ = socket.recv_fds(connection, _LONGEST, 3)
        while not words.endswith(b"\n"):
            words += connection.recv(_LONGEST)
        if os.fork() == 0:
            # Ray ends a worker with its whole process group.
            os.setpgid(0, 0)
            server.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _become(json.loads(words), handles)
            return
        for handle in handles:
            os.close(handle)
        connection.close()


def _become(request: dict, handles: list[int]) -> None:
    """Turns this process into the requested worker. The connection stays open as long as it lives.

    Args:
        request: the worker's command line, environment and folder.
        handles: descriptors of its standard streams.
    """
    for target, handle in enumerate(handles):
        os.dup2(handle, target)
        os.close(handle)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = request["words"]
    runpy.run_path(sys.argv[0], run_name="__main__")


def request_fork() -> None:
    """The program that Ray runs: requests a fork, and lives as long as the fork does."""
    path = os.environ[SOCKET]
    with open(path + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(path):
            # With this environment: what Ray reads of it when it loads is the same for all workers. One thread each,
            # because a fork has none but the one that forked.
            alone = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
            alone |= {"ARROW_DEFAULT_MEMORY_POOL": "system", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
            words = [sys.executable, "-m", "benchmarks.forked_workers", "--serve", path]
            server = subprocess.Popen(words, env=alone, start_new_session=True)
            while not os.path.exists(path):
                if server.poll() is not None:
                    sys.exit("the process that forks workers did not start")
                time.sleep(0.01)
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    request = {"words": sys.argv[1:], "environment": dict(os.environ), "folder": os.getcwd()}
    socket.send_fds(connection, [b" "], [0, 1, 2])
    connection.sendall(json.dumps(request).encode() + b"\n")
    connection.recv(1)


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve(sys.argv[2])
    else:
        request_fork()
