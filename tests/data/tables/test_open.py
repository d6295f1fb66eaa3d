import numpy as np
import pandas as pd
import pytest

from data import make_files as make
from hibiscus.data.open import open_data
from hibiscus.data.preparation import LabelPreparation, TablePreparation
from hibiscus.errors import DataError


def write(folder, name, frame):
    folder.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame(frame)
    frame.to_parquet(folder / name) if name.endswith("parquet") else frame.to_csv(folder / name, index=False)
    return folder / name


def people(count=30, start=0):
    rows = np.arange(start, start + count)
    return {
        "age": rows % 50 + 20,
        "job": np.array(["cook", "smith", "clerk"])[rows % 3],
        "rich": np.array(["no", "yes"])[rows % 2],
    }


@pytest.mark.parametrize("name", ["p.csv", "p.parquet"])
def test_a_table_with_its_target(tmp_path, name):
    data = open_data(write(tmp_path, name, people()), target="rich")
    assert data.roles == {"age": "number", "job": "category", "rich": "target"}
    assert data.fields["label"].tolist() == ["no", "yes"] * 15
    assert data.ids[0] == "row 1"
    assert TablePreparation.fit(data.fields["table"], data.roles).feature_names == [
        "age",
        "job=clerk",
        "job=cook",
        "job=smith",
    ]


def test_without_a_target_it_has_no_label(tmp_path):
    data = open_data(write(tmp_path, "p.csv", people()))
    assert set(data.fields) == {"table"}
    assert data.roles["rich"] == "category"


def test_a_label_does_not_move_its_row(tmp_path):
    first = open_data(write(tmp_path, "a.csv", people()), target="rich")
    changed = people()
    changed["rich"] = changed["rich"][::-1]
    second = open_data(write(tmp_path, "b.csv", changed), target="rich")
    assert np.array_equal(first.keys, second.keys)
    assert first.fingerprint != second.fingerprint


def test_a_row_keeps_its_key_when_others_come(tmp_path):
    frame = pd.DataFrame(people())
    more = pd.concat([frame, pd.DataFrame({"age": [None], "job": ["?"], "rich": ["no"]})])
    first, second = (
        open_data(write(tmp_path, name, f), target="rich") for name, f in (("a.csv", frame), ("b.csv", more))
    )
    assert np.array_equal(first.keys, second.keys[:30])


def test_rows_without_a_target_are_left_out_and_counted_as_in_the_file(tmp_path):
    frame = pd.DataFrame(people())
    frame.loc[[3, 7], "rich"] = None
    data = open_data(write(tmp_path, "p.csv", frame), target="rich")
    assert len(data) == 28
    assert "2 rows without rich were left out (first: row 4)" in data.notes
    assert data.ids[2:4] == ["row 3", "row 5"]
    assert data.fields["table"]["age"][3] == 24
    frame["rich"] = None
    with pytest.raises(DataError, match=r"p\.csv: no row has a value in rich"):
        open_data(write(tmp_path, "p.csv", frame), target="rich")


def test_numbers_and_words_as_classes(tmp_path):
    for labels, names in (
        ([0, 1] * 15, ("0", "1")),
        ([0.0, 1.0] * 15, ("0", "1")),
        ([True, False] * 15, ("False", "True")),
    ):
        data = open_data(write(tmp_path, "p.csv", {**people(), "rich": labels}), target="rich")
        assert LabelPreparation.fit(data.fields["label"]).names == names
        assert tuple(data.class_counts()) == names


def test_an_unknown_target_is_told_with_the_path(tmp_path):
    path = write(tmp_path, "p.csv", people())
    with pytest.raises(DataError, match=f"{path}: no column is named 'ritch'") as caught:
        open_data(path, target="ritch")
    assert "did you mean rich?" in str(caught.value)


@pytest.mark.parametrize("kind", ["folder", "test_data"])
def test_parts_as_tables(tmp_path, kind):
    train, test = pd.DataFrame(people()), pd.DataFrame(people(10, 40))[["rich", "age", "job"]]
    test["more"] = 1
    first, second = (
        write(tmp_path / "d", "train.csv", train),
        write(tmp_path / ("d" if kind == "folder" else "e"), "test.csv", test),
    )
    data = (
        open_data(tmp_path / "d", target="rich")
        if kind == "folder"
        else open_data(first, target="rich", test_data=second)
    )
    assert {part: len(items) for part, items in data.parts.items()} == {"train": 30, "test": 10}
    assert list(data.fields["table"].columns) == ["age", "job", "rich"]
    assert data.fields["table"]["age"].tolist() == [*train["age"], *test["age"]]
    assert data.fields["label"].tolist() == [*train["rich"], *test["rich"]]
    assert len(set(data.ids)) == 40
    write(second.parent, "test.csv", test.drop(columns="job"))
    with pytest.raises(DataError, match=f"{second}: no column named job"):
        open_data(tmp_path / "d", target="rich") if kind == "folder" else open_data(
            first, target="rich", test_data=second
        )


