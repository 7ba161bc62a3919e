"""From the public files of each data set to its tables: a function a set, bytes in, frames out."""

from __future__ import annotations

import ast
import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

__all__ = ["PARSERS"]

Raw = Mapping[str, bytes]
Tables = dict[str, "pl.DataFrame"]

USER_NAME = r"@\w+"
LINK = r"https?://\S+"


def _frame(columns: Mapping[str, Any], **types: Any) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame(columns, schema_overrides=types)


def _numbers(*names: str) -> dict[str, Any]:
    import polars as pl

    return dict.fromkeys(names, pl.Int32)


def _ending(raw: Raw, end: str) -> bytes:
    """The one file whose path ends like this."""
    (path,) = [path for path in raw if path.endswith(end)]
    return raw[path]


def _rows(content: bytes) -> list[Any]:
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(text))


def _tab_rows(content: bytes) -> list[Any]:
    """Rows between tabs, in which a quotation mark is a character like any other."""
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE))


def _numbered(names: list[str]) -> list[int]:
    """Worker ids as numbers in the order of the sorted ids, so that no id leaves the source."""
    number = {name: code for code, name in enumerate(sorted(set(names)))}
    return [number[name] for name in names]


def _truth_inference(raw: Raw, campaigns: Mapping[str, tuple[str, str]]) -> Tables:
    """``label.csv`` (item, worker, label) and ``truth.csv`` (item, truth) of each campaign.

    ``campaigns`` maps a folder to the names of its two tables; of two campaigns with one gold table
    the first counts.
    """
    ints = _numbers("item", "annotator", "label")
    tables: Tables = {}
    for folder, (votes, gold) in campaigns.items():
        rows = _rows(_ending(raw, f"{folder}/label.csv"))
        columns = {"item": "item", "annotator": "worker", "label": "label"}
        tables[votes] = _frame({to: [int(r[a]) for r in rows] for to, a in columns.items()}, **ints)
        rows = _rows(_ending(raw, f"{folder}/truth.csv"))
        found = {"item": [int(r["item"]) for r in rows], "label": [int(r["truth"]) for r in rows]}
        tables.setdefault(gold, _frame(found, **_numbers("item", "label")))
    return tables


_one_campaign = partial(_truth_inference, campaigns={"": ("votes", "gold")})


def _snow_rte(raw: Raw) -> Tables:
    rows = _tab_rows(_ending(raw, "rte.standardized.tsv"))
    item = [int(r["orig_id"]) for r in rows]
    votes = {
        "item": item,
        "annotator": _numbered([r["!amt_worker_ids"] for r in rows]),
        "label": [int(r["response"]) for r in rows],
    }
    gold = dict(sorted(zip(item, [int(r["gold"]) for r in rows], strict=True)))
    pairs = {int(r["id"]): r for r in _tab_rows(_ending(raw, "rte1.tsv"))}
    texts = {"rte_value": "value", "task": "task", "text": "text", "hypothesis": "hypothesis"}
    items: dict[str, list[Any]] = {"item": list(gold)}
    items |= {to: [pairs[i][name] for i in gold] for to, name in texts.items()}
    return {
        "votes": _frame(votes, **_numbers(*votes)),
        "gold": _frame(
            {"item": list(gold), "label": list(gold.values())}, **_numbers("item", "label")
        ),
        "items": _frame(items, **_numbers("item")),
    }


