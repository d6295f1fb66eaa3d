"""Items by part."""

from __future__ import annotations

from hibiscus.data.parts import items_by_part


def test_parts_that_occur_in_their_order():
    found = items_by_part(["test", "train", "", "train"])
    assert {part: items.tolist() for part, items in found.items()} == {"train": [1, 3], "test": [0]}
    assert list(found) == ["train", "test"]
    assert items_by_part([""]) == {}
