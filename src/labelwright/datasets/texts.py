"""Texts with true labels, some of them with labels by rules as well."""

from __future__ import annotations

from labelwright.datasets._build import from_records
from labelwright.datasets._storage import read_tables
from labelwright.datasets.dataset import Dataset

__all__ = [
    "load_agnews_weak",
    "load_banking77",
    "load_imdb_weak",
    "load_sms_spam_lf",
    "load_trec6",
    "load_trec_weak",
]


def load_agnews_weak() -> Dataset:
    """Titles and leads of 24,000 news articles, four topics, with a label by rules.

    The rule label is the majority of rules that are not in the source; it exists for 56 % of the
    rows. Licence: the repository is MIT; the underlying text carries its own terms.

    Returns
    -------
    Dataset
        ``records`` with ``split`` and ``text``, ``vote_table`` with the one annotator
        ``weak_label``, and ``gold_table``.

    References
    ----------
    Zhang, Zhao, LeCun. Character-level Convolutional Networks for Text Classification. NIPS 2015.
    Yu, Zuo, Jiang, Ren, Zhao, Zhang. Fine-Tuning Pre-trained Language Model with Weak Supervision:
    A Contrastive-Regularized Self-Training Approach. NAACL 2021.
    """
    return _one_weak_label("agnews_weak")


def load_trec_weak() -> Dataset:
    """6,033 questions by type of answer, six classes, with a label by rules.

    The rule label exists for 95 % of the rows; 242 rows have no gold. Licence: the repository is
    MIT; the underlying text carries its own terms.

    Returns
    -------
    Dataset
        ``records`` with ``split`` and ``text``, ``vote_table`` with the one annotator
        ``weak_label``, and ``gold_table`` (5,791).

    References
    ----------
    Li, Roth. Learning Question Classifiers. COLING 2002.
    Yu, Zuo, Jiang, Ren, Zhao, Zhang. Fine-Tuning Pre-trained Language Model with Weak Supervision:
    A Contrastive-Regularized Self-Training Approach. NAACL 2021.
    """
    return _one_weak_label("trec_weak")


def load_imdb_weak() -> Dataset:
    """7,485 film reviews (cut to 150 words), positive or negative, with a label by rules.

    The rule label exists for 59 % of the rows. Licence: the repository is MIT; the underlying text
    carries its own terms.

    Returns
    -------
    Dataset
        ``records`` with ``split`` and ``text``, ``vote_table`` with the one annotator
        ``weak_label``, and ``gold_table``.

    References
    ----------
    Maas, Daly, Pham, Huang, Ng, Potts. Learning Word Vectors for Sentiment Analysis. ACL 2011.
    Yu, Zuo, Jiang, Ren, Zhao, Zhang. Fine-Tuning Pre-trained Language Model with Weak Supervision:
    A Contrastive-Regularized Self-Training Approach. NAACL 2021.
    """
    return _one_weak_label("imdb_weak")


def load_sms_spam_lf() -> Dataset:
    """Votes of sixteen rules on 5,100 text messages, ham or spam; gold for 600.

    There are no messages in the source. Licence: MIT (repository). Read from a mirror only: the
    public files are pickles.

    Returns
    -------
    Dataset
        ``records`` with ``split``, ``vote_table`` (annotators ``lf0`` to ``lf15``) and
        ``gold_table``.

    References
    ----------
    Almeida, Hidalgo, Yamakami. Contributions to the Study of SMS Spam Filtering. DocEng 2011.
    """
    tables, origin = read_tables("sms_spam_lf")
    rules = [name for name in tables["data"].columns if name.startswith("lf")]
    return from_records("sms_spam_lf", tables["data"], origin, rules)


def load_banking77() -> Dataset:
    """13,083 questions of bank customers by intent, 77 classes. Licence: CC BY 4.0.

    Returns
    -------
    Dataset
        ``records`` with ``split`` and ``text``, and ``gold_table`` with the name of the intent.

    References
    ----------
    Casanueva, Temčinas, Gerz, Henderson, Vulić. Efficient Intent Detection with Dual Sentence
    Encoders. NLP for ConvAI 2020.
    """
    tables, origin = read_tables("banking77")
    return from_records("banking77", tables["data"], origin)


def load_trec6() -> Dataset:
    """5,952 questions by type of answer: six classes, and fifty below them.

    Licence: the repository is MIT; the data set states none.

    Returns
    -------
    Dataset
        ``records`` with ``split``, ``text`` and ``fine_label`` (COARSE:fine), and ``gold_table``.

    References
    ----------
    Li, Roth. Learning Question Classifiers. COLING 2002.
    """
    tables, origin = read_tables("trec6")
    return from_records("trec6", tables["data"], origin)


def _one_weak_label(name: str) -> Dataset:
    tables, origin = read_tables(name)
    return from_records(name, tables["data"], origin, ["weak_label"])