def _product_matching(raw: Raw) -> Tables:
    truth = {r["question"]: int(r["truth"]) for r in _rows(_ending(raw, "truth.csv"))}
    number = {question: code for code, question in enumerate(truth)}
    answers = _rows(_ending(raw, "answer.csv"))
    votes = {
        "item": [number[r["question"]] for r in answers],
        "annotator": _numbered([r["worker"] for r in answers]),
        "label": [int(r["answer"]) for r in answers],
    }
    gold = {"item": list(number.values()), "label": list(truth.values())}
    # A question is called <product>_<product>_<truth>.
    pairs = [question.split("_") for question in truth]
    items = {"item": gold["item"]}
    items |= {f"product_{ab}": [int(pair[i]) for pair in pairs] for i, ab in enumerate("ab")}
    # Each line is a list literal; the first names the columns.
    lines = _ending(raw, "data_product").decode().splitlines()
    product = [ast.literal_eval(line) for line in lines[1:]]
    names = ("product", "name", "description", "price")
    products = {name: [row[i] for row in product] for i, name in enumerate(names)}
    return {
        "votes": _frame(votes, **_numbers(*votes)),
        "gold": _frame(gold, **_numbers(*gold)),
        "items": _frame(items, **_numbers(*items)),
        "products": _frame(products, **_numbers("product")),
    }


def _lewidi(raw: Raw) -> Tables:
    votes: dict[str, list[Any]] = {"item": [], "annotator": [], "label": []}
    rows: list[dict[str, Any]] = []
    for part in ("train", "dev", "test"):
        for key, record in json.loads(_ending(raw, f"_{part}.json")).items():
            item = f"{part}-{key}"
            people = [int(name.removeprefix("Ann")) for name in record["annotators"].split(",")]
            votes["item"] += [item] * len(people)
            votes["annotator"] += people
            votes["label"] += record["annotations"].split(",")
            row = {"item": item, "split": part, "lang": record["lang"], "text": record["text"]}
            row |= {"hard_label": record["hard_label"]}
            row |= {name: json.dumps(record[name]) for name in ("soft_label", "other_info")}
            rows.append(row)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return {"votes": _frame(votes, **_numbers("annotator")), "items": _frame(columns)}


def _hate_offensive(raw: Raw) -> Tables:
    import polars as pl

    rows = _rows(_ending(raw, "labeled_data.csv"))
    columns: dict[str, list[Any]] = {"text": [r["tweet"] for r in rows]}
    counts = {
        "n_votes": "count",
        "votes_hate": "hate_speech",
        "votes_offensive": "offensive_language",
        "votes_neither": "neither",
        "label": "class",
    }
    columns |= {to: [int(r[name]) for r in rows] for to, name in counts.items()}
    masked = pl.col("text").str.replace_all(USER_NAME, "@user").str.replace_all(LINK, "<url>")
    return {"data": _frame(columns, **dict.fromkeys(counts, pl.Int8)).with_columns(masked)}


def _pandalm(raw: Raw) -> Tables:
    pairs = json.loads(_ending(raw, "data/testset-v1.json"))
    gpt = {r["idx"]: r for r in json.loads(_ending(raw, "gpt-3.5-turbo-testset-v1.json"))}
    panda = {r["idx"]: r for r in json.loads(_ending(raw, "pandalm-7b-testset-v1.json"))}
    own = {
        "item": "idx",
        "source": "motivation_app",
        "models": "cmp_key",
        "instruction": "instruction",
        "input": "input",
        "response_1": "response1",
        "response_2": "response2",
        **{f"annotator_{i}": f"annotator{i}" for i in (1, 2, 3)},
    }
    columns = {to: [pair[name] for pair in pairs] for to, name in own.items()}
    for response in ("response_1", "response_2"):
        # Six replies are the bare JSON value true.
        columns[response] = [r if isinstance(r, str) else json.dumps(r) for r in columns[response]]
    for to, answers, prefix in (("gpt35", gpt, "gpt"), ("pandalm7b", panda, "pandalm")):
        found = [answers[pair["idx"]] for pair in pairs]
        columns[to] = [str(r[f"{prefix}_result"]) for r in found]
        columns[f"{to}_reason"] = [r[f"{prefix}_reason"] for r in found]
    return {"data": _frame(columns)}


