"""Checks of a run before anything is started or written."""

import errno
import os
import socket
from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path

from actors.emulation.emulator import EmulatorError
from actors.emulation.hosts import CommandError, Hosts, check_command
from actors.emulation.native_levels import require_playable
from actors.emulation.remote_emulator import try_hosts
from actors.games.levels import Level, LevelError, refuse_native_only, select_levels
from cluster.config.arguments import Resume
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError
from cluster.config.redis_password import with_password
from cluster.host import machine
from cluster.host.finding import Finding, insist
from cluster.run.spec import run_spec
from world_model.own_class import OwnClassError, is_own, own_class
from world_model.published.weights_store import StoreUnavailable, check_redis

_FLOAT_BYTES = 4


def check(config: TrainConfig) -> None:
    """Checks a configuration on this machine.

    Raises:
        UsageError: settings exclude each other, levels are unknown or lack a ROM, hosts cannot be started, a Redis does
            not answer, a port is in use, or the sequence pool does not fit into the memory.
    """
    _check_emulator(config)
    try:
        levels = select_levels(config.levels)
        if config.emulator.host_command is None:
            require_playable(levels, config.emulator.kind == "native")
        else:
            refuse_native_only(levels)
    except LevelError as error:
        raise UsageError(f"--levels {config.levels}: {error}") from error
    if config.serial and config.algorithm == "appo":
        raise UsageError("--algorithm appo: it learns beside the sampling, so it has no --serial; take ppo")
    if config.level_schedule == "prioritized" and config.algorithm == "appo":
        raise UsageError(
            "--level-schedule prioritized --algorithm appo: levels are scored by advantages, which appo does not"
            " compute; take ppo, or another schedule: uniform, round-robin"
        )
    if config.serial and config.address:
        raise UsageError(f"--address {config.address}: --serial runs everything in one process, without Ray")
    if config.policy.minibatch_size > config.policy.train_batch_steps:
        raise UsageError(
            f"--policy.minibatch-size {config.policy.minibatch_size}: it must not be above"
            f" --policy.train-batch-steps {config.policy.train_batch_steps}"
        )
    if config.world_model.pool_sequences < config.world_model.batch_sequences:
        raise UsageError(
            f"--world-model.pool-sequences {config.world_model.pool_sequences}: it must not be below"
            f" --world-model.batch-sequences {config.world_model.batch_sequences}"
        )
    _check_own_classes(config)
    _check_memory(config, levels)
    if config.redis_url:
        check_store(config, config.redis_url)
    if config.metrics_port:
        _check_port(config.metrics_host, config.metrics_port)
    # The slowest check. A command's hosts have ROMs of their own; on a cluster they are the other machines' business.
    if config.emulator.host_command is not None and not config.address:
        try:
            try_hosts(Hosts(config.emulator.host_command), levels)
        except EmulatorError as error:
            raise UsageError(f"--emulator.host-command {config.emulator.host_command!r}: {error}") from error


def _check_own_classes(config: TrainConfig) -> None:
    own = {"curiosity": config.curiosity, "policy.network": config.policy.network}
    for field, name in own.items():
        if name and is_own(name):
            try:
                own_class(name)
            except OwnClassError as error:
                raise UsageError(f"--{field} {name}: {error}") from error
    if config.policy.network and config.algorithm == "appo":
        raise UsageError("--policy.network --algorithm appo: appo keeps a second network, so take ppo")


def check_machine(config: TrainConfig, place: Path, warn: Callable[[str], None]) -> None:
    """Checks this machine.

    Args:
        place: the run's folder, or the folder in which it will be made.
        warn: prints a warning of what works, but not as well as it could.

    Raises:
        UsageError: something that a run needs does not work on this machine.
    """
    insist(_of_machine(config, place), warn)


def check_store(config: TrainConfig, url: str) -> str | None:
    """Checks a Redis by writing to it.

    Returns:
        A warning, if there is one.

    Raises:
        UsageError: the Redis does not take what this run would write.
    """
    full = with_password(url)
    try:
        # First without loading torch, which takes seconds.
        check_redis(full)
        from world_model.weights import shapes_of

        shapes = shapes_of(run_spec(config, select_levels(config.levels))).values()
        return check_redis(full, sum(map(prod, shapes)) * _FLOAT_BYTES, config.world_model.lag + 1)
    except (StoreUnavailable, ValueError) as error:
        raise UsageError(f"--redis-url: {error}") from error


