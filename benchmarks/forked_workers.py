"""Ray's workers as forks of one process that has loaded torch and RLlib.

A worker that starts by itself needs 8 s of a core and 361 MB to load them; a fork shares what is loaded. This serves
tests and the benchmark with 64 actors on one machine. A cluster does not need it.

A fork has its own process id, and the command line, environment and descriptors that Ray starts a worker with. Two
things differ from Ray's own workers. All forks share what Python chooses at random when it starts, such as the order of
a set's elements. And a fork dies with the process that forked it, not with its raylet.

python -m benchmarks.forked_workers MODULE ...: runs a module, as `python -m MODULE ...` does, with such workers.
"""

import ctypes
import faulthandler
import json
import os
import random
import runpy
import signal
import socket
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

NAME = "SONIC_WORLDS_FORKED_WORKERS"
_NO_JOB = "ffffffff"
_CONTEXT = "--serialized-runtime-env-context="
_PR_SET_PDEATHSIG = 1
_MOST_BYTES = 1 << 17


def run(module: str) -> None:
    """Runs a module with this process's arguments, as `python -m` does, and with forked workers."""
    load()
    use(fork_workers())
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def load() -> None:
    """Imports all modules that drivers and workers use."""
    with _as_a_worker():
        import cluster.training.open_run
        import cluster.training.trainer  # noqa: F401


@contextmanager
def _as_a_worker() -> Iterator[None]:
    """Sets the variables that Ray reads once, when it is imported, as Ray sets them for a worker."""
    kept = {"RAY_JOB_ID": _NO_JOB, "RAY_RAYLET_PID": str(os.getpid())}
    os.environ.update(kept)
    yield
    for name in kept:
        del os.environ[name]


def fork_workers() -> str:
    """Starts the process that forks workers, which ends with this one. Returns its name, for `use`."""
    name = f"sonic-workers-{uuid.uuid4().hex}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        # An abstract address, not a file: nothing is left to delete.
        listener.bind(f"\0{name}")
        listener.listen(64)
        parent = os.getpid()
        if os.fork() == 0:
            _serve(listener, parent)
    return name


def use(name: str) -> None:
    """Lets every Ray that this process starts from now on fork its workers.

    Args:
        name: of the process that forks them.
    """
    from ray._private import ray_constants

    os.environ[NAME] = name
    # Ray joins this to the path of its own folder; an absolute path replaces that folder.
    ray_constants.SETUP_WORKER_FILENAME = str(Path(__file__).with_name("ask_for_worker.py"))


def _serve(listener: socket.socket, parent: int) -> NoReturn:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    # Ctrl-C and a closed terminal do not reach Ray's processes either.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    while True:
        asking, _ = listener.accept()
        message, descriptors, _, _ = socket.recv_fds(asking, _MOST_BYTES, 3)
        asking.close()
        if os.fork() == 0:
            listener.close()
            for descriptor, its in enumerate(descriptors):
                os.dup2(its, descriptor)
                os.close(its)
            _work(**json.loads(message))
        for descriptor in descriptors:
            os.close(descriptor)


def _work(words: list[str], environment: dict[str, str], cwd: str, blocked: list[int]) -> NoReturn:
    """Turns this process into a Ray worker.

    Args:
        words: the arguments that Ray gives to its start script: a runtime environment's context, and the worker's file
            with its arguments.
        environment: of the worker, without that context's variables.
        cwd: the working directory.
        blocked: signals that the worker blocks.
    """
    import numpy as np
    import torch
    from ray._private.runtime_env.context import RuntimeEnvContext
    from ray._raylet import Config  # type: ignore[attr-defined]

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    # Ray ends a worker with its whole process group.
    os.setpgid(0, 0)
    os.chdir(cwd)
    contexts = [word for word in words if word.startswith(_CONTEXT)]
    for context in contexts:
        environment |= RuntimeEnvContext.deserialize(context.removeprefix(_CONTEXT)).env_vars
    os.environ.clear()
    os.environ.update(environment)
    # Most of Ray's settings are read from the environment when it is loaded; this reads them again.
    Config.initialize("")
    # Ray sets OMP_NUM_THREADS for a worker before it imports torch; here torch is imported already.
    torch.set_num_threads(1)
    random.seed()
    np.random.seed()
    # A worker that crashes says where in its log.
    faulthandler.enable()
    sys.argv[:] = [word for word in words if word not in contexts and not word.startswith("--language=")]
    code = 1
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.exit(code)


if __name__ == "__main__":
    sys.argv[:] = sys.argv[1:]
    run(sys.argv[0])
