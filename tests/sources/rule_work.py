"""Rules that the tests send to other processes, which must import them."""

from __future__ import annotations

import os
import signal
import time

from labelwright.sources import KeywordRule, rule

WORDS = KeywordRule(["prize", "win"], label="spam", name="words")


def shout(text):
    return "spam" if text.isupper() else None


def listed(text, words):
    return "ham" if text in words else None


@rule
def length(text):
    return "spam" if len(text) > 30 else "ham"


@rule(label="ham", resources={"artists": {"psy", "shakira"}})
def artist(text, artists):
    return not artists.isdisjoint(text.lower().split())


@rule
def whole(record):
    return "ham" if record["likes"] is not None and record["likes"] > 5 else None


@rule
def fails_on_17(text):
    if text.endswith(" 17"):
        raise ValueError("seventeen\nis not liked")
    return "ham"


@rule
def leaves(text):
    if text.endswith(" 3"):
        raise SystemExit(2)
    return "ham"


@rule
def loops(text):
    while text.endswith(" 300"):
        pass
    return "ham"


@rule
def swallows(text):
    """Catches whatever would stop it."""
    while text.endswith(" 5"):
        try:
            time.sleep(60)
        except BaseException:
            continue
    return "ham"


@rule
def deaf(text):
    """Holds on as code does that no signal reaches."""
    if text.endswith(" 5"):
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        while True:
            pass
    return "ham"


@rule
def misspelt(text):
    return "spma" if text.endswith(" 40") else None


@rule
def yes(text):
    return True


@rule
def odd(text):
    return ["spam"]


@rule
def unsure(text):
    return "unsure" if text.endswith("0") else "ham"


@rule
def prints(text):
    print(f"looking at {text}")  # noqa: T201
    return "ham"


@rule
def dies(text):
    if text.endswith(" 300"):
        os._exit(7)


@rule
def slow(text):
    time.sleep(0.02)
    return "ham" if text.endswith("1") else None
