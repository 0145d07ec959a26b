"""How the command line answers bad input."""

from collections.abc import Callable

import pytest

from cluster.cli import main

Refused = Callable[..., str]


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Refused:
    """Gives the one line by which the command line refuses words; in this process, which takes a hundredth of the time.

    That a process of its own answers so, too, and before it loads torch or Ray: tests/end_to_end/test_bad_input.py.
    """

    def refused(*words: object) -> str:
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        printed = capsys.readouterr()
        assert (end.value.code, printed.out) == (2, ""), printed.err
        assert printed.err.startswith("sonic-worlds: error: ")
        assert printed.err.count("\n") == 1
        return printed.err

    return refused
