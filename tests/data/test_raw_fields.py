import pandas

from hibiscus.data.open import open_data
from hibiscus.data.raw_fields import raw_field, text_column

TEXTS = [f"a good and funny film of the year {year}" for year in range(1990, 2009)]
REVIEWS = pandas.DataFrame({"review": [*TEXTS, None], "stars": ["good", "bad"] * 10})


def test_the_only_column_of_texts():
    dataset = open_data(REVIEWS, target="stars")
    assert text_column(dataset) == "review"
    assert raw_field(dataset, "text").tolist() == [*TEXTS, ""]


def test_no_text_or_several():
    numbers = open_data(REVIEWS[["stars"]].assign(number=range(20)), target="stars")
    assert raw_field(numbers, "text") is None
    two = open_data(REVIEWS.assign(title=REVIEWS["review"].str.upper()), target="stars")
    assert raw_field(two, "text") is None
    assert raw_field(two, "text", "title")[0] == TEXTS[0].upper()


def test_a_target_of_texts():
    frame = REVIEWS[["review"]].assign(german=REVIEWS["review"].str.upper())[:19]
    dataset = open_data(frame, target="german")
    assert raw_field(dataset, "target_text").tolist() == frame["german"].tolist()
