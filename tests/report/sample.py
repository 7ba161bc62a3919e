"""Reports to draw: a realistic one, one without gold, a hostile one, a big one, one of three."""

from __future__ import annotations

from typing import Any

TEXTS = [
    "Check out my new channel, I upload a cover every Friday and answer every comment!",
    "This song got me through the winter of 2013. Still gives me goosebumps.",
    "Two billion views and it still sounds fresh",
    "Win a free tablet, only today, details on my page, you will not regret it",
    "Who else is here because of the wedding video?",
    "Subscribe and I subscribe back. Honest people only please.",
    (
        "The drummer is the real star of this one, listen to the last minute with headphones on "
        "and tell me that you do not hear the second snare; I have listened to it for years and "
        "noticed it only last week, when a friend who plays himself pointed it out to me in the "
        "car."
    ),
    "plz help a small artist, one click costs you nothing",
]
RULES = [
    # name, votes, agreement, low, high, verdict, confuses
    ("says_please", 188, 0.612, 0.541, 0.679, "mistrust", "ham for spam"),
    ("very_short", 402, 0.779, 0.736, 0.817, "mistrust", "spam for ham"),
    ("mentions_song", 655, 0.902, 0.877, 0.923, "fine", "spam for ham"),
    ("praises_artist", 240, 0.921, 0.880, 0.949, "fine", None),
    ("asks_to_subscribe", 371, 0.957, 0.931, 0.973, "fine", "ham for spam"),
    ("asks_to_check_out", 494, 0.966, 0.946, 0.979, "fine", None),
    ("has_link", 343, 0.974, 0.951, 0.986, "fine", None),
    ("mentions_money", 97, 0.938, 0.872, 0.971, "fine", None),
    ("in_capitals", 19, 17 / 19, 0.686, 0.971, "too few", None),
    ("repeats_itself", 7, 6 / 7, 0.487, 0.974, "too few", None),
]
KINDS = ["model disagrees", "votes against", "conflicting duplicate"]


def estimate(value: float, half: float, n_gold: int, **fields: Any) -> dict[str, Any]:
    return {
        "kind": "estimate",
        "value": value,
        "low": value - half,
        "high": value + half,
        "level": 0.95,
        "n_gold": n_gold,
        "n": 1956,
        "effective_n": float(n_gold),
        "method": "Wilson",
        "naive": None,
        "gold_only": None,
        "what": "Rate",
        "unit": "share",
        "notes": [],
    } | fields


def likely_error(row: int) -> dict[str, Any]:
    given, suggested = ("ham", "spam") if row % 3 else ("spam", "ham")
    return {
        "id": f"comment-{1700 + 13 * row}",
        "text": TEXTS[row % len(TEXTS)],
        "given": given,
        "suggested": suggested,
        "quality": round(0.021 + 0.011 * row, 3),
        "kind": KINDS[row % 3],
        "why": f"the 5 nearest records are all {suggested} "
        f"(comment-{88 + row}, similarity 0.83); 3 of 4 votes are against {given}",
    }


def changed_row(row: int) -> dict[str, Any]:
    return {
        "id": f"comment-{300 + 7 * row}",
        "text": TEXTS[(3 * row + 1) % len(TEXTS)],
        "majority": "ham" if row % 2 else "spam",
        "label": "spam" if row % 2 else "ham",
        "confidence": round(0.98 - 0.017 * row, 3),
    }


def annotators() -> list[dict[str, Any]]:
    names = ("annotator", "votes", "agreement", "low", "high", "verdict", "confuses")
    return [dict(zip(names, rule, strict=True)) for rule in RULES]


def histogram() -> list[dict[str, Any]]:
    counts = [21, 17, 26, 24, 38, 41, 66, 101, 242, 1352]
    return [
        {"low": 0.5 + 0.05 * i, "high": 0.55 + 0.05 * i, "items": items}
        for i, items in enumerate(counts)
    ]


def calibration() -> dict[str, Any]:
    return {
        "kind": "calibration",
        "n": 300,
        "ece": 0.034,
        "ece_by_chance": 0.021,
        "bins": {
            "n": [25.0, 31.0, 42.0, 64.0, 138.0],
            "confidence": [0.53, 0.64, 0.75, 0.86, 0.97],
            "right": [0.48, 0.55, 0.69, 0.83, 0.965],
            "low": [0.300, 0.378, 0.540, 0.720, 0.918],
            "high": [0.665, 0.708, 0.809, 0.902, 0.984],
        },
    }


