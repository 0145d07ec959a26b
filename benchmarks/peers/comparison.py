"""Compares training runs of ours and of the peers, in turn, on one level with equally many emulators.

A peer's run stands between two of ours, and is compared with their mean: the machine's speed changes with time.
"""

import contextlib
import os
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks.roofline import EMULATORS, LEVEL
from benchmarks.training import run

ROOT = Path(__file__).parents[2]
PEERS = {
    "RLlib PPO": ("rllib", "benchmarks.peers.rllib"),
    "Stable-Baselines3 PPO": ("sb3", "benchmarks.peers.sb3"),
    "Stable-Baselines3 PPO, native game": ("sb3", "benchmarks.peers.sb3_native"),
    "Sample Factory APPO": ("sample-factory", "benchmarks.peers.sample_factory_appo"),
    "PufferLib PPO, native game": ("pufferlib", "benchmarks.peers.puffer"),
}
"""Environment and module of each peer, by name."""
STEPS = 60_000
"""Steps of a run of ours."""
SECONDS, LIMIT_SECONDS, END_SECONDS = 70.0, 900.0, 20.0
"""Seconds of a peer's steady state, most seconds of its whole run, and most seconds until its end after SIGTERM."""


def measure() -> dict[str, Any]:
    """Returns `ours`, steps/s of each run, and `peers`, by name: `steps_per_second`, `ours`, `ratio`, or `error`."""
    ours = [run(STEPS, LEVEL)[0]]
    peers: dict[str, Any] = {}
    for name, (environment, module) in PEERS.items():
        folder = ROOT / ".venv-peers" / environment
        if not (folder / ".installed").exists():
            peers[name] = {"error": "not installed: make peers"}
            continue
        try:
            rate = peer_rate(folder / "bin" / "python", module)
        except RuntimeError as error:
            peers[name] = {"error": str(error)}
            continue
        ours.append(run(STEPS, LEVEL)[0])
        around = (ours[-2] + ours[-1]) / 2
        peers[name] = {"steps_per_second": rate, "ours": around, "ratio": around / rate}
    return {"level": LEVEL, "emulators": EMULATORS, "ours": ours, "peers": peers}


def table(results: dict[str, Any]) -> Table:
    ours = results["ours"]
    shown = Table(
        "whole training run",
        "steps/s",
        "ours beside it",
        "ours / it",
        title=f"{results['emulators']} emulators on {results['level']}",
    )
    shown.add_row("sonic-worlds train", f"{sum(ours) / len(ours):,.0f}", "", "")
    for name, peer in results["peers"].items():
        if "error" in peer:
            shown.add_row(name, peer["error"], "", "")
        else:
            shown.add_row(name, f"{peer['steps_per_second']:,.0f}", f"{peer['ours']:,.0f}", f"{peer['ratio']:.1f}")
    return shown


def peer_rate(python: Path, module: str) -> float:
    """Measures the steps a second of a peer's steady state.

    Raises:
        RuntimeError: the peer fails or takes too long; the message is its last line of output.
    """
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            [python, "-m", module, str(SECONDS)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ
            | {
                "PYTHONPATH": str(ROOT),
                # Threads that spin while they wait take cores from others: 9 in 10 of RLlib's samples, beside load.
                "OMP_WAIT_POLICY": "PASSIVE",
                # The peers leave results and logs there, or in their working folder.
                "HOME": folder,
                "TMPDIR": folder,
            },
        )
        try:
            code: int | None = process.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(process)
        printed.seek(0)
        last = (printed.read().splitlines() or [""])[-1]
    if code is None:
        raise RuntimeError(f"not done after {LIMIT_SECONDS:.0f} s: {last}")
    if code:
        raise RuntimeError(f"failed: {last}")
    return float(last)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ends a peer with all its processes, which must not run beside the next measurement."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        # SIGTERM first: Ray's processes have sessions of their own, and end only by a driver that is still alive.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)