def check_resume(old: TrainConfig, new: TrainConfig, resume: Resume) -> None:
    """Checks the flags beside --resume.

    Raises:
        UsageError: a flag would change a setting that the checkpoint depends on.
    """
    # --auto-resume has found the folder by these two, however they were written then.
    if not resume.automatic and (new.name, new.runs_dir) != (old.name, old.runs_dir):
        raise UsageError("--name and --runs-dir cannot be changed by --resume: it goes on in the run's own folder")
    if run_spec(new, select_levels(new.levels)) != run_spec(old, select_levels(old.levels)):
        raise UsageError(
            f"--preset {new.preset}, --levels {new.levels}, --emulator.observation-size"
            f" {new.emulator.observation_size}, --world-model.gaze {new.world_model.gaze}, --policy.sees-change"
            f" {new.policy.sees_change}: the checkpoint's networks are others"
        )
    section = new.world_model
    if section.motion_ahead != old.world_model.motion_ahead:
        raise UsageError(
            f"--world-model.lambda-motion {section.lambda_motion}, --world-model.sequence-length"
            f" {section.sequence_length}: the checkpoint's motion model looks {old.world_model.motion_ahead} steps"
            f" ahead and not {section.motion_ahead}"
        )
    if new.policy.network != old.policy.network:
        raise UsageError(f"--policy.network {new.policy.network}: the checkpoint's policy has {old.policy.network}")
    if new.policy.hidden != old.policy.hidden:
        raise UsageError(f"--policy.hidden {new.policy.hidden}: the checkpoint's policy has {old.policy.hidden}")
    if new.algorithm != old.algorithm and "appo" in (new.algorithm, old.algorithm):
        raise UsageError(f"--algorithm {new.algorithm}: the checkpoint is of {old.algorithm}, whose state differs")


def _of_machine(config: TrainConfig, place: Path) -> Iterator[Finding]:
    yield machine.python()
    yield machine.packages()
    yield machine.paths()
    yield machine.kernel_calls()
    yield machine.descriptors()
    if not (config.serial or config.address):
        yield machine.shared_memory()
    yield machine.temporary_folder()
    yield machine.folder("runs folder", "--runs-dir", place)


def _check_emulator(config: TrainConfig) -> None:
    section = config.emulator
    if section.kind == "attached":
        raise UsageError(
            "--emulator attached: `sonic-worlds agent --learn` attaches a run to a server; take --emulator local, or"
            " another kind"
        )
    if section.kind != "gym-remote":
        if section.host_command is not None:
            raise UsageError(
                f"--emulator.host-command {section.host_command!r}: {section.kind} emulators have no hosts; add"
                " --emulator gym-remote"
            )
        return
    if section.exact:
        raise UsageError("--emulator.exact: a gym-remote host reads the game's variables as it does; leave it out")
    if section.host_command is None:
        return
    try:
        check_command(section.host_command)
    except CommandError as error:
        raise UsageError(f"--emulator.host-command {section.host_command!r}: {error}") from error


def _check_memory(config: TrainConfig, levels: list[Level]) -> None:
    """Checks that the pool fits into this machine's memory; on a cluster it is on another machine."""
    side = run_spec(config, levels).observation_size
    section = config.world_model
    needed = section.pool_sequences * (section.sequence_length + 1) * side * side * 3
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > memory and not config.address:
        raise UsageError(
            f"--world-model.pool-sequences {section.pool_sequences}: their frames take {needed / 2**30:,.0f} GiB, this"
            f" machine has {memory / 2**30:,.0f} GiB of memory"
        )


def _check_port(host: str, port: int) -> None:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise UsageError(f"--metrics-host {host}: {error.strerror}; it must be an address of this machine") from error
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise UsageError(f"--metrics-host {host}: it must be an address of this machine") from error
            why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be opened: {error.strerror}"
            raise UsageError(f"--metrics-port {port} {why}; choose another, or 0 for none") from error
