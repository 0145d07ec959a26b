"""The Python 3.8 that has gym-retro: named by SONIC_WORLDS_GYM_RETRO_PYTHON, as `make gym-retro` builds it."""

import os

import pytest


def python() -> str:
    """Skips the test where there is none, except where CI says that there must be."""
    result = os.environ.get("SONIC_WORLDS_GYM_RETRO_PYTHON")
    if result is None:
        assert os.environ.get("SONIC_WORLDS_GYM_RETRO") != "required", "SONIC_WORLDS_GYM_RETRO_PYTHON is not set"
        pytest.skip("SONIC_WORLDS_GYM_RETRO_PYTHON names no Python 3.8 with gym-retro")
    return result


def host_command() -> str:
    """Starts hosts of it for our actors."""
    return f"{python()} -m actors.gym_remote.host {{game}} --dir {{dir}} --library retro --training"
