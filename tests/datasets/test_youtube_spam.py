import polars as pl
import pytest

from labelwright.datasets import load_youtube_spam, youtube_spam_rules, youtube_spam_votes
from labelwright.datasets.youtube_spam import youtube_spam_read

EXAMPLES = {
    "address": ("go to www.example.com", "Shakira!"),
    "attention": ("please check it", "still watching"),
    "demand": ("SUUBSCRIBE", "the best"),
    "whose_work": ("listen to my new songs", "what this song says"),
    "numbers": ("earn money", "2,126,492,636"),
    "addressee": ("Hey guys", "where is she from"),
    "speaker": ("I'm a rapper", "I still love it"),
    "vocabulary": ("on facebook", "that voice"),
    "length": ("word " * 31, "word " * 5),
    "ending": ("a video on YouTube:", "so true :)<br />"),
}
NEUTRAL = "nothing that any rule would know of"


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_rule_says_spam_ham_or_nothing(name):
    rule = youtube_spam_rules()[name]
    spam, ham = EXAMPLES[name]
    assert rule(spam) == "spam"
    assert rule(ham) == "ham"
    assert rule(NEUTRAL) is None
    assert rule("") in (None, "ham")


def test_ten_rules():
    assert len(youtube_spam_rules()) == 10
    assert set(youtube_spam_rules()) == set(EXAMPLES)


def test_rules_are_better_than_chance_on_comments_that_were_not_read():
    gold, votes = load_youtube_spam().gold, youtube_spam_votes()
    unread = pl.Series(~youtube_spam_read())
    assert 0.66 < unread.mean() < 0.67
    for name in youtube_spam_rules():
        has_vote = votes[name].is_not_null() & unread
        assert (votes[name] == gold).filter(has_vote).mean() > 0.7


def test_every_rule_speaks_for_both_classes():
    votes = youtube_spam_votes()
    for name in youtube_spam_rules():
        assert set(votes[name].drop_nulls()) == {"spam", "ham"}


def test_entities_are_read_as_the_characters_they_stand_for():
    assert youtube_spam_votes(["I&#39;m at www.a.com"])["address"].item() == "spam"
    empty = youtube_spam_votes([])
    assert empty.height == 0
    assert empty.width == 11


def test_the_collection_is_whole():
    records = load_youtube_spam().records
    assert records.columns == ["item", "text"]
    assert records.height == 1956
    assert not records["text"].str.contains("\ufeff").any()
