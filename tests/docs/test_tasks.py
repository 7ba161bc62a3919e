"""The commands of docs/tasks.md, run as they stand there, on the data they name."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "tasks.md"
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
LIKE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

pytestmark = pytest.mark.skipif(
    not os.environ.get("LABELWRIGHT_DATA"), reason="LABELWRIGHT_DATA is not set"
)


def sections():
    """Each task with its blocks, kind and text."""
    for section in re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        yield section.splitlines()[0], BLOCK.findall(section)


@pytest.mark.parametrize(("title", "blocks"), list(sections()))
def test_the_task_works_as_written(title, blocks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert {kind for kind, _ in blocks} == {"python", "console"}
    for kind, text in blocks:
        if kind == "python":
            exec(compile(text, title, "exec"), {})
            continue
        for command, expected in COMMAND.findall(text):
            said = run(command)
            assert doctest.OutputChecker().check_output(expected, said, LIKE), said


def run(command):
    """What a command writes to standard output."""
    program, *arguments = shlex.split(command)
    script = Path(sys.executable).with_name(program)
    done = subprocess.run([script, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
