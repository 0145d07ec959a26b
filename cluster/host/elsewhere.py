"""A context in another working folder: some libraries read settings from the one that the user is in."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def elsewhere() -> Iterator[None]:
    """A context for the import of a library that reads settings from the working folder, as matplotlib does.

    A `matplotlibrc` there comes before all of matplotlib's environment variables. No thread may open a relative path
    in this context.
    """
    # Not by its name, which it may have lost, and without reading it, which may be forbidden.
    here = os.open(".", os.O_PATH)
    os.chdir(Path(__file__).parent)
    try:
        yield
    finally:
        os.fchdir(here)
        os.close(here)
