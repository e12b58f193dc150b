"""Files that appear whole or not at all."""

import os

import polars as pl
import pytest

from detente.ensemble.disk import atomically, replacing, write_whole
from detente.errors import ResultError


def test_a_file_is_there_once_it_is_whole(tmp_path):
    path = tmp_path / "result"
    with replacing(path) as unfinished:
        unfinished.write_text("all of it")
        assert not path.exists()
    assert path.read_text() == "all of it"
    write_whole(path, b"another")
    assert path.read_text() == "another"
    assert [one.name for one in tmp_path.iterdir()] == ["result"]


def broken_off(writing, path, error):
    with writing(path) as unfinished:
        unfinished.write_text("ne")
        raise error


@pytest.mark.parametrize("writing", [replacing, atomically])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_what_goes_wrong_meanwhile_leaves_the_old_file_and_nothing_else(tmp_path, writing, error):
    path = tmp_path / "result"
    path.write_text("old")
    with pytest.raises(error):
        broken_off(writing, path, error)
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["result"]


def test_a_full_disk_is_told_with_the_name_that_was_given(tmp_path):
    path = tmp_path / "result"
    with (
        pytest.raises(ResultError, match=r"result: cannot be written: No space left on device$"),
        atomically(path),
    ):
        raise OSError(28, "No space left on device")


def test_what_a_link_leads_to_is_written(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    link.symlink_to(real)
    with atomically(link) as unfinished:
        unfinished.write_text("new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name, message in (
        ("", "found a directory"),
        ("pipe", "found a device or a pipe"),
        ("pipe/x", "cannot be written: (File exists|Not a directory)$"),
    ):
        with pytest.raises(ResultError, match=message), atomically(tmp_path / name) as unfinished:
            unfinished.write_text("new")


def test_directories_are_made_and_messages_name_what_was_asked_for(tmp_path):
    path = tmp_path / "not yet" / "there" / "table.parquet"
    with atomically(path) as unfinished:
        pl.DataFrame({"x": [1]}).write_parquet(unfinished)
    assert [one.name for one in path.parent.iterdir()] == ["table.parquet"]
    with pytest.raises(ResultError) as told, atomically(path) as unfinished:
        pl.DataFrame({"x": [1]}).write_parquet(unfinished.mkdir() or unfinished)
    assert str(told.value) == f"{path}: cannot be written: expected a file path; '{path}' is a directory"
    unfinished.rmdir()
    with pytest.raises(ResultError) as told, atomically(path) as unfinished:
        pl.LazyFrame({"x": [1]}).sink_parquet(unfinished / "x")
    assert str(told.value) == f"{path}: cannot be written: No such file or directory"
