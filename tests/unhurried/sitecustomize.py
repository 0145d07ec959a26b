"""Python imports a module of this name before all others: emulators that leave most of their core to others.

For runs that are only watched: at full speed they would take the machine from the tests beside them.
"""

import sys
import time

if "actors.emulation.emulator_child" in sys.orig_argv:
    from actors.emulation import emulator

    class Unhurried(emulator.Emulator):
        def step(self, action: int, sticky: bool) -> tuple[float, bool, int]:
            time.sleep(0.05)
            return super().step(action, sticky)

    emulator.Emulator = Unhurried  # type: ignore[misc]
