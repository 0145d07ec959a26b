"""Ray's workers as forks of one process that has loaded torch and RLlib, which takes 8 s of a core for each of them.

A worker is a process of its own, with the command line, environment and descriptors that Ray starts it with. What it
has in common with others is said in `forked_program`; and it does not notice by itself that its raylet has died, but
that the process has that forks. Runs whose processes are looked at from outside have workers as Ray starts them.
"""

import ctypes
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
    """Runs a module, whose arguments are those of this process, with forked workers."""
    load()
    use(fork_workers())
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def load() -> None:
    """Loads what drivers and workers are made of."""
    with _as_a_worker():
        import cluster.training.open_run
        import cluster.training.trainer  # noqa: F401


@contextmanager
def _as_a_worker() -> Iterator[None]:
    """What Ray keeps of the environment for good when it is loaded. A worker has a job once it gets work."""
    kept = {"RAY_JOB_ID": _NO_JOB, "RAY_RAYLET_PID": str(os.getpid())}
    os.environ.update(kept)
    yield
    for name in kept:
        del os.environ[name]


def fork_workers() -> str:
    """Starts the process that forks workers, until this process ends; its name, for `use`."""
    name = f"sonic-workers-{uuid.uuid4().hex}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        # It is no file: nothing is left of it.
        listener.bind(f"\0{name}")
        listener.listen(64)
        parent = os.getpid()
        if os.fork() == 0:
            _serve(listener, parent)
    return name


def use(name: str) -> None:
    """From now on, Ray that this process starts gets its workers from there."""
    from ray._private import ray_constants

    os.environ[NAME] = name
    # Ray puts its own folder before it, which does nothing to a whole path.
    ray_constants.SETUP_WORKER_FILENAME = str(Path(__file__).with_name("ask_for_worker.py"))


def _serve(listener: socket.socket, parent: int) -> NoReturn:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    # As Ray's processes, out of reach of Ctrl-C and of the terminal.
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
    """Becomes the worker that Ray's own program would be by these words: a context, and a file with its arguments."""
    import numpy as np
    import torch
    from ray._private.runtime_env.context import RuntimeEnvContext
    from ray._raylet import Config

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    # Ray ends what a worker has started by its process group.
    os.setpgid(0, 0)
    os.chdir(cwd)
    contexts = [word for word in words if word.startswith(_CONTEXT)]
    for context in contexts:
        environment |= RuntimeEnvContext.deserialize(context.removeprefix(_CONTEXT)).env_vars
    os.environ.clear()
    os.environ.update(environment)
    # Most of Ray's settings are read from the environment when it is loaded; this reads them again.
    Config.initialize("")
    # Ray tells a worker so before it loads torch; threads that wait for one another take whole cores.
    torch.set_num_threads(1)
    random.seed()
    np.random.seed()
    sys.argv[:] = [word for word in words if word not in contexts and not word.startswith("--language=")]
    code = 1
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.exit(code)
