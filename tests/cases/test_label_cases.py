"""Images with their labels in a file, and columns of several labels: what is read, with which words."""

import json

import numpy as np
import pytest
from PIL import Image

from hibiscus import api
from hibiscus.data.open import open_data
from hibiscus.errors import DataError


def images(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for i, name in enumerate(names):
        (folder / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (16, 16), (10 * i, 200, 50)).save(folder / name)


def labels_of(data, field="label"):
    return dict(zip(data.ids, data.fields[field].tolist(), strict=True))


def test_imagefolder_csv(tmp_path):
    images(tmp_path, "1.png", "2.png", "3.png")
    (tmp_path / "metadata.csv").write_text("file_name,label\n1.png,cat\n2.png,dog\n3.png,cat\n")
    data = open_data(tmp_path)
    assert labels_of(data) == {"1.png": "cat", "2.png": "dog", "3.png": "cat"}
    assert data.parts == {}


def test_imagefolder_jsonl_in_parts(tmp_path):
    for part in ("train", "test"):
        images(tmp_path / part, "a.png", "b.png")
        rows = [{"file_name": "a.png", "label": 0}, {"file_name": "b.png", "label": 1}]
        (tmp_path / part / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)))
    data = open_data(tmp_path)
    assert labels_of(data) == {"train/a.png": "0", "train/b.png": "1", "test/a.png": "0", "test/b.png": "1"}
    assert {part: len(items) for part, items in data.parts.items()} == {"train": 2, "test": 2}


def test_one_file_for_all_parts(tmp_path):
    images(tmp_path, "train/a.png", "test/b.png")
    (tmp_path / "metadata.csv").write_text("file_name,label\ntrain/a.png,x\ntest/b.png,y\n")
    data = open_data(tmp_path)
    assert [data.ids[i] for i in data.parts["test"]] == ["test/b.png"]
    assert labels_of(data) == {"train/a.png": "x", "test/b.png": "y"}


def test_imagefolder_with_lists_of_labels(tmp_path):
    images(tmp_path, "1.png", "2.png", "3.png")
    rows = [["cat", "dog"], ["dog"], []]
    lines = [json.dumps({"file_name": f"{i}.png", "labels": row}) for i, row in enumerate(rows, 1)]
    (tmp_path / "metadata.jsonl").write_text("\n".join(lines))
    data = open_data(tmp_path)
    assert labels_of(data, "labels") == {"1.png": ("cat", "dog"), "2.png": ("dog",), "3.png": ()}
    assert any("multi_label=false" in note for note in data.notes)


def test_imagefolder_with_a_separator(tmp_path):
    images(tmp_path, *(f"{i}.png" for i in range(4)))
    rows = ["0.png,cat;dog", "1.png,cat", "2.png,dog", "3.png,"]
    (tmp_path / "metadata.csv").write_text("file_name,tags\n" + "\n".join(rows))
    data = open_data(tmp_path)
    assert labels_of(data, "labels") == {"0.png": ("cat", "dog"), "1.png": ("cat",), "2.png": ("dog",)}
    assert any("1 rows without a label were left out" in note for note in data.notes)
    whole = open_data(tmp_path, multi_label=False)
    assert set(whole.fields["label"]) == {"cat;dog", "cat", "dog"}


def test_roboflow_classes(tmp_path):
    """Spaces after the commas, as Roboflow writes them."""
    for part, rows in (("train", ["1, 0", "1, 1", "0, 0"]), ("valid", ["0, 1"])):
        images(tmp_path / part, *(f"{i}.jpg" for i in range(len(rows))))
        lines = [f"{i}.jpg, {row}" for i, row in enumerate(rows)]
        (tmp_path / part / "_classes.csv").write_text("filename, cat, dog\n" + "\n".join(lines))
    data = open_data(tmp_path)
    assert labels_of(data, "labels") == {
        "train/0.jpg": ("cat",),
        "train/1.jpg": ("cat", "dog"),
        "train/2.jpg": (),
        "valid/0.jpg": ("dog",),
    }
    assert sorted(data.parts) == ["train", "val"]


def test_roboflow_with_one_class_for_each_image(tmp_path):
    images(tmp_path, "a.jpg", "b.jpg")
    (tmp_path / "_classes.csv").write_text("filename,cat,dog\na.jpg,1,0\nb.jpg,0,1\n")
    data = open_data(tmp_path)
    assert labels_of(data) == {"a.jpg": "cat", "b.jpg": "dog"}
    assert any("multi_label=true" in note for note in data.notes)
    assert list(open_data(tmp_path, multi_label=True).fields) == ["image", "labels"]


