import gzip

import pytest

from hibiscus.data.open import open_data
from hibiscus.data.preparation import Preparation
from hibiscus.errors import ConfigError, DataError

PROSE = "It was the best of times,\nit was the worst of times.\n\n" * 9
TABLE = "name,height\n" + "ann,1.5\nbob,1.8\n" * 9


def written(tmp_path, text, name="a.txt"):
    content = gzip.compress(text.encode()) if name.endswith(".gz") else text.encode()
    (tmp_path / name).write_bytes(content)
    return tmp_path / name


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_what_a_txt_file_holds_is_stated(tmp_path, name):
    text = open_data(written(tmp_path, PROSE, name))
    assert text.about["text"]["continuous"]
    assert "read as one continuous text; txt_as=lines" in text.notes[-1]
    table = open_data(written(tmp_path, TABLE, name))
    assert list(table.fields["table"].columns) == ["name", "height"]
    assert "read as a table; txt_as=text" in table.notes[-1]


def test_the_option_decides(tmp_path):
    table = written(tmp_path, TABLE)
    assert open_data(table, txt_as="text").about["text"]["continuous"]
    assert len(open_data(table, txt_as="lines")) == 19
    prose = written(tmp_path, "one word\nand another\n" * 9)
    data = open_data(prose, txt_as="table")
    assert len(data.fields["table"].columns) == 1
    assert not any("txt_as" in note for note in data.notes)
    with pytest.raises(ConfigError, match="txt_as=column"):
        open_data(prose, txt_as="column")


def test_a_target_makes_it_a_table(tmp_path):
    data = open_data(written(tmp_path, TABLE), target="height")
    assert "label" in data.fields
    assert not any("txt_as" in note for note in data.notes)


def test_a_damaged_table_says_how_it_would_be_a_text(tmp_path):
    with pytest.raises(DataError, match="txt_as=text if it is no table"):
        open_data(written(tmp_path, TABLE + "carl,1,2\n"))


def test_the_test_part_is_read_as_the_training_part(tmp_path):
    train, test = written(tmp_path, PROSE), written(tmp_path, TABLE, "b.txt")
    data = open_data(train, test_data=test)
    assert list(data.parts) == ["train", "test"]
    assert data.about["text"]["continuous"]
    assert "".join(data.fields["table"]["text"].iloc[data.parts["test"]]) == TABLE


def test_a_folder_with_a_table_for_each_part(tmp_path):
    for name in ("train.txt", "test.txt"):
        written(tmp_path, TABLE, name)
    data = open_data(tmp_path, target="height")
    assert list(data.parts) == ["train", "test"]


def test_encodings_of_texts_and_tables(tmp_path):
    (tmp_path / "a.txt").write_bytes(("привет мир\n" * 30).encode("koi8-r"))
    data = open_data(tmp_path / "a.txt", encoding="koi8-r")
    assert data.fields["table"]["text"][0].startswith("привет")
    (tmp_path / "a.csv").write_bytes(("слово,число\n" + "да,1\nнет,2\n" * 5).encode("cp1251"))
    assert list(open_data(tmp_path / "a.csv", encoding="cp1251").fields["table"].columns) == [
        "слово",
        "число",
    ]
    with pytest.raises(ConfigError, match="encoding=klingon"):
        open_data(tmp_path / "a.csv", encoding="klingon")
    with pytest.raises(ConfigError, match="encoding=rot13"):
        open_data(tmp_path / "a.csv", encoding="rot13")


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n" + bytes(99), b"a\0b" * 99, bytes(range(1, 32)) * 20]
)
def test_a_file_that_is_no_text_is_refused(tmp_path, content):
    (tmp_path / "a.txt").write_bytes(content)
    for kind in ("auto", "text", "lines"):
        with pytest.raises(DataError, match=r"a\.txt.*(not a text|is not text)"):
            open_data(tmp_path / "a.txt", txt_as=kind)


class Learned:
    column = "review"


def test_for_a_run_that_learned_texts(tmp_path):
    lines = written(tmp_path, "a good film\na bad film\n")
    classes = Preparation({"text": Learned(), "label": None})
    data = open_data(lines, trained=classes)
    assert data.fields["table"]["review"].tolist() == ["a good film", "a bad film"]
    language_model = Preparation({"text": Learned()})
    assert open_data(lines, trained=language_model).about["text"]["continuous"]
