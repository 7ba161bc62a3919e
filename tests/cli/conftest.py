"""A folder with small files, and a way to type a command in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from labelwright.cli import main

COMMENTS = [
    ("win a prize, click this link now", "spam", "spam", "ham"),
    ("thank you for this lovely song", "ham", "ham", "ham"),
    ("=cmd() free money for everyone here", "spam", "spam", "spam"),
    ("été à la plage, quelle belle chanson", "ham", "ham", "spam"),
    ("<script>alert(1)</script> subscribe to me", "spam", "spam", "spam"),
    ("I listen to it every single morning", "ham", "ham", "ham"),
] * 5


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with ``votes.csv``: a column of votes a person, and text."""
    lines = ["id,text,ann,bo,cy"]
    for number, (text, *votes) in enumerate(COMMENTS, 1):
        lines.append(",".join([f"c{number}", f'"{text} {number}"', *votes]))
    (tmp_path / "votes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cli(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Type a command in the working folder."""

    def type_in(*words: str) -> Outcome:
        capsys.readouterr()
        code = main(words)
        said = capsys.readouterr()
        return Outcome(code, said.out, said.err)

    return type_in
