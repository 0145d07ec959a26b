"""Writes the levels that are made by the generator.

python -m windup.tools.generate
"""

from windup.leveling.generate import generate
from windup.leveling.level_file import LEVELS
from windup.tools.plans import PLANS
from windup.tools.replaced import replace_text


def main() -> None:
    for plan in PLANS:
        replace_text(LEVELS / f"{plan.name}.txt", generate(plan).text())
    print(f"{len(PLANS)} levels written to {LEVELS}")


if __name__ == "__main__":
    main()
