"""The README shows what the demo prints, word for word."""

from scripts.readme import README, demo_lines, with_listing


def test_the_listing_is_that_of_the_demo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = demo_lines()
    assert len(lines) <= 15
    assert with_listing(README.read_text(), lines) == README.read_text()
