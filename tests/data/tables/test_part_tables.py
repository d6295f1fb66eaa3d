"""Tables of parts in one folder."""

from __future__ import annotations

from hibiscus import api
from hibiscus.data.open import open_data
from hibiscus.data.tables.part_tables import find_part_tables


def test_tables_are_found_by_the_names_of_parts(tmp_path):
    names = ["Train.csv", "test.tsv", "training.csv", "val.txt", "train.py"]
    assert find_part_tables(tmp_path, names) == {
        "train": tmp_path / "Train.csv",
        "test": tmp_path / "test.tsv",
    }


def test_a_run_on_the_tables_of_parts_is_evaluated_on_the_tables_of_their_folder(tmp_path):
    for part, count in (("train", 60), ("val", 20), ("test", 30)):
        rows = "".join(f"{i % 7},{len(part) + i},{'uv'[i % 7 > 3]}\n" for i in range(count))
        (tmp_path / f"{part}.csv").write_text("a,b,y\n" + rows)
    data = open_data(tmp_path, target="y")
    assert (data.path, data.name) == (str(tmp_path), tmp_path.name)
    options = {"target": "y", "epochs": 1, "net": "linear", "quiet": True}
    run = api.train("classify", str(tmp_path), out=tmp_path / "run", **options)
    assert run.evaluate() == api.load(tmp_path / "run").evaluate()
    assert run.info["data"]["items"] == 110


def test_a_part_without_the_target_is_left_out_and_named(tmp_path):
    rows = "".join(f"{i},{i * i},{i % 2}\n" for i in range(20))
    (tmp_path / "train.csv").write_text("a,b,y\n" + rows)
    (tmp_path / "val.csv").write_text("a,b,y\n" + rows)
    (tmp_path / "test.csv").write_text("a,b\n" + "1,2\n3,4\n")
    data = open_data(tmp_path, target="y")
    assert {part: len(items) for part, items in data.parts.items()} == {"train": 20, "val": 20}
    assert any("test.csv has no column y" in note for note in data.notes)