def test_a_small_test_part_is_read_as_the_training_part_was(tmp_path):
    write(tmp_path, "train.csv", people())
    write(tmp_path, "test.csv", {"age": [30], "job": ["cook"], "rich": ["no"]})
    data = open_data(tmp_path, target="rich")
    assert data.roles["age"] == "number"
    assert len(data.parts["test"]) == 1


def test_a_competitions_test_file_without_the_target_is_left_out(tmp_path):
    write(tmp_path, "train.csv", people())
    write(tmp_path, "test.csv", {key: values for key, values in people().items() if key != "rich"})
    data = open_data(tmp_path, target="rich")
    assert len(data) == 30
    assert data.parts == {}
    assert any("test.csv has no column rich and was left out" in note for note in data.notes)
    with pytest.raises(DataError, match="no column named rich"):
        open_data(tmp_path / "train.csv", target="rich", test_data=tmp_path / "test.csv")


def test_one_row_to_predict_still_is_a_table(tmp_path):
    data = open_data(write(tmp_path, "p.csv", {"age": [30], "job": ["cook"]}))
    assert list(data.fields["table"].columns) == ["age", "job"]


def image_table(folder, count=24, bad=()):
    rows = {"file": [f"pics/{i} é.png" for i in range(count)], "kind": ["ant", "bee"] * (count // 2)}
    for i in range(count):
        make.image(folder / "pics" / f"{i} é.png", i)
        if i in bad:
            (folder / "pics" / f"{i} é.png").write_bytes(b"")
    return rows


def test_a_column_of_image_paths(tmp_path):
    rows = image_table(tmp_path)
    data = open_data(write(tmp_path, "p.csv", rows), target="kind")
    assert set(data.fields) == {"image", "label"}
    assert data.fields["image"].shape == (24, 10, 12, 3)
    assert data.roles["file"] == "path"
    extra = open_data(write(tmp_path, "q.csv", {**rows, "weight": np.arange(24) % 5}), target="kind")
    assert set(extra.fields) == {"image", "table", "label"}
    assert open_data(write(tmp_path, "one.csv", {"file": rows["file"][:1]})).fields["image"].shape[0] == 1


def test_bad_images_take_their_rows_with_them(tmp_path):
    frame = pd.DataFrame({**image_table(tmp_path, bad=[0, 5]), "weight": np.arange(24) % 23})
    frame.loc[2, "kind"] = None  # a row without a target before a bad image
    frame.loc[9, "file"] = None
    frame.loc[11, "file"] = "pics/gone.png"
    data = open_data(write(tmp_path, "p.csv", frame), target="kind", max_bad_fraction=0.3)
    kept = [i for i in range(24) if i not in (0, 2, 5, 9, 11)]
    assert data.ids == [f"row {i + 1}" for i in kept]
    assert data.fields["table"]["weight"].tolist() == [i % 23 for i in kept]
    assert data.fields["label"].tolist() == [["ant", "bee"][i % 2] for i in kept]
    good = open_data(write(tmp_path, "good.csv", frame.iloc[kept]), target="kind")
    assert np.array_equal(data.fields["image"], good.fields["image"])
    assert np.array_equal(data.keys, good.keys)
    assert len(data.skipped) == 4
    assert any("(no path in row 10)" in bad.reason for bad in data.skipped)
    with pytest.raises(DataError, match="4 of 23 files cannot be used"):
        open_data(tmp_path / "p.csv", target="kind")


def test_parts_of_images_by_path_have_one_shape(tmp_path):
    rows = image_table(tmp_path)
    write(tmp_path, "train.csv", {name: values[:20] for name, values in rows.items()})
    make.image(tmp_path / "pics" / "large.png", size=(50, 50), mode="L")
    write(
        tmp_path,
        "test.csv",
        {"file": ["pics/large.png", *rows["file"][20:]], "kind": ["ant", *rows["kind"][20:]]},
    )
    data = open_data(tmp_path, target="kind")
    assert data.fields["image"].shape == (25, 10, 12, 3)