def by_year() -> dict[str, Any]:
    """Broken down by a column; one value has too little gold, one no two votes on a record."""
    agreement = {
        "kind": "agreement",
        "value": 0.571,
        "low": 0.513,
        "high": 0.629,
        "level": 0.95,
        "n_items": 402,
        "n_votes": 881,
        "method": "Krippendorff's alpha, nominal",
    }
    names = ("value", "items", "votes", "agreement", "labels", "doubtful", "doubtful_share")
    rows = [
        ("2013", 1031, 1611, agreement, 1015, 23, 23 / 1015),
        ("2014", 908, 1187, agreement | {"value": 0.602}, 896, 18, 18 / 896),
        ("(missing)", 17, 18, None, 17, 2, 2 / 17),
    ]
    shares = [
        estimate(0.531, 0.052, 161, what="share of spam", naive=0.512, method="prediction-powered"),
        estimate(0.509, 0.056, 133, what="share of spam", naive=0.498, notes=["The gold is old."]),
        {"what": "share of spam", "refused": "6 gold labels here; a share of its own needs 20"},
    ]
    return {
        "column": "year",
        "rows": [dict(zip(names, row, strict=True)) for row in rows],
        "estimates": [{"by": row[0], **share} for row, share in zip(rows, shares, strict=True)],
    }


def question() -> dict[str, Any]:
    return {
        "name": None,
        "input": {
            "items": 1956,
            "annotators": 10,
            "votes": 2816,
            "anonymous": False,
            "annotator_word": "rules",
            "items_without_votes": 28,
            "votes_per_item": {"min": 0, "median": 1.0, "max": 6},
            "classes": [{"name": "ham", "votes": 1310}, {"name": "spam", "votes": 1506}],
            "events": {"skip": 12},
            "duplicates": {"groups": 61, "rows": 190},
            "notes": ["3 records have an empty text; they keep the label that the votes gave."],
        },
        "agreement": {
            "kind": "agreement",
            "value": 0.584,
            "low": 0.548,
            "high": 0.620,
            "level": 0.95,
            "n_items": 734,
            "n_votes": 1622,
            "method": "Krippendorff's alpha, nominal",
        },
        "annotators": annotators(),
        "labels": {
            "method": "DawidSkene: ten rules with many votes each",
            "classes": [
                {"name": "ham", "items": 951, "share": 951 / 1928},
                {"name": "spam", "items": 977, "share": 977 / 1928},
            ],
            "confidence": histogram(),
            "ties": 143,
            "without": 28,
            "by_source": {"votes": 1628, "model": 0, "gold": 300, "none": 28},
            "changed": 74,
            "changed_rows": [changed_row(row) for row in range(16)],
            "gold_check": {
                "n": 300,
                "right": 271,
                "majority_right": 262,
                "differ": 13,
                "ours_right": 11,
                "majority_right_of_differ": 2,
            },
        },
        "likely_errors": {
            "found": 43,
            "rows": [likely_error(row) for row in range(43)],
            "by_kind": {"model disagrees": 15, "votes against": 14, "conflicting duplicate": 14},
        },
        "model": {
            "features": "text of the column 'comment' (TF-IDF)",
            "quality": estimate(0.917, 0.031, 300),
            "quality_word": "accuracy",
            "calibration": calibration(),
            "classes": [
                {"name": "ham", "n": 152, "agreement": 0.934},
                {"name": "spam", "n": 148, "agreement": 0.899},
            ],
        },
        "estimates": [
            estimate(
                0.523,
                0.037,
                300,
                what="share of spam",
                method="prediction-powered",
                effective_n=702.0,
                naive=0.507,
                gold_only=estimate(0.493, 0.056, 300, n=300),
            )
        ],
        "next": [
            {
                "do": "Look at the 43 likely label errors.",
                "why": "In past runs about every second one was wrong.",
                "command": "labelwright review runs/comments -k 43",
            },
            {
                "do": "Rewrite or drop the rules says_please and very_short.",
                "why": "Their whole interval lies under the agreement of the others.",
                "command": None,
            },
            {
                "do": "Get 28 records a vote.",
                "why": "No rule fired on them, so only the model says anything.",
                "command": "labelwright sample comments.csv --without-votes -n 28",
            },
        ],
    }


def sample() -> dict[str, Any]:
    """Two classes, ten rules, 300 gold labels."""
    return {
        "format": 1,
        "title": "Comments under five music videos",
        "file": "/home/nadia/projects/comments.csv",
        "command": "labelwright run /home/nadia/projects/comments.csv --id comment --text text "
        "--votes 'rule_*' --gold label",
        "version": "0.1.0",
        "seed": 0,
        "questions": [question()],
    }


