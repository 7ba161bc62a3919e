"""Reading a page back with the standard library's parser."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"meta", "br", "input", "img", "link"}
NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


class Page(HTMLParser):
    """Elements with their attributes, and the text in sight (charts: the tooltips)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.errors: list[str] = []
        self.feed(html)
        self.close()
        self.errors += [f"<{tag}> is not closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.errors.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        # The numbers on an axis (svg text) are a scale, not findings.
        if not {"style", "script", "text"} & set(self.open):
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())

    def numbers(self) -> set[str]:
        """Every number in sight that is not a part of a word."""
        return {m[0] for m in NUMBER.finditer(self.words) if self._stands_alone(m)}

    def _stands_alone(self, match: re.Match[str]) -> bool:
        before = self.words[match.start() - 1 : match.start()]
        return not re.match(r"[\w-]", before)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]
