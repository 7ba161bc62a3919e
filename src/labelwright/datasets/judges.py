"""Votes of language models, with what people said about the same items."""

from __future__ import annotations

from labelwright.datasets._build import data_set, long_votes
from labelwright.datasets._storage import read_tables
from labelwright.datasets.dataset import Dataset

__all__ = ["load_llmjudge_trec_dl23", "load_pandalm_testset"]

PEOPLE = ("annotator_1", "annotator_2", "annotator_3")
VERDICTS = {"0": 0, "1": 1, "2": 2, "Tie": 0}


def load_pandalm_testset() -> Dataset:
    """Which of two replies is better? Three people and two model judges on 999 pairs (PandaLM).

    Votes are "1", "2" or "tie". There is no gold besides the people. 25 answers of GPT-3.5 hold no
    verdict and count as no vote. Licence: Apache-2.0.

    Returns
    -------
    Dataset
        ``vote_table`` (4,970 votes; annotators annotator_1 to annotator_3, gpt35 and pandalm7b)
        and ``records`` with instruction, input, both replies and the judges' reasons.

    References
    ----------
    Wang et al. PandaLM: An Automatic Evaluation Benchmark for LLM Instruction Tuning Optimization.
    ICLR 2024.
    """
    import polars as pl

    tables, origin = read_tables("pandalm_testset")
    models = ("gpt35", "pandalm7b")
    # Whatever is no verdict ("garbage") becomes null, which is no vote.
    verdict = pl.col(models).replace_strict(VERDICTS, default=None, return_dtype=pl.Int64)
    records = tables["data"].with_columns(verdict)
    votes = long_votes(records, [*PEOPLE, *models])
    records = records.drop(*PEOPLE, *models)
    return data_set("pandalm_testset", origin, records=records, vote_table=votes)


def load_llmjudge_trec_dl23() -> Dataset:
    """Relevance of passages to queries, graded 0 to 3 by 33 model judges and by people.

    From the LLMJudge challenge on the TREC 2023 Deep Learning track; gold is the label of the
    human assessors. Three answers outside 0 to 3 count as no vote. There are no passages.
    Licence: the judges' labels MIT; the human labels not stated.

    Returns
    -------
    Dataset
        ``vote_table`` (145,956 votes on the 4,423 pairs of the test part), ``gold_table`` (11,686
        pairs of both parts) and ``records`` with ``split``, ``query``, ``passage`` and
        ``query_text``.

    References
    ----------
    Rahmani et al. LLMJudge: LLMs for Relevance Judgments. 2024.
    Rahmani et al. Judging the Judges: A Collection of LLM-Generated Relevance Judgements. 2025.
    """
    import polars as pl

    tables, origin = read_tables("llmjudge_trec_dl23")
    pair = pl.format("{} {}", "query", "passage").alias("item")
    judged = tables["votes_llm"].with_columns(pair)
    judges = [name for name in judged.columns if name not in ("item", "query", "passage")]
    votes = long_votes(judged, judges).filter(pl.col("label") <= 3)
    rated = tables["qrels_human"].with_columns(pair)
    texts = tables["queries"].rename({"text": "query_text"})
    records = rated.drop("label").join(texts, on="query", how="left", maintain_order="left")
    return data_set(
        "llmjudge_trec_dl23",
        origin,
        records=records,
        vote_table=votes,
        gold_table=rated.select("item", "label"),
    )
