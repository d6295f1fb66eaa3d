import pytest

from hibiscus.cli.text_checks import text_lines, text_summary
from hibiscus.data.builtin.open import open_bundled

TEXTS = {
    "train": [
        "the film was good, and the music too",
        *(f"dull and long w{number} x{number} y{number} z{number}" for number in range(9)),
        *(f"we slept before its {number * 'e'}nd" for number in range(9)),
    ],
    "val": ["what an ending"],
    "test": ["The film was good and the music, too!", "another dull zebra"],
}


@pytest.fixture
def reviews(tmp_path):
    for part, texts in TEXTS.items():
        rows = [f'"{text}",{"no" if "dull" in text else "yes"}\n' for text in texts]
        (tmp_path / f"{part}.csv").write_text("review,liked\n" + "".join(rows))
    return tmp_path


def test_inspect_describes_texts(cli, reviews):
    text = cli("inspect", reviews, "target=liked").out
    assert "length of texts" in text
    assert "vocabulary of the training part:" in text
    assert "unknown words in test: 23.08%" in text  # "!", "another" and "zebra" of 13
    assert "near-duplicate texts across parts: 1 in test and train" in text
    assert "    The film was good and the music, too!" in text


def test_all_of_it_as_json(cli, reviews):
    shown = cli("inspect", reviews, "target=liked", "--json").json["texts"]
    assert shown["lengths"]["max"] == 10
    assert shown["near_duplicates"]["across"] == {"test and train": 1}
    assert shown["growth"][-1][0] == shown["tokens"]


def test_data_without_texts_say_nothing():
    dataset = open_bundled("iris")
    assert text_summary(dataset, {}) == {}
    assert text_lines({}) == []


def test_a_continuous_text_is_split_by_its_order(cli, tmp_path):
    (tmp_path / "play.txt").write_text("Enter a king, and others.\n\nKING:\nSpeak.\n" * 400)
    text = cli("inspect", tmp_path / "play.txt").out
    assert "as `train` would split it" in text
    assert "length of texts" not in text
    assert "read as one continuous text" in text


def test_translations_are_described(cli, tmp_path):
    (tmp_path / "a.en").write_text("a man\na red car\n" * 30)
    (tmp_path / "a.de").write_text("ein Mann\nein rotes Auto\n" * 30)
    text = cli("inspect", tmp_path, "pairs=en,de").out
    assert "length of translations" in text
    assert "translations: 2 distinct texts" in text
