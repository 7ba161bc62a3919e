import pytest
from benchmarks._cases import Case, Input, Side
from benchmarks._summary import page, shown, summary
from tests.benchmarks import dummies

from benchmarks import __main__ as command


def figures(cpu, status="finished", peak=10.0):
    return {"status": status, "cpu_s": cpu, "wall_s": 2 * cpu, "peak_mb": peak}


def summarised(*rounds, **bar):
    stated = Case(
        "task",
        Input(dummies.write, {}, {}),
        Side("ours", dummies.double),
        Side("peer", dummies.double),
        dummies.compare,
        **({"floor": 3, "aim": 5} | bar),
    )
    return summary(stated, rounds)


def a_round(ours, peer, **comparison):
    return {"ours": figures(ours), "peer": figures(peer), "comparison": {"equal": 1.0} | comparison}


def test_ratios_are_taken_within_rounds():
    found = summarised(a_round(1, 4), a_round(10, 60), a_round(2, 10))
    assert found["cpu_ratio"] == {"median": 5, "least": 4, "most": 6}
    assert found["medians"]["ours"] == {"cpu_s": 2, "wall_s": 4, "peak_mb": 10}


@pytest.mark.parametrize(
    ("ours", "peer", "bar", "verdict"),
    [
        (1, 5, {}, "aim met"),
        (1, 4, {}, "floor met, aim missed"),
        (1, 2, {}, "BELOW FLOOR"),
        (1, 2, {"floor": None, "aim": None}, ""),
        (1, 5, {"memory_mb": 11}, "aim met, memory met"),
        (1, 5, {"memory_mb": 10}, "aim met, memory MISSED"),
    ],
)
def test_verdicts(ours, peer, bar, verdict):
    assert summarised(a_round(ours, peer), **bar)["verdict"] == verdict


@pytest.mark.parametrize(
    ("comparison", "same"),
    [
        ({"equal": 0.999}, True),
        ({"equal": 0.998}, False),
        ({"objective": {"ours": -10.0, "peer": -10.0}}, True),
        ({"objective": {"ours": -10.0, "peer": -11.0}}, True),
        ({"objective": {"ours": -11.0, "peer": -10.0}}, False),
    ],
)
def test_the_same_answer_is_equal_results_and_no_worse_objective(comparison, same):
    assert summarised(a_round(1, 5, **comparison))["same_answer"] is same


def test_one_round_with_another_answer_is_enough_to_differ():
    found = summarised(a_round(1, 5, equal=0.5), a_round(1, 5))
    assert found["same_answer"] is False


@pytest.mark.parametrize(("spent", "verdict"), [(9, "aim met"), (2, "not known, peer stopped")])
def test_a_stopped_peer_gives_a_lower_bound(spent, verdict):
    stopped = {"ours": figures(1), "peer": figures(spent, "time limit")}
    found = summarised(stopped)
    assert found["ratio_at_least"] is True
    assert found["verdict"] == verdict


def report(**case):
    stated = {"task": "sort", "peer": {"name": "them"}, "floor": 3, "aim": 5}
    return {
        "title": "Toys",
        "about": "What toys cost.",
        "machine": {"system": "Linux", "cores": 2, "processor": "Abacus"},
        "versions": {"python": "3.11"},
        "cases": [stated | summarised(a_round(1, 4), a_round(1, 6)) | case],
    }


def test_the_page_has_a_table_a_benchmark():
    text = page([report()])
    row = "| sort | them | 1 | 5 | 5 (4 to 6) | 5 (4 to 6) | 10 | 10 |"
    assert f"{row} yes, 100.000 % equal | 3 / 5 | aim met |" in text
    assert "Linux, 2 cores, Abacus; python 3.11." in text
    assert "5 (4 to 6)" in shown(report())


def test_the_page_marks_bounds():
    stopped = summarised({"ours": figures(1), "peer": figures(9, "time limit")})
    assert "| > 9 | > 9 | > 9 |" in page([report(**stopped)])
    assert "peer stopped (time limit)" in page([report(**stopped)])


def test_the_page_in_the_docs_is_made_from_the_results():
    assert command.PAGE.read_text() == command.results_page()
