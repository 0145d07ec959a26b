"""A file that is written anew is the old one or the new one, whatever happens."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from world_model.replaced_file import replace_text, replacing


def test_it_is_the_old_one_until_the_new_one_is_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("old")
    file.chmod(0o604)
    with replacing(file) as beside:
        beside.write_text("new")
        assert file.read_text() == "old"
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("new", 0o604)
    assert os.listdir(tmp_path) == ["a.txt"]


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("old")
    with suppress(ZeroDivisionError), replacing(file) as beside:
        beside.write_text("half")
        raise ZeroDivisionError
    assert (file.read_text(), os.listdir(tmp_path)) == ("old", ["a.txt"])


def test_what_stands_in_the_way_is_told_and_stays(tmp_path: Path) -> None:
    (tmp_path / ".a.txt.tmp").mkdir()
    with pytest.raises(IsADirectoryError):
        replace_text(tmp_path / "a.txt", "new")
    assert os.listdir(tmp_path) == [".a.txt.tmp"]
