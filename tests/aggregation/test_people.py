import json
import warnings

import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import DawidSkene, MajorityVote, annotator_report
from labelwright.core.errors import CapabilityError, DataError, ParameterError
from labelwright.core.spaces import Classes

from ._crowd_worlds import PLANTED, well_behaved


def report_on(world, **options):
    return annotator_report(world.votes(), prelabels=world.prelabels.tolist(), **options)


def test_a_crowd_that_behaves_gives_no_finding():
    """Of sixty crowds, at most 5 % show anything of any kind, with room for chance."""
    something = 0
    for seed in range(60):
        report = report_on(well_behaved(np.random.default_rng(seed)))
        assert len(report.tested) == len(PLANTED)
        something += bool(report.findings)
    assert something <= 6


def test_verdicts_hold_their_rate_where_all_are_alike():
    stand_out = 0
    for seed in range(60):
        world = well_behaved(np.random.default_rng(seed), n_annotators=10, per_item=3)
        verdicts = annotator_report(world.votes()).columns["verdict"].tolist()
        stand_out += any("crowd" in verdict for verdict in verdicts)
    assert stand_out <= 6


@pytest.mark.parametrize("finding", PLANTED)
def test_what_is_planted_is_found_and_nothing_else(finding):
    found, others = 0, []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        world = well_behaved(rng, n_items=800)
        PLANTED[finding](world, rng, 0)
        report = report_on(world)
        mine = {f.finding for f in report.findings if f.annotator == 0}
        found += finding in mine
        others += [f for f in report.findings if f.annotator != 0]
    assert found >= 4
    # The one who was copied is named as well.
    assert all((f.annotator, f.finding) == (1, "copies or is copied") for f in others)


def test_a_worse_crime_covers_the_lesser():
    rng = np.random.default_rng(0)
    world = well_behaved(rng, n_items=800)
    PLANTED["below chance"](world, rng, 0)
    assert [f.finding for f in report_on(world).findings] == ["below chance"]


def test_sentences_rest_on_counts():
    rng = np.random.default_rng(0)
    world = well_behaved(rng, n_items=800)
    PLANTED["confuses two classes"](world, rng, 3)
    (finding,) = report_on(world).findings
    evidence = finding.evidence
    assert (finding.annotator, evidence["true"], evidence["given"]) == (3, 2, 0)
    assert evidence["times"] > 4 * evidence["expected"]
    assert finding.why.startswith("says 0 for 2 on ")
    assert finding.p <= finding.adjusted <= 0.05
    line = report_on(world).summary()[2]
    assert line == f"- 3: confuses two classes: {finding.why}"


def test_the_order_is_by_evidence_and_who_has_few_votes_stands_last():
    """A few votes, all wrong, are less evidence than many that are mostly right."""
    rng = np.random.default_rng(0)
    world = well_behaved(rng, n_items=800)
    few, many, good = world.of(0)[:22], world.of(1), world.of(2)
    dropped = np.isin(np.arange(world.item.size), world.of(0)[22:])
    wrong = rng.random(many.size) < 0.5
    world.label[many[wrong]] = (world.truth[world.item[many[wrong]]] + 1) % 3
    world.label[few] = np.where(rng.random(22) < 0.45, world.truth[world.item[few]], 0)
    world.label[good] = world.truth[world.item[good]]
    world.skips[:] = dropped
    columns = annotator_report(world.votes()).columns
    names = columns["annotator"].tolist()
    assert names[0] == 1
    assert names[-1] == 2
    bound = columns["high"] - columns["crowd"]
    assert (np.diff(bound) >= 0).all()
    assert columns["verdict"][names.index(1)] == "below the crowd"
    assert columns["verdict"][names.index(2)] == "above the crowd"
    world.skips[few[:5]] = True
    columns = annotator_report(world.votes()).columns
    assert columns["annotator"][-1] == 0
    assert columns["verdict"][-1] == "too few"


def test_agreement_is_that_of_the_aggregator_with_a_wider_interval():
    votes = well_behaved(np.random.default_rng(0)).votes()
    model = DawidSkene().fit(votes)
    table = annotator_report(votes, model=model).to_table().sort("annotator")
    own = model.annotators_
    np.testing.assert_allclose(table["agreement"], own["agreement"])
    assert (table["low"] <= own["low"]).all()
    assert (table["high"] >= own["high"]).all()


