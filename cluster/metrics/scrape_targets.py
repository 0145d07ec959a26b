"""A file by which Prometheus's file-based service discovery finds a run's metrics."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cluster.run.folder import RunFolder
from world_model.replaced_file import replace_text


@contextmanager
def scrape_targets(run: RunFolder, targets: Sequence[str]) -> Iterator[None]:
    """A context in which `<runs>/.prometheus/<name>.json` lists HOST:PORTs; without targets there is no file.

    Prometheus's patterns may have a * in a file's name, not in a folder's; hence one folder for all runs.
    """
    if not targets:
        yield
        return
    folder = run.path.parent / ".prometheus"
    folder.mkdir(exist_ok=True)
    file = folder / f"{run.name}.json"
    replace_text(file, json.dumps([{"targets": list(targets), "labels": {"run": run.name}}]))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
