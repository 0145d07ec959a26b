"""Tests that compile something are skipped without the compiler, except where CI says that it must be there."""

import os
import shutil

import pytest


def need(compiler: str) -> None:
    if shutil.which(compiler) is None:
        assert os.environ.get("SONIC_WORLDS_COMPILERS") != "required", f"{compiler} is not installed"
        pytest.skip(f"{compiler} is not installed")
