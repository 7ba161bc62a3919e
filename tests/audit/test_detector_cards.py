from __future__ import annotations

import pytest

from labelwright.audit.bench import (
    CARDS,
    DESIGN_SPACE,
    DETECTORS,
    NONE,
    DataCard,
    DetectorCard,
    advise,
)
from labelwright.core.errors import ParameterError
from tests.audit.test_bench import measured


def test_cards_lie_in_the_design_space_and_cover_the_detectors() -> None:
    assert {d.name for d in DETECTORS} | {NONE.name} == {c.name for c in CARDS if c.offered}
    with pytest.raises(ParameterError, match=r"signal='smell'"):
        DetectorCard("new", signal="smell")
    assert all(facet in DetectorCard.__dataclass_fields__ for facet in DESIGN_SPACE)


def test_advice_says_why_not_and_follows_the_evidence() -> None:
    found = advise(DataCard(max_fits=5, watches_training=False))
    rows = {row["detector"]: row for row in found.rows}
    assert rows["semd"]["why_not"] == "it needs 15 trainings"
    assert rows["aum"]["why_not"] == "the training must be watched"
    assert not rows["cincer"]["suits"]
    advice = advise(DataCard(), result=measured())
    gains = [row["gain"] for row in advice.rows if row["suits"]]
    assert gains == sorted(gains, reverse=True)
    assert advice.to_table().height == len(CARDS)
