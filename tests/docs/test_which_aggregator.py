"""The table of the page is that of the kept result."""

import json

from scripts.which_aggregator import PAGE, RESULT, figures, table, with_table


def test_the_table_is_that_of_the_kept_result():
    page = PAGE.read_text(encoding="utf-8")
    measured = figures(json.loads(RESULT.read_text(encoding="utf-8")))
    assert with_table(page, table(measured)) == page


def test_methods_stand_in_order_of_how_often_they_are_right():
    measured = figures(json.loads(RESULT.read_text(encoding="utf-8")))
    shares = [float(line.split("|")[2].strip(" %")) for line in table(measured).splitlines()[3:-1]]
    assert shares == sorted(shares, reverse=True)
    assert len(shares) == len({method for method, _, _ in measured})
