import json
from pathlib import Path

import pytest

from benchmarks import __main__, readme
from benchmarks.sections import RESULT


def test_readme_s_tables_are_those_of_bench_json() -> None:
    text = readme.README.read_text()
    _, rest = text.split(readme.BEGIN)
    tables, _ = rest.split(readme.END)
    assert tables == f"\n{readme.render(json.loads(RESULT.read_text()))}\n"


def test_a_file_without_the_marks_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(readme, "README", tmp_path / "README.md")
    readme.README.write_text("nothing")
    assert readme.main() == 2
    assert "has no lines" in capsys.readouterr().err
    assert readme.README.read_text() == "nothing"


def test_an_unknown_section_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["benchmarks", "rooflines"])
    assert __main__.main() == 2
    assert "no such section: rooflines; there are roofline, training" in capsys.readouterr().err