def test_what_is_left_out_is_named(tmp_path):
    images(tmp_path, "1.png", "2.png", "9.png")
    rows = "1.png,cat,indoors\n2.png,dog,outdoors\n3.png,dog,outdoors\n"
    (tmp_path / "metadata.csv").write_text("file_name,label,place\n" + rows)
    with pytest.raises(DataError, match=r"3\.png"):
        open_data(tmp_path)
    data = open_data(tmp_path, max_bad_fraction=0.5)
    assert labels_of(data) == {"1.png": "cat", "2.png": "dog"}
    assert [bad.path.rsplit("/", 1)[-1] for bad in data.skipped] == ["3.png"]
    notes = " ".join(data.notes)
    assert "1 images without a label in these files were left out (first: 9.png)" in notes
    assert "columns that were not read: place" in notes
    other = open_data(tmp_path, target="place", max_bad_fraction=0.5)
    assert set(other.fields["label"]) == {"indoors", "outdoors"}


def test_captions_are_no_labels(tmp_path):
    images(tmp_path, "1.png", "2.png")
    (tmp_path / "metadata.csv").write_text("file_name,text\n1.png,a cat on a mat\n2.png,a dog\n")
    data = open_data(tmp_path)
    assert list(data.fields) == ["image"]
    assert any("target=COLUMN" in note for note in data.notes)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("metadata.csv", "name,label\n1.png,a\n", "a column file_name"),
        ("metadata.csv", "file_name,label\n../1.png,a\n2.png,b\n", "row 1 names"),
        ("_classes.csv", "filename,a,b\n1.png,1,0\n2.png,yes,1\n", "row 2, column a: 'yes'"),
        ("metadata.csv", "file_name,label\n1.png,\n2.png,\n", "no labeled images"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, text, message):
    images(tmp_path, "1.png", "2.png")
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=message):
        open_data(tmp_path)


def test_a_column_that_does_not_exist(tmp_path):
    images(tmp_path, "1.png", "2.png")
    (tmp_path / "metadata.csv").write_text("file_name,label\n1.png,a\n2.png,b\n")
    with pytest.raises(DataError, match="labell"):
        open_data(tmp_path, target="labell")


def test_arrays_of_zeros_and_ones(tmp_path):
    x = np.random.default_rng(0).normal(size=(4, 3))
    np.savez(tmp_path / "a.npz", x=x, y=[[1, 0], [1, 1], [0, 0], [0, 1]], classes=["p", "q"])
    data = open_data(tmp_path / "a.npz")
    assert data.fields["labels"].tolist() == [("p",), ("p", "q"), (), ("q",)]
    assert data.fields["target"].shape == (4, 2)
    np.savez(tmp_path / "b.npz", x=x, y=np.eye(2)[[0, 1, 1, 0]])
    assert open_data(tmp_path / "b.npz").fields["label"].tolist() == [0, 1, 1, 0]


def test_a_folder_of_several_labels_is_trained(tmp_path):
    """Red and blue squares; both, one or none of them."""
    folder, lines = tmp_path / "shapes", ["filename,red,blue"]
    folder.mkdir()
    for i in range(80):
        red, blue = i % 2, i // 2 % 2
        pixels = np.full((8, 8, 3), 90 + i % 7, np.uint8)
        pixels[:4, :, 0] += 140 * red
        pixels[4:, :, 2] += 140 * blue
        Image.fromarray(pixels).save(folder / f"{i}.png")
        lines.append(f"{i}.png,{red},{blue}")
    (folder / "_classes.csv").write_text("\n".join(lines))
    run = api.train("classify", folder, out=tmp_path / "run", quiet=True, net="mlp", epochs=8)
    assert run.evaluate()["test/map"] == 1
    predicted = run.predict([folder / "1.png", folder / "3.png", folder / "0.png"])["labels"]
    assert predicted == ["red", "blue;red", ""] or predicted == ["red", "red;blue", ""]


def columns(path, rows=60):
    rng = np.random.default_rng(0)
    lines = ["u,v,red,round,price"]
    for u, v in rng.normal(size=(rows, 2)):
        lines.append(f"{u:.3f},{v:.3f},{int(u > 0)},{int(v > 0)},{u + v:.2f}")
    path.write_text("\n".join(lines))
    return path


def test_several_target_columns_of_a_table(tmp_path):
    file = columns(tmp_path / "t.csv")
    data = open_data(file, target="red,round")
    names = [
        [name for name, one in zip(("red", "round"), row, strict=True) if one]
        for row in data.fields["target"]
    ]
    assert [list(labels) for labels in data.fields["labels"]] == names
    assert [name for name, role in data.roles.items() if role == "target"] == ["red", "round"]
    run = api.train(
        "classify", file, out=tmp_path / "run", quiet=True, target="red,round", net="mlp", epochs=2
    )
    assert run.preparation["labels"].names == ("red", "round")
    assert run.preparation["table"].feature_names == ["u", "v", "price"]
    assert run.evaluate(str(file))["test/map"] > 0.5
    regression = api.train("regress", file, out=tmp_path / "r", quiet=True, target="red,price", epochs=1)
    assert regression.preparation["target"].names == ("red", "price")
    assert regression.predict(file)["value"].shape == (60, 2)


def test_a_target_column_that_does_not_exist(tmp_path):
    with pytest.raises(DataError, match="red,rund"):
        open_data(columns(tmp_path / "t.csv"), target="red,rund")