def _llmjudge(raw: Raw) -> Tables:
    import polars as pl

    qrels: dict[str, list[Any]] = {"split": [], "query": [], "passage": [], "label": []}
    for split, end in (("dev", "dev_qrel_2024.txt"), ("test", "test_qrel_idx.txt")):
        for query, passage, label in _judgments(_ending(raw, end)):
            for name, value in zip(qrels, (split, query, passage, label), strict=True):
                qrels[name].append(value)
    judged = [i for i, split in enumerate(qrels["split"]) if split == "test"]
    pairs = [(qrels["query"][i], qrels["passage"][i]) for i in judged]
    votes: dict[str, list[Any]] = {"query": [q for q, _ in pairs], "passage": [p for _, p in pairs]}
    for path in sorted(path for path in raw if "/scores/" in path):
        given = {(query, passage): label for query, passage, label in _judgments(raw[path])}
        votes[PurePosixPath(path).stem] = [given.get(pair) for pair in pairs]
    lines = _ending(raw, "query_2024.txt").decode().splitlines()
    texts = [line.split("\t", 1) for line in lines if line]
    return {
        "qrels_human": _frame(qrels, label=pl.Int8),
        "votes_llm": _frame(votes, **dict.fromkeys(list(votes)[2:], pl.Int8)),
        "queries": _frame({"query": [q for q, _ in texts], "text": [t for _, t in texts]}),
    }


def _judgments(content: bytes) -> Iterator[tuple[str, str, int]]:
    for line in content.decode().splitlines():
        if line.strip():
            query, _, passage, label = line.split()
            yield query, passage, int(label)


def _one_weak_label(raw: Raw) -> Tables:
    import polars as pl

    columns: dict[str, list[Any]] = {"split": [], "text": [], "label": [], "weak_label": []}
    for path, content in raw.items():
        split = PurePosixPath(path).stem.removesuffix("_data")
        for record in json.loads(content):
            # trec_weak writes a stand-in class 6 where there is no gold.
            label = None if record["label"] == 6 else record["label"]
            values = (split, record["text"], label, record["major"])
            for name, value in zip(columns, values, strict=True):
                columns[name].append(value)
    return {"data": _frame(columns, label=pl.Int8, weak_label=pl.Int8)}


def _banking77(raw: Raw) -> Tables:
    parts = {part: _rows(_ending(raw, f"{part}.csv")) for part in ("train", "test")}
    rows = [(part, r["text"], r["category"]) for part, found in parts.items() for r in found]
    names = ("split", "text", "label")
    return {"data": _frame({name: [r[i] for r in rows] for i, name in enumerate(names)})}


def _trec6(raw: Raw) -> Tables:
    import polars as pl

    columns: dict[str, list[Any]] = {"split": [], "text": [], "label": [], "fine_label": []}
    for split in ("train", "test"):
        coarse = _ending(raw, f"TREC.{split}.all").decode(errors="replace").splitlines()
        fine = _ending(raw, f"raw/TREC.{split}").decode(errors="replace").splitlines()
        for line, named in zip(coarse, fine, strict=True):
            label, text = line.split(" ", 1)
            values = (split, text.strip(), int(label), named.split(" ", 1)[0])
            for name, value in zip(columns, values, strict=True):
                columns[name].append(value)
    return {"data": _frame(columns, label=pl.Int8)}


PARSERS: Mapping[str, Callable[[Raw], Tables]] = {
    "bluebird": _one_campaign,
    "face_sentiment": _one_campaign,
    "music_genre": _one_campaign,
    "sentiment_polarity_crowd": partial(
        _truth_inference,
        campaigns={"/SP": ("votes", "gold"), "/SP_amt": ("votes_amt20", "gold_amt20")},
    ),
    "trec_relevance": _one_campaign,
    "weather_sentiment": partial(
        _truth_inference,
        campaigns={"/CF": ("votes_crowdflower", "gold"), "/CF_amt": ("votes_mturk", "gold")},
    ),
    "snow_rte": _snow_rte,
    "product_matching": _product_matching,
    "lewidi_md_agreement": _lewidi,
    "hate_offensive_counts": _hate_offensive,
    "pandalm_testset": _pandalm,
    "llmjudge_trec_dl23": _llmjudge,
    "agnews_weak": _one_weak_label,
    "trec_weak": _one_weak_label,
    "imdb_weak": _one_weak_label,
    "banking77": _banking77,
    "trec6": _trec6,
}
