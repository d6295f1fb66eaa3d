import pytest

from hibiscus.data.label_files import find_label_files


def test_files_of_the_folder_and_of_its_parts(tmp_path):
    for part in ("train", "valid", "test"):
        (tmp_path / part).mkdir()
    (tmp_path / "train" / "_classes.csv").write_text("filename, a\n")
    (tmp_path / "valid" / "metadata.csv").write_text("file_name,label\n")
    (tmp_path / "metadata.jsonl").write_text("{}\n")
    found = {file.relative_to(tmp_path).as_posix(): part for file, part in find_label_files(tmp_path).items()}
    assert found == {"metadata.jsonl": "", "train/_classes.csv": "train", "valid/metadata.csv": "val"}


@pytest.mark.parametrize("name", ["classes.csv", "metadata.txt", "metadata.csv/"])
def test_other_files_are_none(tmp_path, name):
    if name.endswith("/"):
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).write_text("file_name,label\n")
    assert find_label_files(tmp_path) == {}
