import json
from pathlib import Path

import pytest

from benchmarks import __main__, readme
from benchmarks.sections import RESULT


@pytest.mark.parametrize("piece", readme.written_pieces(), ids=lambda piece: piece[3].__name__)
def test_tables_are_those_of_bench_json(piece: readme.Piece) -> None:
    document, begin, end, render = piece
    _, rest = document.read_text().split(begin)
    tables, _ = rest.split(end)
    assert tables == f"\n{render(json.loads(RESULT.read_text()))}\n", "run `python -m benchmarks.readme`"


@pytest.mark.parametrize("name", ["README", "PERFORMANCE"])
def test_a_file_without_the_marks_is_told_and_all_are_left_as_they_are(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    marks = "\n".join((readme.BEGIN, readme.END, readme.NATIVE_BEGIN, readme.NATIVE_END))
    texts = dict.fromkeys(("README", "PERFORMANCE"), marks) | {name: "nothing"}
    for each, text in texts.items():
        monkeypatch.setattr(readme, each, tmp_path / f"{each}.md")
        (tmp_path / f"{each}.md").write_text(text)
    assert readme.main() == 2
    assert f"{name}.md has no lines" in capsys.readouterr().err
    assert {each: (tmp_path / f"{each}.md").read_text() for each in texts} == texts


def test_an_unknown_section_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["benchmarks", "rooflines"])
    assert __main__.main() == 2
    assert "no such section: rooflines; there are roofline, training" in capsys.readouterr().err
