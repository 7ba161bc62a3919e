"""The YouTube Spam Collection, which comes with the package, and ten rules that label it.

The rules were written for Labelwright from general knowledge about spam and from reading comments
of a random third of the collection (:func:`youtube_spam_read`) together with their labels. How
good the rules are must therefore be judged on the other two thirds.

Our first ten rules could each say only one class ("spam, or nothing"). On such votes
Dawid-Skene has nothing to learn confusions from: it put nearly every comment into one class. That
was seen on all comments, as were the accuracies of those first rules, and is why each rule now
speaks for both classes. The rules as they stand were checked on the third that was read.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from labelwright.datasets._build import data_set, numbered
from labelwright.datasets._storage import read_tables
from labelwright.datasets.dataset import Dataset

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

__all__ = ["load_youtube_spam", "youtube_spam_read", "youtube_spam_rules", "youtube_spam_votes"]

Rule = Callable[[str], str | None]


def _any_of(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b({words})\b", re.IGNORECASE)


LINK = re.compile(r"https?:|www\.|\b[\w-]+ ?\. ?(com|net|org|me|tv|co|info)\b|watch\?v=", re.I)
ARTIST = _any_of(r"katy|perry|psy|gangnam|lmfao|shuffl\w*|eminem|rihanna|shakira|waka")
LOOK_ELSEWHERE = _any_of("check(ing)?|look at|take a look|visit|watch my|search for|click")
STILL_HERE = _any_of("still|who else|anyone|listening|watching|201[3-6]")
SUBSCRIBE = re.compile(r"su+[bs]s?c+r+i+b|\b(subs?|follow|share|vote|donate)\b", re.I)
PRAISE = _any_of("love|lov(ed|ing)|best|awesome|nice|good|great|cool|beautiful|amazing|favou?rite")
OWN_WORK = _any_of(r"(my|our)( \w+){0,2} (chann?els?|videos?|page|music|songs?|covers?|site)")
THIS_WORK = _any_of("(this|the|his|her|their) (song|video|music|beat|lyrics|dance|clip)s?")
MONEY = re.compile(r"\b(money|earn\w*|income|cash|paid|free|win|dollars?)\b|\$\d", re.I)
VIEWS = re.compile(r"\b(views?|viewers?|billions?|millions?|dislikes?)\b|\d,\d{3},\d{3}", re.I)
TO_READERS = _any_of("hey|hi|hello|guys|everyone|every ?body|friends|people|please|pls|plz+")
ABOUT_OTHERS = _any_of("she|he|her|his|they|girl")
MAKER = _any_of(r"i('m| am) (a|an|the)|i make|my name|i need|help me|hoping|dream|promise")
LISTENER = _any_of(r"i (still )?(love|like|loved|hate|think|thought|remember|miss|cried|want)")
WEB = _any_of("channel|page|website|site|facebook|twitter|youtube|playlist|network|account")
MUSIC = _any_of("songs?|lyrics|singers?|voice|danc(e|ing)|rap|beat|album|concert")

MANY_WORDS = 30
FEW_WORDS = 5


def load_youtube_spam() -> Dataset:
    """1,956 comments on five music videos, ham or spam (Alberto, Lochter and Almeida, 2015).

    It comes with Labelwright and needs no connection. Licence: CC BY 4.0, UCI Machine Learning
    Repository. Changed against the source: only the text and the class are kept, the class is a
    word, and the byte order marks at the ends of comments are taken off.

    Returns
    -------
    Dataset
        ``records`` with ``item`` (row number) and ``text``, and ``gold_table``.

    References
    ----------
    Alberto, Lochter, Almeida. TubeSpam: Comment Spam Filtering on YouTube. ICMLA 2015.

    Examples
    --------
    >>> comments = load_youtube_spam()
    >>> comments.gold.value_counts(sort=True).rows()
    [('spam', 1005), ('ham', 951)]
    """
    tables, origin = read_tables("youtube_spam")
    records = numbered(tables["data"])
    gold = records.select("item", "label")
    return data_set("youtube_spam", origin, records=records.drop("label"), gold_table=gold)


def _either(text: str, spam: re.Pattern[str], ham: re.Pattern[str]) -> str | None:
    """Spam if the first pattern is found, else ham if the second is."""
    if spam.search(text):
        return "spam"
    return "ham" if ham.search(text) else None


def address(text: str) -> str | None:
    """Spam with the address of a page; ham with the name of an artist or of one of the songs."""
    return _either(text, LINK, ARTIST)


def attention(text: str) -> str | None:
    """Spam if readers are asked to look elsewhere; ham if somebody is still watching."""
    return _either(text, LOOK_ELSEWHERE, STILL_HERE)


def demand(text: str) -> str | None:
    """Spam if readers are asked to subscribe, follow or share; ham if there is praise."""
    return _either(text, SUBSCRIBE, PRAISE)


def whose_work(text: str) -> str | None:
    """Spam if it is about the writer's own work; ham if about the song or the video."""
    return _either(text, OWN_WORK, THIS_WORK)


