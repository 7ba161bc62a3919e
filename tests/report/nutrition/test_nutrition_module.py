from __future__ import annotations

import pytest

from labelwright.core.params import Params
from labelwright.report._sections import Detail
from labelwright.report.nutrition import NutritionModule
from labelwright.report.nutrition.nutrition_label import MODULES
from labelwright.testing import check_part


@pytest.mark.parametrize("name", MODULES)
def test_our_modules_are_parts_with_a_name_and_a_title(name):
    module = MODULES[name]()
    check_part(module)
    assert module.name == name
    assert module.title
    assert isinstance(module, Params)


def test_a_module_without_a_template_shows_facts_and_tables():
    class Mine(NutritionModule):
        name, title = "mine", "Mine"

        def compute(self, data):
            return {}

    found = {"n_rows": 1200, "of": [{"who": "<b>", "n": None}], "nested": {"left": "out"}}
    html = str(Mine().render(found, Detail(rows=9, characters=50, charts=True)))
    assert "1,200" in html
    assert "&lt;b&gt;" in html
    assert Mine().markdown(found) == ["- n rows: 1,200"]


def test_a_module_must_say_what_it_computes():
    with pytest.raises(TypeError, match="compute"):
        NutritionModule()
