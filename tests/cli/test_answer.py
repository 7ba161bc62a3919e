"""Answers on terminals and in pipes."""

from __future__ import annotations

import sys

import numpy as np

from labelwright.cli._answer import Answer, Grid, Verbatim, show

GRID = Grid(("name", "n"), (("a\tb", 1234), ("[bold]c", None)))


def test_in_a_pipe_columns_are_aligned_and_nothing_is_coloured(capsys):
    show(Answer({}, ["first", GRID, Verbatim("x\x1by")]), as_json=False)
    assert capsys.readouterr().out == "first\nname     n\na b      1,234\n[bold]c\nx\x1by\n"


def test_on_a_terminal_nothing_in_the_data_is_taken_for_markup(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    show(Answer({}, ["[red]text[/red] :smile:", GRID, "word " * 60]), as_json=False)
    out = capsys.readouterr().out
    assert "[red]text[/red] :smile:" in out
    assert "[bold]c" in out
    assert "word " * 30 in out


def test_json_holds_what_numpy_gave_and_no_nan(capsys):
    show(Answer({"a": np.float64("nan"), "b": np.arange(2), "c": "é"}, []), as_json=True)
    assert capsys.readouterr().out == '{"a": null, "b": [0, 1], "c": "é"}\n'
