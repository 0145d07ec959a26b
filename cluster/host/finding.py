"""Results of checks of this machine, and of other things that a run needs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from cluster.config.errors import UsageError


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        what: what was checked, in a word or two.
        state: ok; limited: it works, but not as well as it could; broken: a run cannot begin, or not as requested.
        detail: the result in words.
        mend: the remedy; "" where none is needed.
    """

    what: str
    state: Literal["ok", "limited", "broken"]
    detail: str
    mend: str = ""

    @property
    def line(self) -> str:
        return f"{self.what}: {self.detail}{f'; {self.mend}' if self.mend else ''}"


def insist(findings: Iterable[Finding], warn: Callable[[str], None]) -> None:
    """Warns of each limited finding.

    Raises:
        UsageError: a finding is broken; it is the first such one.
    """
    for finding in findings:
        if finding.state == "broken":
            raise UsageError(finding.line)
        if finding.state == "limited":
            warn(f"warning: {finding.line}")
