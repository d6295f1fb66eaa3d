import numpy as np
import pandas
import pytest

from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import frame_keys
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.data.text.preparation import TextPreparation
from hibiscus.data.token_parts import text_part
from hibiscus.errors import DataError
from hibiscus.tokens import END

TEXTS = ["ab\n", "cab", "b" * 600, ""]


def prepared(about=None, texts=TEXTS):
    frame = pandas.DataFrame({"text": texts})
    dataset = Dataset(
        "d", "d", {"table": frame}, [*map(str, range(len(texts)))], frame_keys(frame), {},
        roles={"text": "text"}, about=about or {},
    )  # fmt: skip
    learned = TextPreparation.fit(TEXTS, column="text", tokens="character")
    parts = {"train": np.array([0, 1]), "val": np.array([2]), "test": np.array([3])}
    return PreparedData(dataset, Preparation({"text": learned}), parts), learned


def test_documents_end_with_a_token():
    data, learned = prepared()
    part = text_part(data, "train")
    first, second = learned.number_lists(["ab\n", "cab"])
    assert part.tokens.tolist() == [*first, END, *second, END]
    assert part.characters == len(part.tokens) - 1
    assert part.first_token == END


def test_a_continuous_text_is_joined():
    data, learned = prepared({"text": {"continuous": True}})
    part = text_part(data, "train")
    assert part.tokens.tolist() == learned.number_lists(["ab\ncab"])[0]
    assert part.characters == 5
    assert part.first_token == learned.number_lists(["\n"])[0][0]


def test_long_texts_are_not_cut():
    assert len(text_part(prepared()[0], "val").tokens) == 601


def test_a_part_of_one_token_is_refused():
    with pytest.raises(DataError, match="1 tokens in the part 'test'"):
        text_part(prepared()[0], "test")
