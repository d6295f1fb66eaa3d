"""The `data.yaml` of a YOLO dataset; hostile ones are tested in test_yolo."""

from hibiscus.data.boxes.validate import BoxSetBuilder
from hibiscus.data.boxes.yolo_config import is_config, read_class_names, read_config


def test_names_and_parts(tmp_path):
    (tmp_path / "images" / "train").mkdir(parents=True)
    file = tmp_path / "data.yaml"
    file.write_text("train: images/train\nval: images/train\nnc: 2\nnames: {1: dog, 0: cat}\n")
    assert is_config(file)
    config = read_config(BoxSetBuilder(tmp_path, "yolo"), file, tmp_path)
    assert config.names == {0: "cat", 1: "dog"}
    assert config.parts == {part: [tmp_path / "images" / "train"] for part in ("train", "val")}


def test_other_files_are_no_configuration(tmp_path):
    (tmp_path / "a.yaml").write_text("name: x\n")
    (tmp_path / "b.txt").write_text("names: [a]\ntrain: images\n")
    assert not is_config(tmp_path / "a.yaml")
    assert not is_config(tmp_path / "b.txt")


def test_a_list_of_class_names(tmp_path):
    assert read_class_names([tmp_path]) is None
    (tmp_path / "classes.txt").write_text("cat\n\ndog\n")
    assert read_class_names([tmp_path]) == {0: "cat", 2: "dog"}
