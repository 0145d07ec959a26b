"""python -m benchmarks.native: see `benchmarks.native.comparison`."""

from rich.console import Console

from benchmarks.native.comparison import measure, table
from benchmarks.native.tables import games_table, profile_table

if __name__ == "__main__":
    result = measure()
    for shown in (table(result), games_table(result), profile_table(result)):
        Console().print(shown)
