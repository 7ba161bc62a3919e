"""From the words of a command line to an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from cyclopts import App

from labelwright import __version__
from labelwright.cli._answer import Answer, show
from labelwright.cli._errors import explain, notes

__all__ = ["main"]

# In the order in which strangers come, each with the first line of its documentation: a command's
# file is imported only when the command is used.
COMMANDS = {
    "look": "Say what a file holds, how its votes agree, and what to type next.",
    "run": "Turn votes or doubtful labels into labels, likely errors, a model and a report.",
    "init": "Write a project file and a codebook from what a file seems to hold.",
    "aggregate": "Turn votes into one label an item, and nothing more: no model, no report.",
    "compare": "Say which aggregator foretells held-out votes best, and which is right on gold.",
    "rules": "Label records by rules, and say how often each speaks and how often it is right.",
    "audit": "Check labels and records: errors, duplicates, leaks, outliers, weak groups and more.",
    "annotators": "Say who needs coaching on which classes, who spams, copies, hurries or drifts.",
    "card": "Describe a table on one page that can go without it: a dataset nutrition label.",
    "review": "Take the labels that need a person out of a run: a sheet, or an offline page.",
    "apply": "Put decisions of a review on the labels of a run: a new version, with who and when.",
    "diff": "Say what changed from one run to another, and how much of it is more than noise.",
    "sample": "Draw records to label by hand, and write blind, shuffled sheets.",
    "predict": "Label new records with the model of a run.",
    "methods": "List the methods that work and where that was measured.",
    "datasets": "List the data sets: what they are, how large, and where they can be had.",
    "demo": "Do the main job, offline, on comments that come with the package.",
    "doctor": "Say what is installed, what is missing and how to get it, and where files go.",
}
EPILOGUE = (
    "Every command takes --json (one JSON object on standard output) and --debug (tracebacks)."
)


def main(words: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    words : sequence of str, optional
        What was typed after ``labelwright``; by default taken from the process.

    Returns
    -------
    int
        0 done, 1 a gate failed, 2 bad input or usage, 3 undecided, 4 stopped before paying, 70 a
        bug of ours, 130 Ctrl-C.

    Examples
    --------
    >>> main(["methods", "show", "dawid-skeen"])
    2
    """
    typed = list(sys.argv[1:] if words is None else words)
    rest, flags = _without_flags(typed)
    debug = "--debug" in flags
    _never_fail_on_a_character()
    try:
        with notes(debug=debug):
            answer = _execute(rest)
            if answer is None:
                return 0
            show(answer, as_json="--json" in flags)
            return answer.exit_code
    except BrokenPipeError:
        # The reader, say `head`, has seen enough. Python would complain once more on leaving.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (Exception, KeyboardInterrupt) as error:
        return explain(error, typed, debug=debug)


def _execute(words: Sequence[str]) -> Answer | None:
    command, bound, _ = _app(words).parse_args(words, exit_on_error=False, print_error=False)
    found = command(*bound.args, **bound.kwargs)
    # cyclopts' own --help and --version print and return nothing.
    return found if isinstance(found, Answer) else None


def _app(words: Sequence[str]) -> App:
    app = App(
        name="labelwright",
        help="Labels with a number on them: how sure each is, who errs where, which are wrong.",
        version=__version__,
        help_epilogue=EPILOGUE,
        help_formatter="default" if sys.stdout.isatty() else "plain",
    )
    for place, (name, text) in enumerate(COMMANDS.items()):
        # The command in use brings its whole documentation along.
        short = None if name in words[:1] else text
        app.command(f"labelwright.cli.{name}:{name}", name=name, help=short, sort_key=place)
    return app


def _without_flags(words: Sequence[str]) -> tuple[list[str], set[str]]:
    """Take out the options that every command has."""
    end = words.index("--") if "--" in words else len(words)
    flags = {word for word in words[:end] if word in ("--json", "--debug")}
    return [word for word in words[:end] if word not in flags] + list(words[end:]), flags


def _never_fail_on_a_character() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
