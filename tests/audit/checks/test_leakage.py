from __future__ import annotations

import numpy as np
import pytest

from labelwright.audit import audit

SPLIT = ["train"] * 4 + ["test"] * 3 + ["dev"] * 2


def leaks(**given):
    return audit(checks=["leakage"], **given)["leakage"]


def test_every_copy_outside_the_training_part_is_found_and_none_inside():
    texts = ["a", "b", "c", "d", "A ", "x", "b", "x", "y"]
    found = leaks(split=SPLIT, texts=texts)
    assert dict(zip(found.subject.tolist(), found.evidence["twin"].tolist(), strict=True)) == {
        4: 0,
        6: 1,
        5: 7,
        7: 5,
    }
    assert set(found.kinds) == {"same record"}
    assert found.why[0] == "it is in 'test' and is the same record as 0 in 'train'"
    assert found.score == 1 - 4 / 5


def test_near_copies_and_groups_leak_too_and_the_strongest_kind_is_given():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(90, 5))
    features[60] = features[0]
    features[61] = features[1] + 0.01
    groups = np.arange(90)
    groups[[60, 62]] = 2
    split = np.repeat([0, 1], [60, 30])
    found = leaks(split=split, features=features, groups=groups)
    kinds = dict(zip(found.subject.tolist(), found.kinds.tolist(), strict=True))
    assert kinds == {60: "same record", 61: "nearly the same record", 62: "same group"}
    assert found.scores[0] == 0
    assert 0 < found.scores[1] < 0.1
    assert found.scores[2] == 1


def test_the_training_part_is_the_one_called_so_or_else_the_largest():
    for split, name in ((["dev", "dev", "Training"], "Training"), (["a", "b", "b"], "b")):
        found = leaks(split=split, texts=["same", "same", "same"])
        assert found.notes == (f"The training part is {name!r}.",)


def test_rows_in_no_part_or_no_group_do_not_leak():
    found = leaks(split=["train", None, "test"], groups=["g", "g", None])
    assert (len(found), found.score) == (0, 1)


def test_one_part_only_is_no_split():
    said = audit(split=["train"] * 3, texts=["a"] * 3, checks=["leakage"])
    assert said.not_run == {"leakage": "the split has one part only"}


@pytest.mark.parametrize("seed", range(3))
def test_no_false_alarm_on_records_of_their_own(seed):
    features = np.random.default_rng(seed).normal(size=(300, 6))
    assert not len(leaks(split=np.arange(300) % 3, features=features))
