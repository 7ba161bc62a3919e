"""Progress: a bar on a terminal, silence elsewhere."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator

import pytest

from labelwright.core.progress import bar, track


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def terminal_for(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Standard error from here on (a fixture's would be taken back before the test begins)."""
    stream = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


def numbers() -> Iterator[int]:
    yield from range(3)


def test_elsewhere_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with bar("reading", 3) as advance:
        advance()
        advance(2)
    assert list(track([1, 2], "reading")) == [1, 2]
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_it_is_said_what_is_done_and_how_far(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = terminal_for(monkeypatch)
    with bar("reading", 4) as advance:
        advance(3)
        advance()
    assert "reading" in terminal.getvalue()
    assert "100%" in terminal.getvalue()


@pytest.mark.parametrize("items", [[0, 1, 2], numbers()])
def test_items_come_through_whether_or_not_their_number_is_known(
    items: list[int] | Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = terminal_for(monkeypatch)
    assert list(track(items, "adding up")) == [0, 1, 2]
    assert "adding up" in terminal.getvalue()


def test_an_error_inside_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal_for(monkeypatch)
    with pytest.raises(KeyError), bar("reading"):
        raise KeyError
