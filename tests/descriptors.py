"""How many files this process has open."""

import gc
import os


def open_descriptors() -> int:
    """Without those that tests before have left to the garbage collector."""
    gc.collect()
    return len(os.listdir("/proc/self/fd"))