def test_with_gold_there_is_accuracy_and_without_there_is_none():
    world = well_behaved(np.random.default_rng(1))
    votes = world.votes()
    gold = [int(label) if i % 2 else None for i, label in enumerate(world.truth)]
    table = annotator_report(votes, gold=gold).to_table().sort("annotator")
    judged = np.array([i % 2 for i in range(world.truth.size)], dtype=bool)[votes.item]
    hits = (votes.label == world.truth[votes.item]) & judged
    n = np.bincount(votes.annotator, judged, minlength=20)
    assert table["gold_votes"].to_list() == n.tolist()
    expected = np.bincount(votes.annotator, hits, minlength=20) / n
    np.testing.assert_allclose(table["accuracy"], expected)
    assert (table["accuracy_low"] < table["accuracy"]).all()
    without = annotator_report(votes)
    assert "accuracy" not in without.to_table().columns
    assert "accura" not in " ".join(without.summary())


def test_accuracy_intervals_cover_without_gold_where_the_model_holds():
    covered = []
    for seed in range(10):
        world = well_behaved(np.random.default_rng(seed), hard=0.0, per_item=7)
        table = annotator_report(world.votes()).to_table().sort("annotator")
        covered += ((table["low"] <= 0.8) & (table["high"] >= 0.8)).to_list()
    assert np.mean(covered) >= 0.92


def test_informativeness_is_the_spammer_score():
    truth = [k % 2 for k in range(400)]
    names = ("a", "b", "c", "d")
    table = dict.fromkeys(names, truth) | {
        "spam": [0, 0, 1, 1] * 100,
        "flip": [1 - t for t in truth],
    }
    columns = annotator_report(Votes.from_wide(table, votes=[*names, "spam", "flip"])).columns
    score = dict(zip(columns["annotator"].tolist(), columns["informativeness"], strict=True))
    assert score["a"] > 0.98
    assert score["spam"] < 0.01
    # Who always says the other class tells as much.
    assert score["flip"] > 0.98


def test_open_answers_are_right_where_they_hold_the_class():
    space = Classes(["T", "B", "NK"], open_answers={"T or B": ["T", "B"]})
    truth = ["T", "B", "NK"] * 20
    table = dict.fromkeys("abc", truth) | {"d": ["T or B" if t != "NK" else "NK" for t in truth]}
    votes = Votes.from_wide(table, votes=list("abcd"), space=space)
    report = annotator_report(votes)
    assert report.to_table().sort("annotator")["agreement"].min() > 0.97
    assert not [f for f in report.findings if f.finding == "confuses two classes"]


def test_plain_values_and_tables():
    rng = np.random.default_rng(0)
    world = well_behaved(rng, n_items=800)
    PLANTED["spam"](world, rng, 0)
    report = report_on(world)
    data = json.loads(json.dumps(report.to_dict(), default=str))
    assert data["kind"] == "annotator_report"
    assert data["findings"][0]["annotator"] == 0
    assert report.findings_table()["finding"].to_list() == ["spam"]
    assert report.findings[0].to_table()["finding"].to_list() == ["spam"]
    row = report.to_table().row(0, named=True)
    assert row["findings"].startswith("spam: ")
    assert len(report) == 20


def test_one_vote_an_item_says_nothing_about_anybody():
    votes = Votes.from_arrays(
        range(60), [f"a{i % 2}" for i in range(60)], [i % 3 for i in range(60)]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = annotator_report(votes)
    assert set(report.columns["verdict"].tolist()) == {"too few"}
    assert not report.findings
    assert not report.tested


def test_what_cannot_be_reported_on():
    votes = well_behaved(np.random.default_rng(0), n_items=40).votes()
    slots = Votes.from_lists({"v": ["x;y", "x;x"]}, label="v", split=";")
    with pytest.raises(CapabilityError, match="not known who gave which vote"):
        annotator_report(slots)
    other = MajorityVote().fit(votes.select(items=range(20)))
    with pytest.raises(DataError, match="fitted to votes on other items"):
        annotator_report(votes, model=other)
    with pytest.raises(ParameterError, match="level=2"):
        annotator_report(votes, level=2)
    with pytest.raises(ParameterError, match="model='wawa'"):
        annotator_report(votes, model="wawa")
    with pytest.raises(ValueError, match="learnt nothing yet"):
        annotator_report(votes, model=MajorityVote())
