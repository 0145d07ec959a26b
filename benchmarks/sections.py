"""The sections of `make bench`, and the file of their results."""

import importlib
import json
import os
import platform
from pathlib import Path
from typing import Any

from rich.console import Console

from world_model.precision import bf16_is_faster, has_bf16
from world_model.replaced_file import replace_text

SECTIONS = {
    "roofline": "benchmarks.roofline",
    "training": "benchmarks.training",
    "native": "benchmarks.native.comparison",
    "peers": "benchmarks.peers.comparison",
    "world_model": "benchmarks.world_model",
    "data_path": "benchmarks.data_path",
    "scaling": "benchmarks.scaling",
    "metrics_overhead": "benchmarks.metrics_overhead",
    "remote_emulators": "benchmarks.remote_emulators",
    "endurance": "benchmarks.endurance",
}
"""Modules with `measure` and `table`, by name."""
BY_NAME_ONLY = {"endurance"}
"""Sections that are measured only when they are named, because they take an hour."""
RESULT = Path("bench.json")
WITHOUT_OPTION = "--without-bfloat16"


def key(section: str, without: bool) -> str:
    """Returns the key of a section's result in the file.

    Args:
        without: measured as on a processor that has no bfloat16.
    """
    return f"{section}_without_bfloat16" if without else section


def measure(section: str, key: str) -> None:
    """Measures a section, prints its table and writes its result into the file, beside those of the others."""
    module = importlib.import_module(SECTIONS[section])
    result = module.measure()
    Console().print(module.table(result))
    results: dict[str, Any] = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    results["machine"] = {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "bfloat16": has_bf16("cpu"),
    }
    results.setdefault("measured_in_bfloat16", {})[key] = bf16_is_faster("cpu")
    results[key] = result
    replace_text(RESULT, json.dumps(results, indent=1) + "\n")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()
