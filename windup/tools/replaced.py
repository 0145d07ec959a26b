"""Writes files of the game so that they are whole at every moment."""

import os
from pathlib import Path


def replace_text(file: Path, text: str) -> None:
    temporary = file.with_suffix(".tmp")
    temporary.write_text(text)
    os.replace(temporary, file)
