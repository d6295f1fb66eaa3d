import pytest

from data import make_files as make
from hibiscus.data.open import open_data
from hibiscus.data.text.folder import holds_texts, is_flat
from hibiscus.errors import DataError


def texts(folder, names=("neg", "pos"), count=3):
    for name in names:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            (folder / name / f"{i}_7.txt").write_text(f"a {name} review, the {i}th: café", encoding="utf-8")
    return folder


def test_a_folder_for_each_class(tmp_path):
    data = open_data(texts(tmp_path / "reviews"))
    assert len(data) == 6
    assert data.fields["label"].tolist() == ["neg"] * 3 + ["pos"] * 3
    assert data.fields["table"]["text"][0] == "a neg review, the 0th: café"
    assert data.roles == {"text": "text"}
    assert data.parts == {}


def test_as_acl_imdb(tmp_path):
    folder = tmp_path / "aclImdb"
    for part in ("train", "test"):
        texts(folder / part)
        (folder / part / "urls_pos.txt").write_text("http://x\n")
        (folder / part / "labeledBow.feat").write_text("1 0:9\n")
    (folder / "imdb.vocab").write_text("the\n")
    (folder / "README.txt").write_text("read me")
    (folder / "train" / "pos" / ".hidden.txt").write_text("x")
    data = open_data(folder)
    assert set(data.fields["label"]) == {"neg", "pos"}
    assert {part: len(items) for part, items in data.parts.items()} == {"train": 6, "test": 6}
    assert len(set(data.ids)) == 12


def test_test_without_train_is_a_class(tmp_path):
    data = open_data(texts(tmp_path / "d", names=("test", "other")))
    assert set(data.fields["label"]) == {"test", "other"}


def test_images_with_notes_beside_them_are_images(tmp_path):
    folder = make.classes(tmp_path / "d")
    texts(folder, names=("ant", "bee"))
    assert not holds_texts(folder)
    assert "image" in open_data(folder).fields


def test_a_loop_of_links_ends(tmp_path):
    folder = texts(tmp_path / "d")
    (folder / "neg" / "up").symlink_to(folder, target_is_directory=True)
    assert len(open_data(folder)) == 6


def test_a_flat_folder_has_no_labels(tmp_path):
    (tmp_path / "d").mkdir()
    for name in ("b.txt", "a.TXT", "README.md"):
        (tmp_path / "d" / name).write_text(f"the text of {name}")
    data = open_data(tmp_path / "d")
    assert data.ids == ["a.TXT", "b.txt"]
    assert list(data.fields) == ["table"]
    assert data.roles == {"text": "text"}


def test_parts_without_classes(tmp_path):
    for part in ("train", "test"):
        (tmp_path / "d" / part).mkdir(parents=True)
        (tmp_path / "d" / part / "a.txt").write_text(f"of the {part} part")
    data = open_data(tmp_path / "d")
    assert list(data.fields) == ["table"]
    assert {part: data.ids[items[0]] for part, items in data.parts.items()} == {
        "train": "train/a.txt",
        "test": "test/a.txt",
    }


def test_empty_texts_are_counted(tmp_path):
    folder = texts(tmp_path / "d")
    (folder / "neg" / "9.txt").write_text(" \n")
    data = open_data(folder)
    assert len(data) == 7
    assert data.notes == ["1 text is empty (first: neg/9.txt)"]


def test_a_folder_of_images_with_one_text_is_none_of_texts(tmp_path):
    folder = make.classes(tmp_path / "d")
    (folder / "notes.txt").write_text("of images")
    assert not is_flat(folder)
    assert "image" in open_data(folder).fields


def test_files_that_are_no_text_are_named(tmp_path):
    folder = texts(tmp_path / "d", count=40)
    (folder / "neg" / "photo.txt").write_bytes(bytes(range(256)) * 9)
    (folder / "pos" / "control.txt").write_bytes(b"\x01\x02\x03text")
    data = open_data(folder)
    assert len(data) == 80
    reasons = [bad.reason.partition(": ")[2] for bad in data.skipped]
    assert reasons[0] == "not a text (it contains null characters)"
    assert reasons[1] == "not a text (3 of 7 characters are control characters)"


def test_bytes_that_are_no_utf8_and_unreadable_files(tmp_path):
    folder = texts(tmp_path / "d", count=30)
    (folder / "neg" / "latin.txt").write_bytes("café".encode("latin-1"))
    (folder / "neg" / "gone.txt").symlink_to("/nowhere")
    data = open_data(folder)
    assert len(data) == 61
    assert data.skipped[0].path.endswith("gone.txt")
    with pytest.raises(DataError, match="1 of 62 files"):
        open_data(folder, max_bad_fraction=0)


def test_all_texts_together_fit_into_the_memory(tmp_path, monkeypatch):
    for name in ("neg", "pos"):
        (tmp_path / "reviews" / name).mkdir(parents=True)
        (tmp_path / "reviews" / name / "a.txt").write_bytes(b"x" * 300_000)
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "5MB")
    with pytest.raises(DataError, match=r"reviews: 600\.0 KB of data, which take about 7\.2 MB"):
        open_data(tmp_path / "reviews")


def test_a_file_of_null_characters_is_no_text(tmp_path):
    for name in ("neg", "pos"):
        (tmp_path / "reviews" / name).mkdir(parents=True)
        for number in range(20):
            (tmp_path / "reviews" / name / f"{number}.txt").write_text(f"text {number} of {name}")
    (tmp_path / "reviews" / "neg" / "x.txt").write_bytes(bytes(5000))
    data = open_data(tmp_path / "reviews")
    assert len(data) == 40
    assert "x.txt: not a text" in data.skipped[0].reason
