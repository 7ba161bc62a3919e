"""What goes wrong, told on standard error in plain words, and the exit code it leads to.

0 done, 1 a gate failed, 2 bad input or usage, 3 undecided, 4 stopped before paying, 70 a bug of
ours, 130 Ctrl-C.
"""

from __future__ import annotations

import shlex
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cyclopts import CycloptsError, UnknownOptionError, UnusedCliTokensError

from labelwright.cli._answer import clean
from labelwright.cli._installation import versions
from labelwright.core.errors import BudgetError, LabelwrightError, LabelwrightWarning, nearest

__all__ = ["BAD_INPUT", "explain", "notes", "tell"]

BAD_INPUT, STOPPED_BEFORE_PAYING, OUR_BUG, INTERRUPTED = 2, 4, 70, 130


def tell(kind: str, text: str) -> None:
    """One message on standard error; further lines are indented."""
    first, *rest = clean(text).splitlines() or [""]
    sys.stderr.write("\n".join([f"{kind}: {first}", *(f"  {line}" for line in rest)]) + "\n")


@contextmanager
def notes(*, debug: bool) -> Iterator[None]:
    """Show each warning of ours once, in one line; those of other packages only to debug."""
    shown = set()

    def show_once(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        text = " ".join(str(message).split())
        if text not in shown:
            shown.add(text)
            tell("note" if issubclass(category, LabelwrightWarning) else category.__name__, text)

    with warnings.catch_warnings():
        warnings.simplefilter("always" if debug else "ignore")
        warnings.simplefilter("always", LabelwrightWarning)
        warnings.showwarning = show_once
        yield


def explain(error: BaseException, words: Sequence[str], *, debug: bool) -> int:
    """Tell what went wrong and return the exit code.

    Parameters
    ----------
    error : BaseException
    words : sequence of str
        What was typed after ``labelwright``.
    debug : bool
        Show the traceback.
    """
    if debug:
        traceback.print_exception(error)
    if isinstance(error, KeyboardInterrupt):
        again = " What is finished is kept: run it again to go on." if words[:1] == ["run"] else ""
        tell("stopped", f"by Ctrl-C.{again}")
        return INTERRUPTED
    if isinstance(error, CycloptsError):
        tell("error", _usage(error, words))
        return BAD_INPUT
    if isinstance(error, LabelwrightError):
        tell("error", f"{error.message}\n{error.hint}".strip())
        return STOPPED_BEFORE_PAYING if isinstance(error, BudgetError) else BAD_INPUT
    if isinstance(error, OSError) and error.filename is not None:
        tell("error", f"{error.filename}: {error.strerror}.")
        return BAD_INPUT
    _report_bug(error, words)
    return OUR_BUG


def _usage(error: CycloptsError, words: Sequence[str]) -> str:
    command = " ".join(["labelwright", *(error.command_chain or ())])
    more = f"See: {command} --help"
    if isinstance(error, UnusedCliTokensError):
        return f"{_too_many(error.unused_tokens or [], words)}\n{more}"
    if isinstance(error, UnknownOptionError):
        typed = error.token.keyword or error.token.value
        known = [name for argument in error.argument_collection for name in argument.names]
        near = nearest(typed, [*known, "--json", "--debug", "--help"])
        guess = f" Did you mean {near}?" if near else ""
        return f"There is no option {typed}.{guess}\n{more}"
    return f"{error}\n{more}"


def _too_many(unused: Sequence[str], words: Sequence[str]) -> str:
    """Several words where one was expected: most often a pattern that the shell has filled in."""
    files = [word for word in unused if Path(word).exists()]
    if not files:
        return f"It is not clear what {' '.join(map(repr, unused))} is for."
    position = words.index(files[0])
    options = [word for word in words[:position] if word.startswith("--")]
    option = options[-1].partition("=")[0] if options else "--votes"
    return (
        f"{files[0]!r} is the name of a file here; the shell probably turned a pattern into names "
        f"of files.\nPut patterns in quotes: {option} 'worker_*'. Give one file only."
    )


def _report_bug(error: BaseException, words: Sequence[str]) -> None:
    known = ", ".join(f"{name} {version}" for name, version in versions().items())
    command = shlex.join(["labelwright", *words])
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    trace = "".join(traceback.format_exception(error))
    text = [f"This is a bug in Labelwright, not in what you did. {what}"]
    try:
        handle = tempfile.NamedTemporaryFile(  # noqa: SIM115  kept for the user
            "w", prefix="labelwright-bug-", suffix=".txt", delete=False, encoding="utf-8"
        )
        with handle:
            handle.write(f"{command}\n{known}\n\n{trace}")
        text.append(f"Please report it with the file {handle.name}: the command, versions and")
        text.append("traceback. It may quote values of your data: read it before you send it.")
    except OSError:
        text.append(f"Please report it with this:\n{trace}")
    tell("bug", "\n".join([*text, f"command: {command}", f"versions: {known}"]))
