import numpy as np

from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.preparation import LabelPreparation, Preparation
from hibiscus.runs.series_inputs import as_items, series_inputs

SERIES = Preparation(
    {"array": ArrayPreparation((3, 1), (0.0,), (1.0,)), "label": LabelPreparation(("1", "2"))}
)
VECTORS = Preparation({"array": ArrayPreparation((3,), (0.0,) * 3, (1.0,) * 3)})


def test_files_of_series_for_runs_on_series(tmp_path):
    file = tmp_path / "new.csv"
    file.write_text("1,2,3\n4,5,6\n")
    dataset = series_inputs(file, SERIES)
    assert dataset is not None
    assert dataset.fields["array"].shape == (2, 3, 1)
    assert series_inputs(file, VECTORS) is None
    assert series_inputs(tmp_path / "new.npz", SERIES) is None


def test_rows_are_series_of_one_variable():
    assert as_items(np.zeros((5, 3)), SERIES).shape == (5, 3, 1)
    assert as_items(np.zeros((3, 1)), SERIES).shape == (1, 3, 1)
    assert as_items(np.zeros((5, 4)), SERIES).shape == (5, 4)
    assert as_items(np.zeros(3), VECTORS).shape == (1, 3)
    assert as_items(np.zeros((5, 3)), Preparation({})).shape == (5, 3)
