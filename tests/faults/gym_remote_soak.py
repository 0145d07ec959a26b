"""A contest of a million steps over gym-remote, emulator and agent each in a process: does anything pile up?

    .venv/bin/python -m tests.faults.gym_remote_soak --steps 1000000

Prints medians of the second and of the last fifth, for the first is the start; exits with 1 when memory or open files
grew.
"""

import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Annotated

import psutil
import tyro

from actors.gym_remote.client import RemoteEnv
from actors.gym_remote.errors import TimestepLimitError

_GAME, _STATE = "Windup-Genesis-v0", "Playroom.Act1"
_SAMPLES = 100
_MEMORY_GROWTH = 1.02
_BUTTONS = 12
_HOLD = 30
"""Steps that random buttons are held, so that the player gets about."""


def soak(steps: int = 1_000_000, result: Annotated[Path | None, tyro.conf.arg(name="json")] = None) -> int:
    """
    Args:
        steps: that the host serves, resets among them.
        result: file for all samples.
    """
    with tempfile.TemporaryDirectory(prefix="sw-soak-") as folder:
        words = [_GAME, _STATE, "--dir", folder, "--steps", str(steps), "--log", folder, "--seed", "0"]
        host = subprocess.Popen([sys.executable, "-m", "actors.gym_remote.host", *words])
        try:
            samples, episodes = _play(folder, host.pid, steps)
            code = host.wait(timeout=60)
        finally:
            host.kill()
            host.wait()
        logged = len((Path(folder) / "monitor.csv").read_text().splitlines()) - 1
    report = {
        "steps": steps,
        "episodes": episodes,
        "host_exit_code": code,
        "seconds": round(samples[-1]["seconds"], 1),
        "fifths": {name: _fifths([sample[name] for sample in samples]) for name in samples[0] if name != "seconds"},
    }
    print(json.dumps(report, indent=1))
    if result:
        result.write_text(json.dumps({**report, "samples": samples}, indent=1) + "\n")
    grew = [name for name, (before, after) in report["fifths"].items() if _grew(name, before, after)]
    print("grew:", ", ".join(grew) or "nothing")
    return 1 if grew or code or logged != episodes else 0


def _play(folder: str, host: int, steps: int) -> tuple[list[dict[str, float]], int]:
    """Samples along the way, and the episodes that ended."""
    draw = random.Random(0)
    every = max(1, steps // _SAMPLES)
    samples: list[dict[str, float]] = []
    episodes = played = 0
    done = True
    buttons = [0] * _BUTTONS
    begin = last = time.monotonic()
    with RemoteEnv(folder) as env, contextlib.suppress(TimestepLimitError):
        while True:
            if done:
                env.reset()
                done = False
            else:
                if played % _HOLD == 0:
                    buttons = [draw.getrandbits(1) for _ in range(_BUTTONS)]
                _, _, done, _ = env.step(buttons)
                episodes += done
            played += 1
            if played % every == 0:
                now = time.monotonic()
                sample = {"seconds": now - begin, "steps_per_second": every / (now - last)}
                for name, pid in (("host", host), ("agent", os.getpid())):
                    sample |= {f"{name}_memory_mib": _memory_mib(pid), f"{name}_descriptors": _descriptors(pid)}
                samples.append(sample)
                last = now
                print(json.dumps({"step": played, "episodes": episodes, **sample}), flush=True)
    return samples, episodes


def _memory_mib(pid: int) -> float:
    """Resident memory."""
    return float(psutil.Process(pid).memory_info().rss) / 2**20


def _descriptors(pid: int) -> int:
    return int(psutil.Process(pid).num_fds())


def _fifths(values: list[float]) -> tuple[float, float]:
    """Medians of the second and of the last fifth."""
    fifth = max(1, len(values) // 5)
    return round(median(values[fifth : 2 * fifth]), 2), round(median(values[-fifth:]), 2)


def _grew(name: str, before: float, after: float) -> bool:
    return name != "steps_per_second" and after > before * (_MEMORY_GROWTH if "memory" in name else 1)


if __name__ == "__main__":
    sys.exit(tyro.cli(soak))
