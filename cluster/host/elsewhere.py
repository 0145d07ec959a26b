"""The folder one stands in, which some libraries read their settings from."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def elsewhere() -> Iterator[None]:
    """For the import of a library that obeys, or fails over, a file in the folder one stands in.

    matplotlib does so with a `matplotlibrc`, before all that its environment says. No thread may open a relative path
    meanwhile.
    """
    # Not by its name, which it may have lost, and without reading it, which may be forbidden.
    here = os.open(".", os.O_PATH)
    os.chdir(Path(__file__).parent)
    try:
        yield
    finally:
        os.fchdir(here)
        os.close(here)
