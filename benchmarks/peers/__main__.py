"""python -m benchmarks.peers: see `benchmarks.peers.comparison`."""

from rich.console import Console

from benchmarks.peers.comparison import measure, table

if __name__ == "__main__":
    Console().print(table(measure()))
