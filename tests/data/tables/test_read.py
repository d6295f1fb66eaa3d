import gzip
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hibiscus.data.tables import read as tables
from hibiscus.data.tables.read import ROLES, guess_roles, read_table, role_notes
from hibiscus.errors import DataError

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


def written(folder, content, name="t.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_plain_csv(tmp_path):
    table = read_table(written(tmp_path, "age,name\n3,ann\n4,bob\n"))
    assert table.notes == []
    assert table.frame["age"].tolist() == [3, 4]
    assert table.frame["name"].tolist() == ["ann", "bob"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends(tmp_path, separator, ends):
    lines = ["a,b,c", '1, x y ,"p,q;r|s\tt"', "2,?,w", "", "3,z,v"]
    rows = [lines[0].split(","), ["1", " x y ", '"p,q;r|s\tt"'], ["2", "?", "w"], [], ["3", "z", "v"]]
    table = read_table(written(tmp_path, ends.join(separator.join(row) for row in rows) + ends))
    assert table.frame["a"].tolist() == [1, 2, 3]
    assert table.frame["b"].isna().tolist() == [False, True, False]
    assert table.frame["b"][0] == "x y"
    assert table.frame["c"][0] == "p,q;r|s\tt"
    assert bool(table.notes) == (separator != ",")


def test_decimal_comma(tmp_path):
    assert read_table(written(tmp_path, "a;b\n1,5;x\n2,25;y\n")).frame["a"].tolist() == [1.5, 2.25]


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("\ufeffname,n\ncafé,1\n".encode(), None),
        ("name,n\ncafé,1\n".encode("cp1252"), "Windows-1252"),
        ("name,n\ncafé\x81,1\n".encode("latin-1"), "Latin-1"),
        ("name,n\ncafé,1\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_encodings(tmp_path, content, note):
    table = read_table(written(tmp_path, content))
    assert table.frame.columns[0] == "name"
    assert table.frame["name"][0].startswith("café")
    assert (note is None and not table.notes) or note in table.notes[0]


def test_missing_values_and_blanks(tmp_path):
    table = read_table(written(tmp_path, "n,s,f\n 1 , a ,None\n?,NA , 2\nNaN, ,3\n null,?,-\n"))
    np.testing.assert_array_equal(table.frame["n"], [1, np.nan, np.nan, np.nan])
    assert table.frame["s"].isna().tolist() == [False, True, True, True]
    np.testing.assert_array_equal(table.frame["f"], [np.nan, 2, 3, np.nan])


def test_booleans_keep_their_spelling(tmp_path):
    frame = read_table(written(tmp_path, "a,b\nTrue,1\n,2\nFalse,3\n")).frame
    assert frame["a"].tolist()[0] == "True"
    assert guess_roles(frame, "b")["a"] == "category"


def test_gz_and_renamed_gz(tmp_path):
    packed = gzip.compress(b"a,b\n1,2\n")
    assert len(read_table(written(tmp_path, packed, "t.csv.gz")).frame) == 1
    assert len(read_table(written(tmp_path, packed, "t.csv")).frame) == 1
    with pytest.raises(DataError, match=r"u\.gz cannot be read"):
        read_table(written(tmp_path, packed[:-6], "u.gz"))


def test_unpacked_size_is_limited(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "MAX_BYTES", 1000)
    with pytest.raises(DataError, match="has more than 1,000 bytes"):
        read_table(written(tmp_path, gzip.compress(b"a,b\n" * 10_000), "bomb.csv.gz"))


@pytest.mark.parametrize(
    ("name", "content", "size"),
    [
        ("t.csv", b"a,b\n" + b"0,0\n" * 100_000, "400.0 KB of data, which take about 19"),
        (
            "t.csv.gz",
            gzip.compress(b"a,b\n" + b"0,0\n" * 100_000, mtime=0),
            "400.0 KB of data, which take about",
        ),
        ("t.csv.gz", gzip.compress(b"a\n" + b"0" * 10**7, mtime=0), "10.0 MB of data, which take about 160"),
        ("t.jsonl", b"{}\n" * 100_000, "300.0 KB of data, which take about 44.8 MB"),
    ],
)
def test_the_memory_for_a_table_is_limited(tmp_path, monkeypatch, name, content, size):
    path = written(tmp_path, content, name)
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "5MB")
    with pytest.raises(DataError, match=re.escape(f"{path}: {size}")):
        read_table(path)


def test_ragged_lines_are_counted_and_named(tmp_path):
    path = written(tmp_path, "a,b,c\n1,2,3\n1,2\n1,2,3\n1,2,3,4\n")
    with pytest.raises(DataError) as caught:
        read_table(path)
    assert str(caught.value).startswith(f"{path}: line 3 has 2 fields, line 5 has 4 fields\n")
    assert "expected: 3 fields" in str(caught.value)
    with pytest.raises(DataError, match=r"\(and 3 more lines\)"):
        read_table(written(tmp_path, "a,b\n" + "1\n" * 8))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n\n  \n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"a,b,c\n", "has no rows below its header"),
        (b"a,b,a\n1,2,3\n", "more than one column is named a"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "is not text"),
        (bytes(range(1, 256)) * 20, "is not text"),
        (b"PK\x03\x04" + bytes(100), "is not text"),
        (b'a,b\n1,"2\n3,4\n', "line 3|EOF inside string"),
        (b"PAR1" + b"x" * 50, "cannot be read as Parquet"),
    ],
)
def test_hostile_files(tmp_path, content, message):
    path = written(tmp_path, content)
    with pytest.raises(DataError, match=message) as caught:
        read_table(path)
    assert str(path) in str(caught.value)


