from hibiscus.data.arrays.array_folder import open_array_folder
from hibiscus.data.tables.table_options import TableOptions


def test_a_folder_of_series_or_of_nothing(tmp_path):
    (tmp_path / "Toy_TRAIN.tsv").write_text("1\t0.5\t1\n2\t1\t0.5\n")
    (tmp_path / "README.md").write_text("about the data")
    names = ["Toy_TRAIN.tsv", "README.md"]
    assert len(open_array_folder(tmp_path, names, TableOptions())) == 2
    assert open_array_folder(tmp_path, names, TableOptions(series=False)) is None
    assert open_array_folder(tmp_path, names[1:], TableOptions()) is None
