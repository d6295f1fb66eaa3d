import numpy as np
import pytest

from hibiscus.data.arrays.series_files import open_series, open_series_inputs
from hibiscus.data.open import open_data
from hibiscus.errors import DataError

RNG = np.random.default_rng(0)


def lines(items=6, steps=24, separator="\t", labels=(1, 2)):
    rows = RNG.normal(size=(items, steps)).round(3)
    return "".join(
        separator.join([str(labels[i % len(labels)]), *map(str, row)]) + "\n" for i, row in enumerate(rows)
    )


def write(folder, name, text):
    (folder / name).write_text(text)
    return folder / name


@pytest.mark.parametrize("name", ["Toy_TRAIN.tsv", "Toy_TRAIN.txt", "Toy_TEST.csv", "toy_train.tsv"])
def test_files_named_as_in_the_archive_are_series(tmp_path, name):
    dataset = open_data(write(tmp_path, name, lines(steps=4)))
    assert dataset.fields["array"].shape == (6, 4, 1)
    assert dataset.fields["label"].tolist() == [1, 2] * 3
    assert "label first, then 4 values" in dataset.notes[0]
    assert "series=false" in dataset.notes[0]


def test_the_values_of_a_tsv_decide_without_such_a_name(tmp_path):
    assert "array" in open_data(write(tmp_path, "a.tsv", lines(steps=20))).fields
    for name, text in {
        "few.tsv": lines(steps=19),
        "measured.tsv": lines(labels=(0.5, 1.5)),
        "distinct.tsv": lines(labels=range(6)),
        "named.tsv": lines(labels=("a", "b")),
        "comma.csv": lines(separator=","),
        "header.tsv": "label\t" + "\t".join(f"t{i}" for i in range(24)) + "\n" + lines(),
    }.items():
        assert "table" in open_data(write(tmp_path, name, text)).fields, name


def test_options_decide(tmp_path):
    file = write(tmp_path, "Toy_TRAIN.tsv", lines())
    assert "table" in open_data(file, series=False).fields
    assert "table" in open_data(file, target="column_1").fields
    assert "table" in open_data(file, header=False).fields
    comma = write(tmp_path, "a.csv", lines(steps=3, separator=",", labels=("a", "b")))
    dataset = open_data(comma, series=True)
    assert dataset.fields["array"].shape == (6, 3, 1)
    assert dataset.notes == []


def test_a_table_named_train_with_a_header_stays_a_table(tmp_path):
    write(tmp_path, "x_train.csv", "a,b,c\n1,2,3\n4,5,6\n")
    assert "table" in open_data(tmp_path / "x_train.csv").fields


def test_the_test_file_is_noted_or_read(tmp_path):
    train = write(tmp_path, "Toy_TRAIN.tsv", lines())
    test = write(tmp_path, "Toy_TEST.tsv", lines(4))
    assert f"test_data={test}" in open_data(train).notes[-1]
    both = open_data(train, test_data=test)
    assert {part: len(items) for part, items in both.parts.items()} == {"train": 6, "test": 4}
    assert not any("was not read" in note for note in both.notes)
    folder = open_data(tmp_path)
    assert folder.fingerprint == both.fingerprint
    assert folder.path == str(tmp_path)


def test_a_test_file_of_other_steps_is_refused(tmp_path):
    train = write(tmp_path, "Toy_TRAIN.tsv", lines(steps=4))
    test = write(tmp_path, "Toy_TEST.tsv", lines(steps=5))
    with pytest.raises(DataError, match="cannot be joined"):
        open_data(train, test_data=test)


def test_series_of_different_lengths_are_padded_to_the_longest_of_both_parts(tmp_path):
    train = write(tmp_path, "Toy_TRAIN.tsv", "1\t1\t2\tNaN\n2\t1\t2\t3\n")
    test = write(tmp_path, "Toy_TEST.tsv", "1\t1\t2\t3\t4\n")
    values = open_data(train, test_data=test).fields["array"]
    assert np.isnan(values[:, :, 0]).sum(1).tolist() == [2, 1, 0]


def test_a_folder_of_several_datasets_is_refused(tmp_path):
    for name in ("A_TRAIN.tsv", "A_TEST.tsv", "B_TRAIN.tsv"):
        write(tmp_path, name, lines())
    with pytest.raises(DataError, match=r"series of A, B(.|\n)*A_TRAIN.tsv with test_data="):
        open_data(tmp_path)


def test_ts_files_by_their_ending(tmp_path):
    head = "@problemName x\n@classLabel true a b\n@data\n"
    write(tmp_path, "Toy_TRAIN.ts", head + "1,2:3,4:a\n5,6:7,8:b\n")
    write(tmp_path, "Toy_TEST.ts", head + "1,2,3:3,4,5:a\n5,6:7,8:b\n")
    write(tmp_path, "Toy_TRAIN.txt", lines())  # the same in another format
    dataset = open_data(tmp_path)
    assert dataset.fields["array"].shape == (4, 3, 2)
    assert dataset.fields["label"].tolist() == list("abab")
    assert any("series of 2 to 3 steps" in note for note in dataset.notes)
    targets = write(tmp_path, "targets.ts", "@targetLabel true\n@data\n1,2:0.5\n")
    assert open_data(targets).fields["label"].tolist() == [0.5]


def test_inputs_have_labels_or_not(tmp_path):
    text = "1\t3\t4\n2\t5\t6\n"
    file = write(tmp_path, "new.tsv", text)
    with_labels = open_series_inputs(file, 2, classes=("1", "2"))
    assert with_labels.fields["array"].shape == (2, 2, 1)
    assert "a label, then 2 values" in with_labels.notes[-1]
    without = open_series_inputs(file, 3, classes=("1", "2"))
    assert without.fields["array"][0, :, 0].tolist() == [1, 3, 4]
    assert "label" not in without.fields
    assert open_series_inputs(file, 2).fields["label"].tolist() == [1, 2]
    with pytest.raises(DataError, match="3 values on each line, the first of them 2"):
        open_series_inputs(file, 2, classes=("1", "7"))
    assert "label" in open_series_inputs(file, 9, padded=True, classes=("1", "2")).fields
    assert "label" not in open_series_inputs(file, 9, padded=True, classes=("1", "7")).fields


def test_open_series_of_names(tmp_path):
    dataset = open_series(write(tmp_path, "Toy.txt", lines(labels=("up", "down"))), True)
    assert set(dataset.fields["label"]) == {"up", "down"}
    assert dataset.ids[0] == "1"
