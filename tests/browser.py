"""Chromium, which shows a page without a window."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

needs_chromium = pytest.mark.skipif(
    not shutil.which("chromium") and os.environ.get("SONIC_WORLDS_PROMETHEUS") != "required",
    reason="Chromium is not installed",
)


def browse(page: str, profile: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """
    Args:
        page: its address.
        profile: folder for what the browser writes.
        words: what to do with the page.
    """
    always = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", f"--user-data-dir={profile}"]
    # Nobody but the page itself may ask for anything.
    always += ["--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync"]
    return subprocess.run(["chromium", *always, *words, page], capture_output=True, text=True, timeout=120, check=False)
