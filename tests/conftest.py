"""What a test starts it also ends: nothing of this session may outlive it."""

import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray
import torch
from hypothesis import settings

from benchmarks.forked_workers import use
from cluster.host.ray_cluster import start_ray
from tests.refusals import refused  # noqa: F401 - a fixture of all tests
from tests.runs import end_forks, forked_workers

_MARK = "SONIC_WORLDS_TESTS"
_GRACE_SECONDS = 10.0


def pytest_configure(config: pytest.Config) -> None:
    # Time limits only stop what hangs: an example may be slow on a busy machine.
    settings.register_profile("unhurried", deadline=None)
    settings.load_profile("unhurried")
    # Inherited by all that tests start, which puts its temporary files and sockets in the folder.
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        # One of the processes that share the tests: a folder of its own in that of the process that looks after both.
        folder = Path(os.environ["TMPDIR"]) / worker
        folder.mkdir()
    else:
        folder = Path(tempfile.mkdtemp(prefix="sw-tests-"))
        config.stash[_FOLDER] = folder
        config.stash[_SHARED_MEMORY] = set(os.listdir("/dev/shm"))
        os.environ[_MARK] = uuid.uuid4().hex
    os.environ["TMPDIR"] = str(folder)
    # torch would take the temporary folder of whichever run imports its compiler first, and make it again at the end.
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder / "torchinductor")
    # Threads that wait for one another on a core that other tests use spend it on waiting.
    os.environ["OMP_NUM_THREADS"] = "1"
    # Ray makes its workers nicer than their driver. Beside another test that computes they would get no core for long.
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 - Ray writes it so
    tempfile.tempdir = None
    torch.set_num_threads(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] in _SLOW_FOLDERS:
            item.add_marker(pytest.mark.slow)


_SLOW_FOLDERS = ("end_to_end", "faults", "troubles")
"""Of whole runs and commands, all of which `make check` leaves out."""


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    end_forks()
    if _FOLDER not in session.config.stash:
        return
    deadline = time.monotonic() + _GRACE_SECONDS
    while (left := _left_over(session.config)) and time.monotonic() < deadline:
        time.sleep(0.2)
    shutil.rmtree(session.config.stash[_FOLDER], ignore_errors=True)
    if left:
        print("\nthe tests left behind:", *left, sep="\n  ")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


_FOLDER = pytest.StashKey[Path]()
_SHARED_MEMORY = pytest.StashKey[set[str]]()


def _left_over(config: pytest.Config) -> list[str]:
    folder = config.stash[_FOLDER]
    memory = set(os.listdir("/dev/shm")) - config.stash[_SHARED_MEMORY]
    folders = [p for depth in ("*", "gw*/*") for p in folder.glob(depth) if p.name.startswith(("sonic-", "valkey-"))]
    with open("/proc/net/unix") as table:
        sockets = [line.split()[-1] for line in table if str(folder) in line]
    return [*_processes(folder), *map(str, folders), *sockets, *(f"/dev/shm/{name}" for name in memory)]


def _processes(folder: Path) -> list[str]:
    mark = f"{_MARK}={os.environ[_MARK]}".encode()
    result = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            marked = mark in (entry / "environ").read_bytes().split(b"\0")
            # Ray's processes write over their environment when they rename themselves.
            if marked or any(os.readlink(fd).startswith(str(folder)) for fd in (entry / "fd").iterdir()):
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                result.append(f"process {entry.name}: {words[:200]}")
        except OSError:
            continue
    return result


@pytest.fixture(scope="session")
def ray_session() -> Iterator[None]:
    """One Ray for all tests that need one."""
    folder = Path(tempfile.mkdtemp(prefix="r-"))
    use(forked_workers())
    start_ray(folder)
    yield
    ray.shutdown()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def unhurried() -> Iterator[None]:
    """Runs that are started meanwhile take little of the machine; see the folder of that name."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent / "unhurried"), before or ""])
    yield
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before
