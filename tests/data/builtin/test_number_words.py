import pytest

from hibiscus.data.builtin.number_words import english_words, german_words, number_pairs
from hibiscus.data.open import open_data


@pytest.mark.parametrize(
    ("number", "english", "german"),
    [
        (0, "zero", "null"),
        (1, "one", "eins"),
        (16, "sixteen", "sechzehn"),
        (21, "twenty-one", "einundzwanzig"),
        (30, "thirty", "dreißig"),
        (101, "one hundred and one", "einhunderteins"),
        (200, "two hundred", "zweihundert"),
        (1000, "one thousand", "eintausend"),
        (3007, "three thousand and seven", "dreitausendsieben"),
        (9341, "nine thousand three hundred and forty-one", "neuntausenddreihunderteinundvierzig"),
    ],
)
def test_words(number, english, german):
    assert english_words(number) == english
    assert german_words(number) == german


def test_all_pairs_are_different_and_the_same_each_time():
    english, german = number_pairs()
    assert len(set(english)) == len(set(german)) == 3000
    assert number_pairs() == (english, german)


def test_they_are_a_table_of_texts_with_texts_as_target():
    data = open_data("number-words")
    assert data.roles == {"german": "text", "english": "target"}
    assert data.fields["table"]["german"][0] == number_pairs()[1][0]
    assert data.fields["label"][0] == number_pairs()[0][0]


def test_the_english_words_alone_are_texts():
    data = open_data("number-texts")
    assert data.roles == {"text": "text"}
    assert data.fields["table"]["text"].tolist() == number_pairs()[0]
    assert "label" not in data.fields
