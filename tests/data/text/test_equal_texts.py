import numpy as np
import pandas

from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import frame_keys
from hibiscus.data.split import folds, make_split
from hibiscus.data.text.equal_texts import merge_keys


def test_white_space_does_not_count():
    keys = np.array([5, 3, 9, 7], np.uint64)
    merged = merge_keys(keys, ["a b", " a\n b ", "a B", ""])
    assert merged.tolist() == [3, 3, 9, 7]
    assert merged.dtype == np.uint64


def dataset(texts):
    frame = pandas.DataFrame({"text": texts})
    fields = {"table": frame, "label": np.array(["a", "b"] * (len(texts) // 2))}
    return Dataset(
        "d", "d", fields, [str(i) for i in range(len(texts))], frame_keys(frame), roles={"text": "text"}
    )


def test_equal_texts_never_stand_in_two_parts():
    texts = [f"the text number {number}" for number in range(100)]
    texts += [text.replace(" ", "  ") for text in texts] + texts
    data = dataset(texts)
    for kind in ("auto", "hash", "stratified"):
        parts = make_split(data, kind)
        plain = {part: {" ".join(texts[item].split()) for item in items} for part, items in parts.items()}
        assert sum(map(len, plain.values())) == 100
    for held_out in folds(data, np.arange(300), 3):
        assert len({" ".join(texts[item].split()) for item in held_out}) == len(held_out) / 3


def test_other_splits_stay_as_they_are():
    texts = [f"the text  number {number}" for number in range(200)]
    data = dataset(texts)
    spaced = make_split(data, "hash")
    data.roles = {"text": "ignore"}
    plain = make_split(data, "hash")
    assert all(np.array_equal(spaced[part], plain[part]) for part in plain)
