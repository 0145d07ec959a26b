"""Without a C compiler there is no native game to test."""

import pytest

from tests.windup.compilers import need


@pytest.fixture(scope="session")
def compiler() -> str:
    need("cc")
    return "cc"
