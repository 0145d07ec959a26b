"""Program that plays a step of each level of the game in a folder, and prints each failure in a line."""

import os
import sys
from pathlib import Path

from actors.emulation.emulator import Emulator, EmulatorError
from actors.games.game_check import state_files
from actors.games.games import actions_of, look_first_in


def main() -> None:
    folder = Path(sys.argv[1])
    look_first_in(folder.parent)
    try:
        emulator = Emulator(folder.name, actions_of(folder.name), exact=True)
    except EmulatorError as error:
        print(error)
        return
    for file in state_files(folder):
        try:
            emulator.reset(file.name.removesuffix(".state"))
            emulator.step(0, False)
        except EmulatorError as error:
            print(f"{file}: {error}")
    sys.stdout.flush()
    # The core's own end has nothing to say.
    os._exit(0)


if __name__ == "__main__":
    main()
