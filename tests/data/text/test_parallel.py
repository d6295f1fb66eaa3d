import gzip

import numpy as np
import pytest

from hibiscus.data.open import open_data
from hibiscus.data.text.parallel import languages_in
from hibiscus.errors import DataError

ENGLISH, GERMAN = (
    ["A man.", "Two dogs run.", "A red car."],
    ["Ein Mann.", "Zwei Hunde rennen.", "Ein rotes Auto."],
)


def write(folder, files):
    for name, lines in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = "".join(line + "\n" for line in lines).encode()
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return folder


@pytest.mark.parametrize("names", [("a.en", "a.de"), ("a.en.gz", "a.de.txt"), ("x/a.en", "x/a.de")])
def test_a_single_pair_of_files(tmp_path, names):
    data = open_data(write(tmp_path, dict(zip(names, (ENGLISH, GERMAN), strict=True))), pairs="en,de")
    assert data.fields["table"]["en"].tolist() == ENGLISH
    assert data.fields["target_text"].tolist() == GERMAN
    assert data.roles == {"en": "text", "de": "target"}
    assert data.parts == {}
    other = open_data(tmp_path, pairs="de,en")
    assert other.fields["table"]["de"].tolist() == GERMAN
    assert other.fingerprint != data.fingerprint


def test_parts_by_the_names_of_files(tmp_path):
    files = {}
    for name in ("train", "val", "test_2016_flickr"):
        files |= {f"{name}.en.gz": ENGLISH, f"{name}.de.gz": GERMAN, f"{name}.fr": GERMAN}
    data = open_data(write(tmp_path, files), pairs="en,de")
    assert {part: len(items) for part, items in data.parts.items()} == {"train": 3, "val": 3, "test": 3}
    assert data.ids[data.parts["test"][0]] == "test_2016_flickr.en.gz, line 1"


def test_several_files_of_a_part_are_named(tmp_path):
    files = {}
    for name in ("train", "test_a", "test_b", "more"):
        files |= {f"{name}.en": ENGLISH, f"{name}.de": GERMAN}
    data = open_data(write(tmp_path, files), pairs="en,de")
    assert len(data.parts["test"]) == 6
    assert "the test part is of 2 pairs of files: test_a, test_b" in data.notes
    assert "not used, as the name tells no part: more" in data.notes


def test_empty_lines_leave_out_both(tmp_path):
    data = open_data(
        write(tmp_path, {"a.en": ["", "two", " ", "four"], "a.de": ["eins", "zwei", "", "vier"]}),
        pairs="en,de",
    )
    assert data.fields["target_text"].tolist() == ["zwei", "vier"]
    assert "2 pairs with an empty line left out (a.en, line 1; a.en, line 3)" in data.notes


def test_no_character_but_a_newline_ends_a_line(tmp_path):
    files = {"a.en": ["one\u2028two", "three\x0c"], "a.de": ["eins zwei", "drei"]}
    data = open_data(write(tmp_path, files), pairs="en,de")
    assert len(data) == 2


def test_the_direction_is_never_guessed(tmp_path):
    write(tmp_path, {"train.en": ENGLISH, "train.de": GERMAN})
    with pytest.raises(DataError, match="texts in de and en") as caught:
        open_data(tmp_path)
    assert caught.value.fix == "pairs=de,en"


@pytest.mark.parametrize(
    ("files", "pairs", "message"),
    [
        ({"a.en": ENGLISH, "a.de": GERMAN}, "en,fr", "pairs=en,fr, and there are files in de, en"),
        ({"a.en": ENGLISH, "a.de": GERMAN}, "en,en", "SOURCE,TARGET"),
        ({"a.en": ENGLISH, "a.de": GERMAN}, "en", "SOURCE,TARGET"),
        ({"a.en": ENGLISH, "a.de": GERMAN[:2]}, "en,de", "a.en has 3 lines and a.de 2"),
        ({"a.en": [""], "a.de": ["x"]}, "en,de", "no pair of lines with text"),
        ({"a.en": ["x\0"], "a.de": ["x"]}, "en,de", "a.en: not a text"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, files, pairs, message):
    with pytest.raises(DataError, match=message):
        open_data(write(tmp_path, files), pairs=pairs)


def test_pairs_of_images_stay_pairs_of_images(tmp_path):
    from PIL import Image

    for name in ("masks", "photos"):
        (tmp_path / name).mkdir()
        for number in range(3):
            Image.fromarray(np.full((20, 20), 60 * number + 60, np.uint8)).save(
                tmp_path / name / f"{number}.png"
            )
    assert languages_in(tmp_path) == {}
    assert "target_image" in open_data(tmp_path, pairs="masks,photos").fields


def test_other_files_are_no_languages(tmp_path):
    write(tmp_path, {"a.txt": ["x"], "b.txt": ["x"], "a.csv": ["x"], "b.py": ["x"]})
    assert not {"txt", "b"} & languages_in(tmp_path).keys()
