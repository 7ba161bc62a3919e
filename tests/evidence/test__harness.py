import pytest
from evidence._harness import Claim, Figures, Material, Method, Study, main, measure

from evidence import _harness
from labelwright.core.files import read_json


class Counter:
    """A method that counts its calls: figure = data + seed."""

    def __init__(self):
        self.calls = []

    def __call__(self, data, seed):
        self.calls.append((data, seed))
        return {"figure": data + (seed or 0)}


def study(run, *claims, materials=None):
    sets = [
        Material("old", lambda: 1, seen=True, quick=True),
        Material("new", lambda: 2, seen=False),
    ]
    methods = [Method("drawn", run, seeds=(0, 1, 2)), Method("whole", run)]
    return Study("toy", "Is it so?", methods, materials or sets, claims, __file__)


def test_methods_times_sets_times_seeds_with_mean_and_spread(tmp_path):
    run = Counter()
    report = measure(study(run), folder=tmp_path)
    assert len(run.calls) == 2 * (3 + 1)
    rows = {(row["method"], row["set"]): row for row in report["figures"]}
    drawn, whole = rows["drawn", "new"], rows["whole", "new"]
    assert (drawn["value"], drawn["mean"], drawn["spread"], drawn["seeds"]) == (3, 3, 1, 3)
    assert (whole["value"], whole["mean"], whole["spread"], whole["seeds"]) == (2, None, None, 0)
    assert read_json(tmp_path / "toy.json")["figures"] == report["figures"]


def test_the_figure_on_everything_comes_before_the_mean_over_seeds():
    cells = {("m", "s", None): {"f": 10.0}, ("m", "s", 0): {"f": 1.0}, ("m", "s", 1): {"f": 3.0}}
    figures = Figures(cells)
    assert figures.value("m", "s", "f") == 10
    assert figures.mean("m", "s", "f") == 2


def test_a_stopped_run_goes_on_where_it_was(tmp_path):
    run = Counter()

    def stops(data, seed):
        if len(run.calls) == 5:
            raise KeyboardInterrupt
        return run(data, seed)

    with pytest.raises(KeyboardInterrupt):
        measure(study(stops), folder=tmp_path)
    assert not (tmp_path / "toy.json").exists()
    undisturbed = measure(study(Counter()), folder=tmp_path / "other", fresh=True)
    again = Counter()
    report = measure(study(again), folder=tmp_path)
    assert again.calls == []
    assert report["figures"] == undisturbed["figures"]


def test_only_what_is_missing_is_run_and_only_its_sets_are_loaded(tmp_path):
    loads = []

    def load():
        loads.append("new")
        return 2

    def never():
        raise AssertionError("the set is not wanted")

    first = Counter()
    measure(study(first, materials=[Material("old", lambda: 1, seen=True)]), folder=tmp_path)
    both = [Material("old", never, seen=True), Material("new", load, seen=False)]
    second = Counter()
    measure(study(second, materials=both), folder=tmp_path)
    assert {data for data, _ in second.calls} == {2}
    assert loads == ["new"]


def test_other_code_makes_finished_cells_void(tmp_path, monkeypatch):
    measure(study(Counter()), folder=tmp_path)
    monkeypatch.setattr(_harness, "_code_hash", lambda study: "other code")
    run = Counter()
    measure(study(run), folder=tmp_path)
    assert len(run.calls) == 8


def test_claims_are_judged_by_their_threshold_and_a_failure_is_kept(tmp_path):
    def figure(figures):
        return figures.value("whole", "new", "figure")

    claims = [
        Claim("at least two", figure, at_least=2),
        Claim("at most one", figure, at_most=1, seen=True),
    ]
    report = measure(study(Counter(), *claims), folder=tmp_path)
    assert [(c["text"], c["holds"], c["figure"]) for c in report["claims"]] == [
        ("at least two", True, 2),
        ("at most one", False, 2),
    ]


def test_quick_runs_small_sets_once_and_makes_no_claims(tmp_path):
    run = Counter()
    claim = Claim("about another set", lambda figures: figures.value("whole", "new", "figure"), 0)
    report = measure(study(run, claim), quick=True, folder=tmp_path)
    assert run.calls == [(1, 0), (1, None)]
    assert report["quick"]
    assert report["claims"] == []


def test_the_command_prints_seen_and_unseen_sets_apart(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(_harness, "RESULTS", tmp_path)
    claim = Claim("more", lambda figures: figures.value("whole", "new", "figure"), at_least=9)
    main(study(Counter(), claim), [])
    shown = capsys.readouterr().out
    assert shown.index("looked at before") < shown.index("not looked at before")
    assert "DOES NOT HOLD  +2.0000  more" in shown
    assert (tmp_path / "toy.json").exists()
    (tmp_path / "toy.json").unlink()
    main(study(Counter()), ["--quick"])
    assert not (tmp_path / "toy.json").exists()
