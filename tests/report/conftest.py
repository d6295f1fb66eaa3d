import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

VOID = {"meta", "br", "img", "link", "hr", "input"}


class Page(HTMLParser):
    """Parses a page strictly: every element is closed in order; keeps texts, tags, ids and links."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.ids, self.links, self.handlers, self.words, self.source = (
            [],
            [],
            [],
            [],
            [],
            [],
            source,
        )
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attributes:
            if name == "id":
                self.ids.append(value)
            if name in {"src", "href", "xlink:href", "action", "data", "srcset"}:
                self.links.append(value)
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.words))

    def check_alone(self):
        """Nothing in it comes from anywhere else, nothing runs."""
        assert all(link.startswith(("#", "data:image/")) for link in self.links)
        assert not {"script", "iframe", "object", "embed", "link", "form", "base"} & set(self.tags)
        assert self.handlers == []
        assert len(self.ids) == len(set(self.ids))
        rest = re.sub(r'xmlns(:xlink)?="[^"]*"', "", self.source)
        assert "http://" not in rest
        assert "https://" not in rest
        assert "@import" not in rest
        assert "@font-face" not in rest
        assert len(self.source.encode()) < 3_000_000


@pytest.fixture
def read_page():
    def read(source):
        page = Page(source if isinstance(source, str) else source.read_text(encoding="utf-8"))
        page.check_alone()
        return page

    return read
