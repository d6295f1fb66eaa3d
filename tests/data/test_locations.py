"""Where data lies: names, prefixes, and files that exist or not."""

import pytest

from hibiscus.data.builtin.open import open_bundled
from hibiscus.data.locations import BUNDLED, check_exists, existing
from hibiscus.errors import DataError


def test_bundled_names_prefixes_and_files_can_be_data(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    for path in ("digits", "gym:CartPole-v1", "hf:owner/name", str(tmp_path), f"{tmp_path}/t.csv", ""):
        check_exists(path)
    assert existing(str(tmp_path)) == tmp_path
    assert len(open_bundled("iris")) == int(BUNDLED["iris"].split()[0])


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("nowhere.csv", ["no such file or folder", "check the path"]),
        ("digist", ["bundled dataset", "did you mean digits"]),
        ("s3://bucket/x", ["unknown prefix"]),
        ("CartPole-v1", ["gym:CartPole-v1"]),
    ],
)
def test_what_is_not_there_is_refused(path, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError) as error:
        check_exists(path)
    assert all(word in str(error.value) for word in words), error.value


def test_a_neighbour_of_a_similar_name_is_proposed(tmp_path):
    (tmp_path / "iris.csv").write_text("a\n1\n")
    with pytest.raises(DataError, match=r"did you mean iris\.csv"):
        check_exists(f"{tmp_path}/irsi.csv")
