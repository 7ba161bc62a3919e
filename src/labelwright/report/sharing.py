"""A copy of a report that may leave the house: no record texts, no names, no small cells."""

from __future__ import annotations

import hashlib
import hmac
import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PureWindowsPath
from typing import Any

from labelwright.core.results import plain
from labelwright.report._prepare import bin_rows, record_rows

__all__ = ["shared"]

SMALL = 5
# Shorter numbers are not replaced inside sentences: '12' there is a count, not a record.
SHORTEST_NUMBER = 5
RATES = ("agreement", "confidence", "right", "share", "low", "high")
DIFFER = ("differ", "ours_right", "majority_right_of_differ")
RECORD_KEYS = ("id", "given", "suggested", "quality", "kind", "majority", "label", "confidence")


def shared(report: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Make a copy of the data of a report without records and names.

    Record texts and the reasons that quote other records are left out; annotators become A01, A02
    and so on, ids become keyed hashes; counts from 1 to 4 are None, and where only one cell of a
    table would be, the next smallest as well, since a total would give it away. Folders are taken
    off file names and commands. Names, ids and texts are also replaced inside sentences.

    Parameters
    ----------
    report : dict
        The data of a report, as :func:`render` takes them.
    key : str
        Secret for the hashes. The same key gives the same ids, so an owner of the run folder can
        find a record again; nobody else can test a guess.

    Returns
    -------
    dict
        The same layout, with ``shared`` true.

    Examples
    --------
    >>> private = {"format": 1, "title": "Reviews", "file": "/home/ann/a.csv",
    ...            "command": "labelwright run /home/ann/a.csv", "questions": []}
    >>> public = shared(private, "secret")
    >>> public["command"], public["shared"]
    ('labelwright run a.csv', True)
    """
    copy = plain(dict(report))
    names = _aliases(copy, key)
    hide_words = _replacer(copy, names, key)
    copy["title"] = hide_words(copy["title"])
    copy["file"] = PureWindowsPath(copy["file"]).name
    copy["command"] = hide_words(_without_folders(copy["command"]))
    for question in copy["questions"]:
        _share_annotators(question, names)
        _share_records(question, key)
        _share_sentences(question, hide_words)
        _hide_small_cells(question)
    return copy | {"shared": True}


def _hash(value: Any, key: str) -> str:
    return hmac.new(key.encode(), str(value).encode(errors="replace"), hashlib.sha256).hexdigest()


def _aliases(report: Mapping[str, Any], key: str) -> dict[str, str]:
    """A01, A02 ... in the order of the names' hashes, which says nothing about the names."""
    rows = (row for question in report["questions"] for row in question.get("annotators") or ())
    names = sorted({str(row["annotator"]) for row in rows}, key=lambda name: _hash(name, key))
    digits = max(2, len(str(len(names))))
    return {name: f"A{number:0{digits}d}" for number, name in enumerate(names, 1)}


def _replacer(
    report: Mapping[str, Any], names: Mapping[str, str], key: str
) -> Callable[[str], str]:
    """A function that takes names, ids, record texts and folders out of a sentence."""
    rows = [row for question in report["questions"] for row in record_rows(question)]
    words = {str(row["text"]).strip(): "…" for row in rows if row.get("text") is not None}
    words |= {str(row["id"]): _short(row["id"], key) for row in rows} | dict(names)
    for question in report["questions"]:
        known = [row for row in question.get("annotators") or () if row.get("name")]
        words |= {row["name"]: names[str(row["annotator"])] for row in known}
    words = {
        word: new
        for word, new in words.items()
        if word and not (word.isdecimal() and len(word) < SHORTEST_NUMBER)
    }
    # The longest first, so that 'ann' does not spoil 'ann.b'.
    ordered = sorted(words.items(), key=lambda pair: -len(pair[0]))
    if report.get("file"):
        ordered.insert(0, (report["file"], PureWindowsPath(report["file"]).name))

    def replace(sentence: str) -> str:
        for word, new in ordered:
            if word in sentence:
                whole = rf"(?<!\w){re.escape(word)}(?!\w)"
                sentence = re.sub(whole, new.replace("\\", r"\\"), sentence)
        return sentence

    return replace


def _short(value: Any, key: str) -> str:
    return "id-" + _hash(value, key)[:10]


def _without_folders(command: str) -> str:
    """Each word of a command without the folders in front of it."""
    try:
        words = shlex.split(command)
    except ValueError:
        # Unbalanced quotes: it cannot be told where a path ends.
        return PureWindowsPath(command).name
    return shlex.join(PureWindowsPath(word).name or word for word in words)


def _share_annotators(question: dict[str, Any], names: Mapping[str, str]) -> None:
    for row in question.get("annotators") or ():
        row["annotator"] = names[str(row["annotator"])]
        row.pop("name", None)
        if _is_small(row["votes"]):
            row |= dict.fromkeys(("votes", "agreement", "low", "high"))


def _share_records(question: dict[str, Any], key: str) -> None:
    for part, rows in (("labels", "changed_rows"), ("likely_errors", "rows")):
        if question.get(part):
            question[part][rows] = [
                {name: row[name] for name in RECORD_KEYS if name in row}
                | {"id": _short(row["id"], key)}
                for row in question[part].get(rows, ())
            ]


def _share_sentences(question: dict[str, Any], hide_words: Callable[[str], str]) -> None:
    given = question["input"]
    given["notes"] = [hide_words(note) for note in given.get("notes", ())]
    for step in question.get("next") or ():
        for field in ("do", "why", "command"):
            if step.get(field):
                text = _without_folders(step[field]) if field == "command" else step[field]
                step[field] = hide_words(text)
    for one in [question.get("model") or {}, *_all_estimates(question)]:
        for field in ("refused", "why_none", "features"):
            if one.get(field):
                one[field] = hide_words(one[field])
        if one.get("notes"):
            one["notes"] = [hide_words(note) for note in one["notes"]]


def _is_small(value: Any) -> bool:
    return value is not None and 0 < value < SMALL


def _hide_small_cells(question: dict[str, Any]) -> None:
    given, labels = question["input"], question.get("labels") or {}
    errors, model = question.get("likely_errors") or {}, question.get("model") or {}
    for table, field, beside in (
        (given["classes"], "votes", ()),
        (labels.get("classes", ()), "items", ("share",)),
        (labels.get("confidence", ()), "items", ()),
        (model.get("classes") or (), "n", RATES),
        (bin_rows(question), "n", RATES),
    ):
        _hide_rows(table, field, beside)
    for counts in (labels.get("by_source"), errors.get("by_kind"), given.get("events")):
        if counts:
            hidden = _to_hide(list(counts.values()))
            counts |= {name: None for name, hide in zip(counts, hidden, strict=True) if hide}
    check = labels.get("gold_check") or {}
    if any(_is_small(check[name]) for name in DIFFER if name in check):
        # One of the three follows from the other two.
        check |= dict.fromkeys(DIFFER)
    for single in (given, given.get("duplicates"), labels, check, errors):
        single = single or {}
        single |= {name: None for name, value in single.items() if _is_small_count(value)}
    if question.get("by"):
        _hide_small_values(question["by"])
    for one in _all_estimates(question):
        _hide_small_shares(one)


def _all_estimates(question: Mapping[str, Any]) -> list[dict[str, Any]]:
    by = question.get("by") or {}
    return [*(question.get("estimates") or ()), *by.get("estimates", ())]


def _hide_small_values(by: dict[str, Any]) -> None:
    """Rows of values that few records have, and what else would tell how many have them."""
    rest = ("votes", "labels", "doubtful", "doubtful_share", "agreement")
    _hide_rows(by["rows"], "items", rest)
    _hide_rows(by["rows"], "votes", ("agreement",))
    _hide_rows(by["rows"], "labels", ("doubtful", "doubtful_share"))
    _hide_rows(by["rows"], "doubtful", ("doubtful_share",))
    hidden = {row["value"] for row in by["rows"] if row["items"] is None}
    by["estimates"] = [one for one in by["estimates"] if one["by"] not in hidden]


def _is_small_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and _is_small(value)


def _hide_rows(rows: Sequence[dict[str, Any]], field: str, beside: Iterable[str]) -> None:
    for row, hide in zip(rows, _to_hide([row[field] for row in rows]), strict=True):
        if hide:
            row |= {name: None for name in (field, *beside) if name in row}


def _to_hide(counts: Sequence[int | None]) -> list[bool]:
    hide = [_is_small(count) for count in counts]
    others = [(count, place) for place, count in enumerate(counts) if count and not hide[place]]
    if sum(hide) == 1 and others:
        hide[min(others)[1]] = True
    return hide


def _hide_small_shares(one: dict[str, Any]) -> None:
    """A share of known records gives a small count away, from either side."""

    def gives_away(value: float | None, n: int | None) -> bool:
        if value is None or n is None or not 0 <= value <= 1:
            return False
        cases = round(value * n)
        return _is_small(cases) or _is_small(n - cases)

    if gives_away(one.get("naive"), one.get("n")):
        one["naive"] = None
    alone = one.get("gold_only")
    if alone and gives_away(alone["value"], alone["n_gold"]):
        one["gold_only"] = None
