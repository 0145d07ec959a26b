"""What a section measures stands in the file under its own key, with bfloat16 and without."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from world_model.precision import WITHOUT, has_bf16

pytestmark = pytest.mark.slow

RUN = """
import sys
from benchmarks import __main__, sections
sections.SECTIONS["format"] = "format_section"
sys.argv = ["benchmarks", "format", *sys.argv[1:]]
if __name__ == "__main__":
    sys.exit(__main__.main())
"""
SECTION = """
import sys
from benchmarks import sections
sections.SECTIONS["format"] = "format_section"
from rich.table import Table
from world_model.precision import bf16_is_faster
def measure():
    return {"bfloat16": bf16_is_faster("cpu")}
def table(result):
    return Table()
"""


def test_without_bfloat16_the_figures_stand_beside_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WITHOUT, raising=False)
    (tmp_path / "run.py").write_text(RUN)
    (tmp_path / "format_section.py").write_text(SECTION)
    root = Path(__file__).parents[2]
    monkeypatch.setenv("PYTHONPATH", f"{root}:{tmp_path}")
    for words in ([], ["--without-bfloat16"]):
        subprocess.run([sys.executable, "run.py", *words], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    written = json.loads((tmp_path / "bench.json").read_text())
    has = has_bf16("cpu")
    assert written["format"] == {"bfloat16": has}
    assert written["format_without_bfloat16"] == {"bfloat16": False}
    assert written["measured_in_bfloat16"] == {"format": has, "format_without_bfloat16": False}
    assert written["machine"]["bfloat16"] == has
