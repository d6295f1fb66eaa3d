"""Texts with marked tokens: what is marked how, and that texts of strangers stay texts."""

import pytest

from hibiscus.evaluation.items import MarkedText, MarkedTexts
from hibiscus.report.page import render
from hibiscus.report.parse_items import parse_item
from hibiscus.report.records import UnreadableRecord
from hibiscus.report.text_marks import texts_view


def content(pieces, values, caption="row 1"):
    return MarkedTexts("Tokens", [MarkedText(caption, pieces, values)], "for it", "against it").to_json()


def view(*arguments, tmp_path):
    return texts_view(parse_item(content(*arguments), tmp_path))


def test_marks_say_the_direction_and_the_size(tmp_path):
    pieces = ["good", " ", "film", "but", "dull", "the"]
    (text,) = view(pieces, [2, None, 0.8, -0.4, -1.3, 0.1], tmp_path=tmp_path)["texts"]
    assert [piece["mark"] for piece in text["pieces"]] == [
        "raises strong", "", "raises medium", "lowers faint", "lowers strong", "",
    ]  # fmt: skip
    assert [piece["text"] for piece in text["pieces"]] == pieces
    assert (text["pieces"][0]["size"], text["pieces"][0]["value"]) == ("1.00", "+2")
    assert (text["pieces"][4]["size"], text["pieces"][4]["value"]) == ("0.65", "−1.3")


def test_nothing_is_marked_where_nothing_decides(tmp_path):
    (text,) = view(["a", "b"], [0, None], tmp_path=tmp_path)["texts"]
    assert [piece["mark"] for piece in text["pieces"]] == ["", ""]


def test_html_in_a_text_is_text(tmp_path):
    attack = "<script>alert(1)</script>"
    item = view([attack, "<b>", " & "], [3.0, -2.0, None], attack, tmp_path=tmp_path)
    page = render("texts.html", item=item)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;b&gt;" in page
    assert "<script" not in page
    assert "<b>" not in page
    assert page.count('<mark class="raises') == 2  # one of them in the legend
    assert 'dir="auto"' in page


@pytest.mark.parametrize(
    "texts",
    [[{"pieces": ["a"], "values": [1, 2]}], ["text"], [{"pieces": ["a"], "values": []}]],
)
def test_texts_that_do_not_fit_together(tmp_path, texts):
    assert isinstance(parse_item({"kind": "texts", "title": "t", "texts": texts}, tmp_path), UnreadableRecord)


def test_values_of_strangers(tmp_path):
    texts = [{"caption": 5, "pieces": [None, 7], "values": ["x", 1e300]}] * 50
    shown = texts_view(parse_item({"kind": "texts", "title": "t", "texts": texts}, tmp_path))
    assert len(shown["texts"]) == 40
    assert shown["more"] == 10
    assert [piece["mark"] for piece in shown["texts"][0]["pieces"]] == ["", ""]