def test_absent_folder_and_wrong_name(tmp_path):
    written(tmp_path, "a\n1\n", "houses.csv")
    with pytest.raises(DataError, match=r"(?s)does not exist.*did you mean houses\.csv"):
        read_table(tmp_path / "house.csv")
    with pytest.raises(DataError, match="is a folder"):
        read_table(tmp_path)
    with pytest.raises(DataError, match="is not a Parquet file"):
        read_table(written(tmp_path, "a\n1\n", "t.parquet"))


def test_too_many_columns(tmp_path):
    with pytest.raises(DataError, match="has 30 columns"):
        read_table(
            written(tmp_path, ",".join(f"c{k}" for k in range(30)) + "\n" + ",".join("1" * 30) + "\n"),
            max_columns=29,
        )


@pytest.mark.parametrize(
    "content", ["1,2.5,3\n4,5,6\n", "5.1,3,setosa\n4,5,setosa\n3,2,virginica\n", "p,x\ne,x\np,y\n"]
)
def test_no_header(tmp_path, content):
    table = read_table(written(tmp_path, content))
    assert table.frame.columns[0] == "column_1"
    assert len(table.frame) == content.count("\n")
    assert "no header line" in table.notes[0]


def test_years_beside_a_name_are_a_header(tmp_path):
    assert list(read_table(written(tmp_path, "country,2019,2020\nPeru,1,2\n")).frame) == [
        "country",
        "2019",
        "2020",
    ]


def test_unnamed_columns(tmp_path):
    table = read_table(written(tmp_path, ",a,\n0,5,\n1,5,\n2,7,\n"))
    assert list(table.frame) == ["column_1", "a"]
    assert guess_roles(table.frame, "a")["column_1"] == "identifier"


def test_inches_in_tab_separated_text(tmp_path):
    frame = read_table(written(tmp_path, 'size\tn\n"5 inch\t1\n6\t2\n', "t.tsv")).frame
    assert frame["size"].tolist() == ['"5 inch', "6"]


