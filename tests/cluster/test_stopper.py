import os
import signal
import subprocess
import sys

import pytest

from cluster.host.stopper import Stopper


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_a_request(number: signal.Signals) -> None:
    messages: list[str] = []
    before = signal.getsignal(number)
    with Stopper(lambda: messages.append("first"), lambda: messages.append("at once")) as stop:
        assert not stop.requested
        os.kill(os.getpid(), number)
        assert stop.requested
    assert messages == ["first"]
    assert signal.getsignal(number) is before


def test_the_second_ends_the_process_at_once() -> None:
    script = """
import os, signal
from cluster.host.stopper import Stopper
with Stopper(lambda: print("first", flush=True), lambda: print("at once", flush=True)):
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    print("still here")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "first\nat once\n", "")
