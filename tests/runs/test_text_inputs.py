"""Texts given directly to a run that learned texts."""

import pandas
import pytest

from hibiscus.data.preparation import ImagePreparation, Preparation, TablePreparation
from hibiscus.data.text.preparation import TextPreparation
from hibiscus.errors import DataError
from hibiscus.runs.inputs import open_inputs
from hibiscus.runs.text_inputs import text_inputs

FRAME = pandas.DataFrame({"review": ["a good film", "a bad film", "rather good", "very bad indeed"]})
TEXTS = Preparation({"table": TablePreparation.fit(FRAME, {"review": "text"})})


@pytest.mark.parametrize("given", ["what a film", "good", "it was 3/5, see a.b", "x" * 5000])
def test_a_text_is_a_row(given):
    found = open_inputs(given, TEXTS)
    assert found.fields["table"]["review"].tolist() == [given]
    assert open_inputs([given, "another one"], TEXTS).fields["table"]["review"].tolist()[1] == "another one"


def test_files_and_other_runs(tmp_path):
    file = tmp_path / "new.csv"
    FRAME.to_csv(file, index=False)
    assert text_inputs([str(file)], TEXTS) is None
    assert text_inputs(["missing.csv"], TEXTS) is None
    assert text_inputs([file], TEXTS) is None
    assert text_inputs(["a text"], Preparation({"image": ImagePreparation(8, 8, 1, (0.5,), (0.2,))})) is None
    with pytest.raises(DataError, match=r"is a file, and 'a text' is not"):
        text_inputs([str(file), "a text"], TEXTS)


def test_each_line_of_a_file_is_a_text_whatever_the_run_has_read(tmp_path):
    continuous = Preparation({"text": TextPreparation.fit(["a good film and a bad film"])})
    file = tmp_path / "new.txt"
    file.write_text("a good film\n\na bad, bad film\n")
    found = open_inputs(str(file), continuous)
    assert found.fields["table"]["text"].tolist() == ["a good film", "a bad, bad film"]
    assert found.ids == ["line 1", "line 3"]