def gold_free() -> dict[str, Any]:
    """The same without gold: nothing in it may be called accuracy."""
    report = sample()
    report["command"] = report["command"].removesuffix(" --gold label")
    (one,) = report["questions"]
    one["labels"]["gold_check"] = None
    one["labels"]["by_source"]["gold"] = 0
    one["model"]["quality_word"] = "agreement with the aggregated labels"
    one["estimates"] = [{"what": "share of spam", "refused": "There is no gold to correct with."}]
    return report


def votes_only() -> dict[str, Any]:
    """Slots that nobody can be told apart in, no text, so no model."""
    report = gold_free()
    (one,) = report["questions"]
    one["input"] |= {"anonymous": True, "annotator_word": "slots", "duplicates": None}
    one["model"] = {"why_none": "No column was named to learn from: see --text and --features."}
    one |= {"annotators": [], "likely_errors": None, "estimates": []}
    for row in one["labels"]["changed_rows"]:
        row["text"] = None
    return report


def several() -> dict[str, Any]:
    """Three questions in one report."""
    report = sample()
    names = ["spam", "Sentiment towards the artist", "لغة"]
    report["questions"] = [
        question() | {"name": name, "folder": f"q{place}", "by": by_year()}
        for place, name in enumerate(names)
    ]
    for row in (row for one in report["questions"] for row in one["annotators"]):
        row["name"] = row["annotator"].replace("_", " ").title()
    report["left_out"] = [{"name": "entities", "why": "these votes are spans"}]
    return report


NASTY = [
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\"><img src=x onerror='alert(2)'>",
    "שלום عالم \u202eevil\u202c",
    "👩‍🔬🎉 emoji",
    "nul \x00 bell \x07 and half a pair \ud83d",
    "{{ 7 * 7 }} {% raw %} </style></script><!--",
    "line one\nline two\twith a tab",
]


def hostile() -> dict[str, Any]:
    """Markup, formulas, quotes, right to left, emoji and control characters everywhere."""
    report = sample() | {"title": NASTY[0], "file": NASTY[2], "command": NASTY[6]}
    (one,) = report["questions"]
    one["name"] = NASTY[0]
    for kind in (one["input"]["classes"], one["labels"]["classes"], one["model"]["classes"]):
        for row, name in zip(kind, NASTY[:2], strict=True):
            row["name"] = name
    rows = one["annotators"] + one["labels"]["changed_rows"] + one["likely_errors"]["rows"]
    for place, row in enumerate(rows):
        for field in ("annotator", "confuses", "id", "text", "given", "suggested", "why", "label"):
            if field in row:
                row[field] = NASTY[place % len(NASTY)]
    for place, row in enumerate(one["annotators"]):
        row["annotator"] += str(place)
    for step in one["next"]:
        step |= {"do": NASTY[2], "why": NASTY[6], "command": NASTY[1]}
    one["estimates"][0]["what"] = NASTY[0]
    one["by"] = by_year() | {"column": NASTY[2]}
    for place, row in enumerate(one["by"]["rows"] + one["by"]["estimates"]):
        row |= {"value" if "value" in row and "by" not in row else "by": NASTY[place % 3]}
    report["left_out"] = [{"name": NASTY[0], "why": NASTY[6]}]
    one["input"]["events"] = {NASTY[2]: 9}
    one["input"]["notes"] = list(NASTY)
    return report


def big(questions: int = 1) -> dict[str, Any]:
    """Of a million records: 200 errors with cells of 10 MB, 5000 people, 400 classes."""
    report = several()
    cell = "long & <tedious> “text” " * 400_000
    one = report["questions"][0]
    one["input"] |= {"items": 1_000_000, "annotators": 5000, "votes": 5_000_000}
    one["input"]["annotator_word"] = "people"
    one["annotators"] = [
        annotators()[i % 10] | {"annotator": f"worker {i:05d} <of a long name>"}
        for i in range(5000)
    ]
    one["labels"]["classes"] = [
        {"name": f"class {i}", "items": 2500, "share": 0.0025} for i in range(400)
    ]
    one["likely_errors"]["rows"] = [likely_error(i % 80) | {"text": cell} for i in range(200)]
    one["labels"]["changed_rows"] = [changed_row(i % 40) | {"text": cell} for i in range(100)]
    report["questions"] = [one | {"name": f"question {i}"} for i in range(questions)]
    return report
