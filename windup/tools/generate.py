"""Writes the levels that are made by the generator.

python -m windup.tools.generate
"""

import os

from windup.leveling.generate import generate
from windup.leveling.level_file import LEVELS
from windup.tools.plans import PLANS


def main() -> None:
    for plan in PLANS:
        file = LEVELS / f"{plan.name}.txt"
        temporary = file.with_suffix(".tmp")
        temporary.write_text(generate(plan).text())
        os.replace(temporary, file)
    print(f"{len(PLANS)} levels written to {LEVELS}")


if __name__ == "__main__":
    main()
