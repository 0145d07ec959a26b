"""What a look at this machine, or at what a run needs beside it, has found."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from cluster.config.errors import UsageError


@dataclass(frozen=True)
class Finding:
    """
    Attributes:
        what: was looked at, in a word or two.
        state: ok; limited: works, but not as well as it might; broken: a run cannot begin, or not do what was asked.
        detail: what is so.
        mend: what to do about it; "" where there is nothing to do.
    """

    what: str
    state: Literal["ok", "limited", "broken"]
    detail: str
    mend: str = ""

    @property
    def line(self) -> str:
        return f"{self.what}: {self.detail}{f'; {self.mend}' if self.mend else ''}"


def insist(findings: Iterable[Finding], warn: Callable[[str], None]) -> None:
    """Goes on where nothing is broken; tells what is limited.

    Raises:
        UsageError: the first that is broken.
    """
    for finding in findings:
        if finding.state == "broken":
            raise UsageError(finding.line)
        if finding.state == "limited":
            warn(f"warning: {finding.line}")