def numbers(text: str) -> str | None:
    """Spam if money or prizes are mentioned; ham if views and other counts of the video are."""
    return _either(text, MONEY, VIEWS)


def addressee(text: str) -> str | None:
    """Spam if readers are spoken to; ham if others are spoken about."""
    return _either(text, TO_READERS, ABOUT_OTHERS)


def speaker(text: str) -> str | None:
    """Spam if somebody introduces themselves or asks for help; ham if somebody has an opinion."""
    return _either(text, MAKER, LISTENER)


def vocabulary(text: str) -> str | None:
    """Spam with words of the web; ham with words of music."""
    return _either(text, WEB, MUSIC)


def length(text: str) -> str | None:
    """Spam above thirty words, ham up to five: praise is short, advertising is not."""
    words = len(text.split())
    if words > MANY_WORDS:
        return "spam"
    return "ham" if words <= FEW_WORDS else None


def ending(text: str) -> str | None:
    """Spam if it ends with a colon, as a shared link does; ham if with a smile or a heart."""
    end = text.rstrip().removesuffix("<br />")[-4:]
    if end.endswith(":"):
        return "spam"
    return "ham" if any(sign in end for sign in (":)", ":D", "<3", "xD", "XD", "❤", "♥")) else None


RULES: tuple[Rule, ...] = (
    address,
    attention,
    demand,
    whose_work,
    numbers,
    addressee,
    speaker,
    vocabulary,
    length,
    ending,
)


def youtube_spam_rules() -> Mapping[str, Rule]:
    """The ten rules by name; each takes a text and says "spam", "ham" or None (no vote).

    Examples
    --------
    >>> youtube_spam_rules()["demand"]("Please subscribe!")
    'spam'
    """
    return {rule.__name__: rule for rule in RULES}


def youtube_spam_votes(texts: Sequence[str] | None = None) -> pl.DataFrame:
    """Votes of the ten rules as a table: ``text`` and a column a rule, null where it has no vote.

    Parameters
    ----------
    texts : sequence of str, optional
        Comments; those of the collection by default.

    Examples
    --------
    >>> table = youtube_spam_votes(["I love this song", "check out www.example.com"])
    >>> table.select("address", "vocabulary").rows()
    [(None, 'ham'), ('spam', None)]
    """
    import polars as pl

    if texts is None:
        records: Any = load_youtube_spam().records
        texts = records.get_column("text").to_list()
    # Some comments were stored as HTML, in which a quotation mark is an entity.
    clean = [html.unescape(text) for text in texts]
    votes = {name: [rule(text) for text in clean] for name, rule in youtube_spam_rules().items()}
    types = dict.fromkeys(votes, pl.String)
    return pl.DataFrame({"text": texts, **votes}, schema_overrides=types)


def youtube_spam_read() -> NDArray[np.bool_]:
    """Which comments may have been read while the rules were written: a random third, and four.

    Returns
    -------
    (1956,) bool array
        True where the label may have influenced a rule, so that only the others judge the rules.
    """
    import numpy as np

    from labelwright.core.seeds import generator

    n = load_youtube_spam().items.len()
    read = np.zeros(n, dtype=bool)
    read[generator(0, "youtube_spam", "rules").choice(n, n // 3, replace=False)] = True
    # Seen by chance when the files were first opened.
    read[[0, 1, 1586, 1587]] = True
    return read