def test_parquet(tmp_path):
    frame = pd.DataFrame(
        {"n": pd.array([1, None], "Int64"), "s": ["a", None], "t": pd.to_datetime(["2020-01-01"] * 2)}
    )
    frame["l"] = [[1], [2]]
    frame.to_parquet(tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet")
    assert list(table.frame) == ["n", "s", "t"]
    assert "column 'l' left out" in table.notes[0]


def test_roles():
    rows = 30
    frame = pd.DataFrame(
        {
            "id": range(rows),
            "name": [f"n{k}" for k in range(rows)],
            "rooms": [k % 3 for k in range(rows)],
            "sure": [k % 2 == 0 for k in range(rows)],
            "kind": [["a", "b", None][k % 3] for k in range(rows)],
            "same": "x",
            "when": [f"2020-01-{k + 1:02d}" for k in range(rows)],
            "said": [f"this is the sentence number {k}" for k in range(rows)],
            "numbers": pd.Series([str(k / 7) for k in range(rows)], dtype=object),
            "y": range(rows),
        }
    )
    roles = guess_roles(frame, "y")
    assert list(roles.values()) == [
        "identifier",
        "identifier",
        "number",
        "category",
        "category",
        "constant",
        "time",
        "text",
        "number",
        "target",
    ]
    assert len(role_notes(roles)) == 3
    assert guess_roles(frame, [])["y"] == "number"


def test_image_paths(tmp_path):
    (tmp_path / "a.png").touch()
    frame = pd.DataFrame({"file": ["a.png", "b.png"], "y": [0, 1]})
    assert guess_roles(frame, "y", tmp_path)["file"] == "path"


def test_the_target_is_asked_for():
    frame = pd.DataFrame({"price": [1], "income": [2]})
    with pytest.raises(DataError, match=r"(?s)no column to predict was given.*price, income.*target=income"):
        guess_roles(frame)
    with pytest.raises(DataError, match=r"(?s)no column is named 'incom'.*did you mean income"):
        guess_roles(frame, "incom")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | st.text('a1.,;|\t"\n\r ?-é', max_size=100).map(str.encode))
def test_any_bytes_are_a_table_or_a_data_error(tmp_path_factory, content):
    path = written(tmp_path_factory.getbasetemp(), content, "any.csv")
    try:
        frame = read_table(path).frame
    except DataError as error:
        told = (str(path) in error.received, bool(error.expected))
    else:
        told = (len(frame) > 0, set(guess_roles(frame, []).values()) <= set(ROLES))
    assert told == (True, True)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the shared data sets are not at {SHARED}")
@pytest.mark.parametrize(
    ("file", "shape", "missing"),
    [
        ("tabular/adult_train.csv.gz", (32_561, 15), 4_262),
        ("tabular/adult_test.csv.gz", (16_281, 15), 2_203),
        ("tabular/california_housing.csv", (20_640, 10), 207),
        ("tabular/boston_housing.csv", (506, 14), 0),
        ("tabular/winequality_red.csv", (1_599, 12), 0),
        ("tabular/winequality_white.csv", (4_898, 12), 0),
        ("tabular/iris.csv", (150, 5), 0),
        ("tabular/pima_diabetes.csv", (768, 9), 0),
        ("tabular/sonar.csv", (208, 61), 0),
        ("text/rt_polarity.csv", (10_662, 2), 0),
        ("text/reuters_r8_test.tsv.gz", (2_189, 2), 0),
    ],
)
def test_shared_tables(file, shape, missing):
    frame = read_table(SHARED / file).frame
    assert frame.shape == shape
    assert frame.isna().sum().sum() == missing
    assert not {"constant", "identifier"} & set(guess_roles(frame, frame.columns[-1]).values())


def test_a_table_of_lists_only(tmp_path):
    (tmp_path / "t.jsonl").write_text('{"a": {"b": 1}}\n{"a": {"b": 2}}\n')
    with pytest.raises(DataError, match=r"no column of single values .*'a' left out"):
        read_table(tmp_path / "t.jsonl")


def test_json_objects_with_keys_of_their_own_are_refused_before_the_table_is_made(tmp_path):
    file = tmp_path / "keys.jsonl"
    file.write_text("\n".join(f'{{"key{number}": 1}}' for number in range(20_000)))
    with pytest.raises(DataError, match=r"keys\.jsonl: 25\.6 GB of data"):
        read_table(file)
