"""Telling text from what is no text though it stands in a text column: molecules and ids.

Both tests look at a whole column and are made to miss rather than to raise a false alarm.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

__all__ = ["looks_like_ids", "looks_like_smiles"]

FEWEST = 5
SAMPLE = 1000
SHARE = 0.9

_ATOM = r"Br|Cl|[BCNOPSFIbcnops]|\[[^\[\]]{1,12}\]|\*"
_SMILES = re.compile(rf"(?:{_ATOM})(?:{_ATOM}|[-=#$:/\\.()]|%\d\d|\d)*")
_BRACKETED = re.compile(r"\[[^\[\]]*\]")
_RING = re.compile(r"%\d\d|\d")
_MARK = re.compile(r"[=#()\[\]\d]")
_ID = re.compile(r"[A-Za-z0-9_.:/#@+=~-]*\d[A-Za-z0-9_.:/#@+=~-]*")


def looks_like_smiles(texts: Sequence[str]) -> bool:
    """Whether nearly all texts are molecules written as SMILES.

    Examples
    --------
    >>> looks_like_smiles(["CCO", "c1ccccc1", "CC(=O)O", "C#N", "CC(C)Cl"])
    True
    >>> looks_like_smiles(["soon", "no", "scoop", "COOP", "BOSS"])
    False
    """
    sample = _sample(texts)
    valid = [text for text in sample if _is_smiles(text)]
    marked = [text for text in valid if _MARK.search(text)]
    return (
        len(sample) >= FEWEST
        and len(valid) >= SHARE * len(sample)
        and len(marked) >= 0.5 * len(sample)
    )


def looks_like_ids(texts: Sequence[str]) -> bool:
    """Whether nearly all texts are ids, numbers or paths: one distinct word with a digit each.

    Examples
    --------
    >>> looks_like_ids([f"ticket-{number}" for number in range(10)])
    True
    >>> looks_like_ids(["refund", "card lost", "top up", "pin 2", "fee"])
    False
    """
    sample = _sample(texts)
    shaped = sum(bool(_ID.fullmatch(text)) for text in sample)
    return (
        len(sample) >= FEWEST
        and shaped >= SHARE * len(sample)
        and len(set(sample)) >= SHARE * len(sample)
    )


def _sample(texts: Sequence[str]) -> list[str]:
    present = [stripped for text in texts if (stripped := text.strip())]
    return present[:: max(1, len(present) // SAMPLE)]


def _is_smiles(text: str) -> bool:
    if not _SMILES.fullmatch(text):
        return False
    bare = _BRACKETED.sub("", text)
    rings = Counter(_RING.findall(bare))
    return bare.count("(") == bare.count(")") and all(n % 2 == 0 for n in rings.values())
