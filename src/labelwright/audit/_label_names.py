"""What the names of tags say about each other: same form, contained, hedged, misspelt."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.core.errors import DataError

__all__ = ["HEAD", "SAME", "NamePair", "TagName", "compare_names", "read_name"]

SAME, HEAD, PART, HEDGE, SPELLING = "same name", "more words", "shared words", "hedge", "spelling"
# Everything but letters, digits and the signs that tell "c++", "c#" and ".net" from "c" and "net".
SEPARATORS = re.compile(r"[^\w+#.]+|_+|\.(?!\w)", re.UNICODE)
POSSESSIVE = re.compile(r"['\u2019](?:s\b)?")
HEDGES = re.compile(r"\b(?:possibly|probably|presumably|perhaps|maybe|likely|uncertain)\b|\?+")
ALTERNATIVES = re.compile(r"\s+(?:and/or|or)\s+|\s*/\s*")
# Words that end like a plural and are none; and so do those on -ics, -ss, -us and -is.
NO_PLURAL = frozenset(
    ("news", "series", "species", "lens", "gas", "canvas", "atlas", "alias", "texas", "bias")
)
SHORTEST_TYPO = 5
MOST_WORDS = 8


@dataclass(frozen=True)
class TagName:
    """A tag's name, taken apart.

    Attributes
    ----------
    category : str or None
        What stands before ``::``.
    words : tuple of str
        In lower case, without plural and punctuation; empty if nothing is left.
    alternatives : tuple of tuple of str
        What a hedged name may mean: "dog or wolf" may mean either, "possibly dog" may mean "dog".
    """

    category: str | None
    words: tuple[str, ...]
    alternatives: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class NamePair:
    """Two tags whose names are alike; for more words, ``first`` has fewer and is the wider one."""

    first: int
    second: int
    kind: str
    detail: str


def read_name(name: str) -> TagName:
    """Take a name apart.

    Examples
    --------
    >>> read_name("object::Wooden-Boxes").words, read_name("C++").words
    (('wooden', 'box'), ('c++',))
    >>> read_name("dog or wolf (?)").alternatives
    (('dog',), ('wolf',))
    """
    before, mark, after = unicodedata.normalize("NFKC", name).partition("::")
    category, text = (before.strip().casefold(), after) if mark else (None, before)
    text = text.casefold().strip()
    plain = HEDGES.sub(" ", text)
    parts = ALTERNATIVES.split(plain.strip())
    hedged = plain != text or len(parts) > 1
    words = [_words(part) for part in parts]
    alternatives = tuple(part for part in words if part) if hedged else ()
    return TagName(category, () if hedged else words[0], alternatives)


def _words(text: str) -> tuple[str, ...]:
    words = SEPARATORS.split(POSSESSIVE.sub("", text))
    return tuple(_singular(word) for word in words if word)


def _singular(word: str) -> str:
    if len(word) < 4 or word in NO_PLURAL or word.endswith(("ss", "us", "is", "ics")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


def compare_names(
    names: Sequence[str],
    *,
    encode: Callable[[list[str]], ArrayLike] | None = None,
    closest: float = 0.8,
) -> list[NamePair]:
    """Pairs of tags whose names are alike, each once, by the strongest reason."""
    read = [read_name(name) for name in names]
    found: dict[tuple[int, int], NamePair] = {}
    sources = [_same(read), _hedged(read), _contained(read), _misspelt(read)]
    if encode is not None:
        sources.append(_near_in_meaning(names, encode, closest))
    for source in sources:
        for pair in source:
            found.setdefault((min(pair.first, pair.second), max(pair.first, pair.second)), pair)
    return [found[key] for key in sorted(found)]


def _same(read: Sequence[TagName]) -> Iterator[NamePair]:
    places = defaultdict(list)
    for place, name in enumerate(read):
        if name.words:
            places[name.category, name.words].append(place)
    for (_, words), group in places.items():
        yield from (NamePair(a, b, SAME, " ".join(words)) for a, b in combinations(group, 2))


def _by_words(read: Sequence[TagName]) -> dict[frozenset[str], list[int]]:
    places = defaultdict(list)
    for place, name in enumerate(read):
        if name.words:
            places[frozenset(name.words)].append(place)
    return places


def _hedged(read: Sequence[TagName]) -> Iterator[NamePair]:
    places = _by_words(read)
    for place, name in enumerate(read):
        for words in name.alternatives:
            for other in places.get(frozenset(words), ()):
                if read[other].category in (name.category, None) or name.category is None:
                    yield NamePair(other, place, HEDGE, f"may mean {' '.join(words)}")


def _contained(read: Sequence[TagName]) -> Iterator[NamePair]:
    """Names made of some words of another; with its last word (the head), they are wider."""
    places = _by_words(read)
    for place, name in enumerate(read):
        words = set(name.words)
        if not 1 < len(words) <= MOST_WORDS:
            continue
        for size in range(1, len(words)):
            for some in combinations(sorted(words), size):
                for other in places.get(frozenset(some), ()):
                    if read[other].category == name.category:
                        kind = HEAD if name.words[-1] in some else PART
                        yield NamePair(other, place, kind, " ".join(read[other].words))


def _misspelt(read: Sequence[TagName]) -> Iterator[NamePair]:
    """Names one letter apart: they share what is left when one letter is taken out of each."""
    texts = [" ".join(name.words) for name in read]
    left = defaultdict(set)
    for place, text in enumerate(texts):
        # Two years differ by one digit, and so do versions.
        if len(text) >= SHORTEST_TYPO and not any(letter.isdigit() for letter in text):
            for cut in range(len(text) + 1):
                left[read[place].category, text[:cut] + text[cut + 1 :]].add(place)
    pairs = {pair for group in left.values() for pair in combinations(sorted(group), 2)}
    for a, b in sorted(pairs):
        if texts[a] != texts[b] and _one_edit(texts[a], texts[b]):
            yield NamePair(a, b, SPELLING, "one letter differs")


def _one_edit(one: str, other: str) -> bool:
    """Whether one letter replaced, left out, or two neighbours swapped makes them equal."""
    short, long = sorted((one, other), key=len)
    start = next(
        (k for k, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short)
    )
    if len(short) < len(long):
        return short[start:] == long[start + 1 :]
    swapped = long[start + 1 : start + 2] + long[start : start + 1] + long[start + 2 :]
    return short[start + 1 :] == long[start + 1 :] or short[start:] == swapped


def _near_in_meaning(
    names: Sequence[str], encode: Callable[[list[str]], ArrayLike], closest: float
) -> Iterator[NamePair]:
    texts = [name.partition("::")[2] or name for name in names]
    vectors: NDArray[Any] = np.asarray(encode(texts), dtype=np.float64)
    if vectors.shape[:1] != (len(names),) or vectors.ndim != 2:
        raise DataError(
            f"encode gave an array of shape {vectors.shape} for {len(names)} names.",
            hint="It must give a row of numbers a name.",
        )
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-300)
    for first in range(0, len(names), 1024):
        close = np.triu(vectors[first : first + 1024] @ vectors.T, first + 1)
        for a, b in zip(*np.nonzero(close > closest), strict=True):
            yield NamePair(first + int(a), int(b), "meaning", f"cosine {close[a, b]:.2f}")
