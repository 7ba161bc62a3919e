"""Votes of many people, most of them with true labels that were made without these votes."""

from __future__ import annotations

from labelwright.datasets._build import check_campaign, data_set, numbered
from labelwright.datasets._storage import read_tables
from labelwright.datasets.dataset import Dataset

__all__ = [
    "load_bluebird",
    "load_cifar10n",
    "load_face_sentiment",
    "load_hate_offensive_counts",
    "load_lewidi_md_agreement",
    "load_music_genre",
    "load_product_matching",
    "load_sentiment_polarity_crowd",
    "load_snow_rte",
    "load_trec_relevance",
    "load_ukp_convincing_arguments",
    "load_weather_sentiment",
]


def load_bluebird() -> Dataset:
    """Two species of blue birds: 39 workers label each of 108 images (Welinder et al., 2010).

    Votes and gold are 0 or 1; there are no images. Every worker labels every image.
    Licence: the repository of this copy is MIT; the original data set states none there.

    Returns
    -------
    Dataset
        ``vote_table`` (4,212 votes) and ``gold_table`` (108).

    References
    ----------
    Welinder, Branson, Belongie, Perona. The Multidimensional Wisdom of Crowds. NIPS 2010.
    """
    return _votes_and_gold("bluebird")


def load_face_sentiment() -> Dataset:
    """Expressions of 584 faces, four classes, about nine workers each (Mozafari et al., 2014).

    Labels are the codes 0 to 3 of this copy. Its annotator numbers say little about skill.
    Licence: the repository of this copy is MIT; the original data set states none there.

    Returns
    -------
    Dataset
        ``vote_table`` (5,242 votes) and ``gold_table`` (584).

    References
    ----------
    Mozafari, Sarkar, Franklin, Jordan, Madden. Scaling Up Crowd-Sourcing to Very Large Datasets.
    VLDB 2014.
    """
    return _votes_and_gold("face_sentiment")


def load_music_genre() -> Dataset:
    """Genres of 700 song clips, ten classes, about four workers each (Rodrigues et al., 2014).

    Labels are the codes 0 to 9 of this copy; there is no audio.
    Licence: the repository of this copy is MIT; the original data set states none there.

    Returns
    -------
    Dataset
        ``vote_table`` (2,945 votes) and ``gold_table`` (700).

    References
    ----------
    Rodrigues, Pereira, Ribeiro. Gaussian Process Classification and Active Learning with Multiple
    Annotators. ICML 2014.
    """
    return _votes_and_gold("music_genre")


def load_sentiment_polarity_crowd(campaign: str = "first") -> Dataset:
    """Sentences of film reviews, two classes (Rodrigues et al., 2013).

    Labels are 0 or 1; there are no sentences. The two campaigns number items on their own scales.
    Licence: the repository of this copy is MIT; the original data set states none there.

    Parameters
    ----------
    campaign : {"first", "amt20"}
        4,999 sentences with 4 to 10 votes, or 500 with 20.

    Returns
    -------
    Dataset
        ``vote_table`` (27,746 or 10,000 votes) and ``gold_table``.

    References
    ----------
    Rodrigues, Pereira, Ribeiro. Learning from multiple annotators: distinguishing good from random
    labelers. Pattern Recognition Letters 2013.
    """
    check_campaign(campaign, ("first", "amt20"))
    end = "_amt20" if campaign == "amt20" else ""
    return _votes_and_gold("sentiment_polarity_crowd", f"votes{end}", f"gold{end}")


def load_trec_relevance() -> Dataset:
    """Relevance of web pages to a query, two classes (TREC 2011 crowdsourcing track).

    Labels are 0 or 1; 2,275 of the 19,033 items have gold.
    Licence: the repository of this copy is MIT; the original data set states none there.

    Returns
    -------
    Dataset
        ``vote_table`` (88,385 votes) and ``gold_table`` (2,275).

    References
    ----------
    Lease, Kazai. Overview of the TREC 2011 Crowdsourcing Track.
    """
    return _votes_and_gold("trec_relevance")


def load_weather_sentiment(campaign: str = "mturk") -> Dataset:
    """Mood of 300 tweets about the weather, five classes (Venanzi et al., 2015).

    Labels are the codes 0 to 4 of this copy; there are no tweets.
    Licence: the repository of this copy is MIT; the original data set states none there.

    Parameters
    ----------
    campaign : {"mturk", "crowdflower"}
        20 votes a tweet by 110 workers, or the first campaign: about 6 votes by 461.

    Returns
    -------
    Dataset
        ``vote_table`` (6,030 or 1,720 votes) and ``gold_table`` (300).

    References
    ----------
    Venanzi, Teacy, Rogers, Jennings. Weather Sentiment - Amazon Mechanical Turk dataset. 2015.
    """
    check_campaign(campaign, ("mturk", "crowdflower"))
    return _votes_and_gold("weather_sentiment", f"votes_{campaign}")


