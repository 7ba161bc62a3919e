"""Files that are whole or not there, whatever happens."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from labelwright.core.errors import DataError
from labelwright.core.files import (
    check_format,
    file_hash,
    read_json,
    write_bytes,
    write_json,
    writing,
)

KILLED_WHILE_WRITING = """
import os, signal, sys
from labelwright.core.files import writing
with writing(sys.argv[1]) as beside:
    with beside.open("wb") as stream:
        stream.write(b"new" * 10_000)
        stream.flush()
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed_while_writing_the_old_file_stays_whole(tmp_path: Path) -> None:
    target = write_bytes(tmp_path / "model.bin", b"old")
    killed = subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, str(target)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert target.read_bytes() == b"old"
    assert write_bytes(target, b"newer").read_bytes() == b"newer"


def test_an_error_while_writing_leaves_nothing_behind(tmp_path: Path) -> None:
    target = write_bytes(tmp_path / "a.csv", b"old")
    with pytest.raises(OSError, match="full"), writing(target) as beside:
        _write_half(beside)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def _write_half(path: Path) -> None:
    path.write_bytes(b"half")
    raise OSError("the disk is full")


def test_the_temporary_file_keeps_the_suffix_and_the_folder_is_made(tmp_path: Path) -> None:
    target = tmp_path / "new" / "deep" / "labels.parquet"
    with writing(target) as beside:
        assert beside.suffix == ".parquet"
        assert beside.parent == target.parent
        assert not target.exists()
        beside.write_text("whole")
    assert target.read_text() == "whole"


def test_the_file_may_be_read_by_whom_the_user_allows(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        target = write_bytes(tmp_path / "a", b"")
    finally:
        os.umask(before)
    assert target.stat().st_mode & 0o777 == 0o640


def test_json_comes_back(tmp_path: Path) -> None:
    value = {"name": "ü", "numbers": [1, 2.5, None]}
    path = write_json(tmp_path / "a.json", value)
    assert read_json(path) == value
    assert "ü" in path.read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="Out of range float"):
        write_json(path, float("nan"))
    assert read_json(path) == value


def test_damaged_json_is_named_with_its_place(tmp_path: Path) -> None:
    path = write_bytes(tmp_path / "a.json", b'{"a": 1,\n"b": ')
    with pytest.raises(DataError, match=r"a\.json is not valid JSON: .* at line 2") as caught:
        read_json(path)
    assert caught.value.where == {"file": str(path), "row": 2}
    write_bytes(path, b'{"a": "\xff"}')
    with pytest.raises(DataError, match=r"no text in UTF-8 \(byte 7\)"):
        read_json(path)


@pytest.mark.parametrize("found", [None, "1", 1.0, True, 0])
def test_a_file_without_format_is_none_of_ours(found: object) -> None:
    with pytest.raises(DataError, match="carries no 'format' number"):
        check_format(found, 1, "a.json")


def test_a_newer_format_is_refused_and_an_older_one_read() -> None:
    check_format(1, 2, "a.json")
    with pytest.raises(DataError, match=r"has format 3; .* reads up to 2. Update with: pip"):
        check_format(3, 2, "a.json")


def test_the_hash_is_of_the_bytes(tmp_path: Path) -> None:
    path = write_bytes(tmp_path / "a", b"content")
    assert file_hash(path) == hashlib.sha256(b"content").hexdigest()