def load_snow_rte() -> Dataset:
    """Does a hypothesis follow from a text? Ten workers for each of 800 pairs (Snow et al., 2008).

    Licence: not stated for the votes; for the pairs see the PASCAL RTE challenges.

    Returns
    -------
    Dataset
        ``vote_table`` (8,000 votes), ``gold_table`` (800) and ``records`` with ``text`` and
        ``hypothesis``.

    References
    ----------
    Snow, O'Connor, Jurafsky, Ng. Cheap and Fast - But is it Good? EMNLP 2008.
    """
    tables, origin = read_tables("snow_rte")
    return data_set(
        "snow_rte",
        origin,
        records=tables["items"],
        vote_table=tables["votes"],
        gold_table=tables["gold"],
    )


def load_product_matching() -> Dataset:
    """Do two descriptions mean the same product? Three workers for 8,315 pairs (Wang et al., 2012).

    About one pair in eight matches. Licence: not stated.

    Returns
    -------
    Dataset
        ``vote_table`` (24,945 votes), ``gold_table``, ``records`` with the two products of each
        pair, and ``more["products"]`` with name, description and price of a product.

    References
    ----------
    Wang, Kraska, Franklin, Feng. CrowdER: Crowdsourcing Entity Resolution. VLDB 2012.
    """
    tables, origin = read_tables("product_matching")
    return data_set(
        "product_matching",
        origin,
        records=tables["items"],
        vote_table=tables["votes"],
        gold_table=tables["gold"],
        more={"products": tables["products"]},
    )


def load_cifar10n() -> Dataset:
    """Three human labels for each of 50,000 CIFAR-10 images, ten classes (Wei et al., 2022).

    The annotators are slots 1 to 3, each filled by many people, not persons. There are no images.
    Licence: CC BY-NC 4.0 (labels). Read from a mirror only: the public file is a pickle.

    Returns
    -------
    Dataset
        ``vote_table`` (150,000 votes) and ``gold_table`` (50,000).

    References
    ----------
    Wei, Zhu, Cheng, Liu, Niu, Liu. Learning with Noisy Labels Revisited: A Study Using Real-World
    Human Annotations. ICLR 2022.
    """
    tables, origin = read_tables("cifar10n")
    votes = tables["votes"].rename({"slot": "annotator"})
    gold = tables["gold"].select("item", "label")
    return data_set("cifar10n", origin, vote_table=votes, gold_table=gold)


def load_lewidi_md_agreement() -> Dataset:
    """Are tweets offensive? Five workers for each of 10,753 (Leonardelli et al., 2021).

    Made for learning from disagreement: there is no gold besides the votes, which are "0" or "1".
    One worker voted twice on one tweet, of which the first vote counts.
    Licence: not stated in the repository.

    Returns
    -------
    Dataset
        ``vote_table`` (53,765 votes) and ``records`` with ``split``, ``text`` and the shares of
        votes as ``soft_label``.

    References
    ----------
    Leonardelli, Menini, Palmero Aprosio, Guerini, Tonelli. Agreeing to Disagree. EMNLP 2021.
    """
    tables, origin = read_tables("lewidi_md_agreement")
    return data_set(
        "lewidi_md_agreement", origin, records=tables["items"], vote_table=tables["votes"]
    )


def load_ukp_convincing_arguments() -> Dataset:
    """Which of two arguments convinces? Five workers a pair (Habernal and Gurevych, 2016).

    Votes are a1, a2 or equal. The gold was estimated from these votes (MACE), so agreement with it
    is not independent accuracy. Licence: CC BY 4.0. Read from a mirror only.

    Returns
    -------
    Dataset
        ``vote_table`` (84,445 votes), ``gold_table`` (16,081), ``records`` with the arguments of a
        pair and ``more["arguments"]`` with their texts and rank scores.

    References
    ----------
    Habernal, Gurevych. Which argument is more convincing? ACL 2016.
    """
    name = "ukp_convincing_arguments"
    tables, origin = read_tables(name)
    gold = tables["items"].select("item", label="gold").drop_nulls()
    return data_set(
        name,
        origin,
        records=tables["items"].drop("gold"),
        vote_table=tables["votes"].select("item", "annotator", "label"),
        gold_table=gold,
        more={"arguments": tables["arguments"]},
    )


def load_hate_offensive_counts() -> Dataset:
    """Tweets with the number of votes for hate, offensive and neither (Davidson et al., 2017).

    It is not known who voted, so there is no table of votes: give the columns ``votes_hate``,
    ``votes_offensive`` and ``votes_neither`` of the records to ``Votes.from_counts``. The label is
    the majority of these counts, not independent gold. The tweets contain abuse. Licence: MIT.

    Returns
    -------
    Dataset
        ``records`` (24,783) with ``text`` and the counts, and ``gold_table``.

    References
    ----------
    Davidson, Warmsley, Macy, Weber. Automated Hate Speech Detection and the Problem of Offensive
    Language. ICWSM 2017.
    """
    tables, origin = read_tables("hate_offensive_counts")
    records = numbered(tables["data"])
    gold = records.select("item", "label")
    return data_set("hate_offensive_counts", origin, records=records.drop("label"), gold_table=gold)


def _votes_and_gold(name: str, votes: str = "votes", gold: str = "gold") -> Dataset:
    tables, origin = read_tables(name, (votes, gold))
    return data_set(name, origin, vote_table=tables[votes], gold_table=tables[gold])
