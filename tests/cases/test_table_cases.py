"""Tables modelled on public bug reports, each the smallest that shows a wrong value, with the right one."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import hibiscus as hb
from hibiscus.errors import ConfigError, DataError
from hibiscus.runs.prepare import fit_preparation, prepare_parts


def table(folder, lines, name="t.csv", encoding="utf-8"):
    text = lines if isinstance(lines, str) else "\n".join(lines) + "\n"
    (folder / name).write_bytes(text.encode(encoding))
    return str(folder / name)


def column(name, values, y=True):
    """A table of one input with a label that alternates."""
    values = list(values)
    return [f"{name},y", *(f"{value},{'ab'[i % 2]}" for i, value in enumerate(values))]


def opened(folder, lines, name="t.csv", **options):
    options.setdefault("target", "y")
    return hb.open(table(folder, lines, name), **options)


def note_about(data, *words):
    notes = [note for note in data.notes if all(word in note for word in words)]
    assert notes, f"no note with {words}: {data.notes}"
    return notes[0]


def prepared(data, method="classify", **options):
    """The preparation and the features of all rows, as training would compute them."""
    from hibiscus.data.config import DataConfig
    from hibiscus.data.prepared import PreparedData
    from hibiscus.methods.registry import get_method

    config, kind = DataConfig(**options), get_method(method)
    parts = prepare_parts(data, config, kind)
    learned = fit_preparation(data, parts["train"], kind, config)
    return PreparedData(data, learned, parts)


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (['"$1,234.50"', "$5", '"$2,334.01"'], [1234.5, 5, 2334.01]),
        (["12.5%", "3%", "0.25%"], [12.5, 3, 0.25]),
        (['"2,334.01"', "12", "0.5"], [2334.01, 12, 0.5]),
        (["1'234", "5", "1'234'567"], [1234, 5, 1234567]),
        (["1 234", "5", "12 345.5"], [1234, 5, 12345.5]),
        (["1\u00a0234", "5", "1\u202f234"], [1234, 5, 1234]),
        (['"(1,234)"', "5", "(6)"], [-1234, 5, -6]),
        (["1e5", "2.5E-3", "7"], [1e5, 2.5e-3, 7]),
        (["1_000", "5", "2_000_000"], [1000, 5, 2_000_000]),
        (["\u22125", "3", "4"], [-5, 3, 4]),
        (["5-", "3", "4"], [-5, 3, 4]),
        (["12 kg", "13 kg", "14.5 kg"], [12, 13, 14.5]),
        (["1.2k", "900", "3M"], [1200, 900, 3_000_000]),
        (["€5", "€7.50", "€1"], [5, 7.5, 1]),
        (["5 EUR", "7.50 EUR", "1 EUR"], [5, 7.5, 1]),
        (["3rd", "1st", "12th"], [3, 1, 12]),
        (["20 °C", "21.5 °C", "-3 °C"], [20, 21.5, -3]),
        (['"12,34,567"', '"1,00,000"', "5"], [1234567, 100000, 5]),
    ],
)
def test_numbers_as_people_write_them(tmp_path, texts, numbers):
    data = opened(tmp_path, column("x", texts * 5))
    assert data.roles["x"] == "number"
    np.testing.assert_allclose(data.fields["table"]["x"], numbers * 5)
    if texts[0] not in ("1e5", "\u22125", "5-"):
        note_about(data, "'x'", "read")


@pytest.mark.parametrize(
    ("text", "number"), [('"$1,234.50"', 1234.5), ("12.5%", 12.5), ('"2,334.01"', 2334.01)]
)
def test_a_target_of_such_numbers_is_one(tmp_path, text, number):
    other = text.replace("2", "3")
    data = opened(tmp_path, ["x,y", *(f"{i / 7:.3f},{text if i % 2 else other}" for i in range(60))])
    targets = prepared(data, "regress").preparation["target"]
    values = targets.decode(targets.encode(data.fields["label"]))[:, 0]
    assert values[1] == pytest.approx(number)
    assert values[0] == pytest.approx(float(other.strip('"$%').replace(",", "")))


def test_decimal_commas_and_dots_of_dates_in_one_file(tmp_path):
    data = opened(tmp_path, ["t;d;p;y", *["1,5;31.12.2020;1.299,99;a", "2,25;01.02.2021;5;b"] * 8])
    frame = data.fields["table"]
    assert data.roles == {"t": "number", "d": "time", "p": "number", "y": "target"}
    assert frame["t"][:2].tolist() == [1.5, 2.25]
    assert frame["p"][:2].tolist() == [1299.99, 5]
    assert frame["d"][:2].tolist() == [pd.Timestamp(2020, 12, 31), pd.Timestamp(2021, 2, 1)]
    note_about(data, "'t'", "decimal comma")


def test_thousands_in_a_file_with_decimal_commas(tmp_path):
    data = opened(tmp_path, ["a;b;y", *["1,5;1.299;u", "2,25;2.499;v"] * 8])
    assert data.fields["table"]["b"][:2].tolist() == [1299, 2499]
    note_about(data, "'b'", "two ways", "decimal=point")
    data = opened(tmp_path, ["a;b;y", *["1,5;1.299;u", "2,25;2.499;v"] * 8], decimal="comma")
    assert data.fields["table"]["b"][:2].tolist() == [1299, 2499]


def test_doubtful_thousands_are_told(tmp_path):
    data = opened(tmp_path, column("x", ['"1,234"', '"2,345"', '"3,456"'] * 5))
    assert data.fields["table"]["x"][:3].tolist() == [1234, 2345, 3456]
    note_about(data, "'x'", "two ways", "decimal=comma")
    data = opened(tmp_path, column("x", ['"1,234"', '"2,345"', '"3,456"'] * 5), decimal="comma")
    assert data.fields["table"]["x"][:3].tolist() == [1.234, 2.345, 3.456]


def test_an_index_without_a_name_is_no_input(tmp_path):
    order = np.random.default_rng(0).permutation(40)
    data = opened(tmp_path, [",x,y", *(f"{n},{n % 5},{'ab'[i % 2]}" for i, n in enumerate(order))])
    assert data.roles == {"column_1": "identifier", "x": "number", "y": "target"}
    note_about(data, "column_1", "index", "role.column_1=number")


@pytest.mark.parametrize(
    ("texts", "day"),
    [
        (["05-Jan-2023", "06-Feb-2023"], "2023-01-05"),
        (['"Jan 5, 2023"', '"Feb 6, 2023"'], "2023-01-05"),
        (["20230105", "20230206"], "2023-01-05"),
        (["2023-01-05", "2023-02-06"], "2023-01-05"),
        (["2023/01/05", "2023/02/06"], "2023-01-05"),
        (["5. Januar 2023", "6. März 2023"], "2023-01-05"),
        (["31.12.20", "01.02.21"], "2020-12-31"),
        (["12/31/2020", "01/02/2021"], "2020-12-31"),
        (["31/12/2020", "01/02/2021"], "2020-12-31"),
        (['"Thu, 05 Jan 2023 10:00:00 GMT"', '"Fri, 06 Jan 2023 10:00:00 GMT"'], "2023-01-05 10:00"),
        (["2023-01-05T10:00:00+02:00", "2023-01-06T10:00:00Z"], "2023-01-05 08:00"),
        (["1/5/2023 10:30 PM", "1/16/2023 9:00 AM"], "2023-01-05 22:30"),
        (["12:30", "13:45"], "1970-01-01 12:30"),
    ],
)
def test_times(tmp_path, texts, day):
    data = opened(tmp_path, column("x", texts * 8))
    assert data.roles["x"] == "time"
    assert data.fields["table"]["x"][0] == pd.Timestamp(day)


def test_numbers_that_are_times_by_the_name_of_their_column(tmp_path):
    data = opened(
        tmp_path,
        ["timestamp,date,y", *[f"{1672912345 + i * 977},{44931 + i},{'ab'[i % 2]}" for i in range(20)]],
    )
    assert data.fields["table"]["timestamp"][0] == pd.Timestamp("2023-01-05 09:52:25")
    assert data.fields["table"]["date"][0] == pd.Timestamp("2023-01-05")
    note_about(data, "'timestamp'", "seconds since 1970", "role.timestamp=number")


def test_the_order_of_day_and_month_is_told_where_it_is_in_doubt(tmp_path):
    lines = column("x", ["01/02/2020", "03/04/2020", "05/06/2020"] * 5)
    data = opened(tmp_path, lines)
    assert data.fields["table"]["x"][0] == pd.Timestamp(2020, 1, 2)
    note_about(data, "'x'", "two ways", "day_first=true")
    assert opened(tmp_path, lines, day_first=True).fields["table"]["x"][0] == pd.Timestamp(2020, 2, 1)
    data = opened(tmp_path, column("x", ["01.02.2020", "03.04.2020", "05.06.2020"] * 5))
    assert data.fields["table"]["x"][0] == pd.Timestamp(2020, 2, 1)
    note_about(data, "'x'", "day_first=false")


def codes(path):
    return table(
        path,
        ["c,n,y", *(f"{('01,{0},a', '02,{0},b', 'A1,{0},c')[i % 3].format(i % 29)}" for i in range(120))],
    )


def test_codes_mean_the_same_in_every_file(tmp_path):
    first = codes(tmp_path)
    second = table(tmp_path, ["c,n,y", *["01,0,a", "02,0,b"] * 5], "u.csv")
    data = hb.open(first, target="y", test_data=second)
    table_of = prepared(data).preparation["table"]
    assert table_of.feature_names == ["c=01", "c=02", "c=A1", "n"]
    features = table_of.encode(data.fields["table"].iloc[data.parts["test"]])
    assert features[:2, :3].tolist() == [[1, 0, 0], [0, 1, 0]]


def test_flags_mean_the_same_in_every_file(tmp_path):
    first = table(
        tmp_path,
        ["f,n,y", *(f"{('true', 'false', 'unknown')[i % 3]},{i % 29},{'abc'[i % 3]}" for i in range(120))],
    )
    second = table(tmp_path, ["f,n,y", *["true,0,a"] * 5], "u.csv")
    data = hb.open(first, target="y", test_data=second)
    table_of = prepared(data).preparation["table"]
    assert table_of.feature_names == ["f=false", "f=true", "f=unknown", "n"]
    assert table_of.encode(data.fields["table"].iloc[data.parts["test"]])[0, :3].tolist() == [0, 1, 0]


@pytest.fixture(scope="module")
def code_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("codes")
    return hb.train(
        "classify",
        codes(folder),
        target="y",
        epochs=60,
        learning_rate=0.05,
        net="mlp",
        quiet=True,
        out=folder / "run",
    )


def test_predict_and_evaluate_read_codes_as_training_did(tmp_path, code_run):
    file = table(tmp_path, ["c,n", "01,0", "02,0", "01,1"], "new.csv")
    predicted = code_run.predict(file)
    assert predicted["label"] == ["a", "b", "a"]
    assert "notes" not in predicted
    labeled = table(tmp_path, ["c,n,y", "01,0,a", "02,0,b"], "other.csv")
    assert code_run.evaluate(labeled)["test/accuracy"] == 1.0


def test_unseen_categories_are_counted_and_told(tmp_path, code_run):
    predicted = code_run.predict(table(tmp_path, ["c,n", "01,0", "Z9,0", "Z9,1"], "new.csv"))
    assert any("2 of 3 rows" in note and "Z9" in note for note in predicted["notes"])
    second = table(tmp_path, ["c,n,y", "01,0,a", "Q,0,b"], "u.csv")
    data = hb.open(codes(tmp_path), target="y", test_data=second)
    prepared(data)
    note_about(data, "1 of", "Q")


def test_one_word_among_a_thousand_numbers(tmp_path):
    values = [str(i * 7 % 1009 / 10) for i in range(1000)]
    data = opened(tmp_path, column("x", [*values, "n.a.", *values[:10], "broken"]))
    assert data.roles["x"] == "number"
    assert int(data.fields["table"]["x"].isna().sum()) == 2
    note_about(data, "'n.a.' in x (1)")
    note_about(data, "'broken' (1)", "role.x=category")


@pytest.mark.parametrize("labels", [["1.1", "1.10", "1.2"], ["01", "1", "007"], ["1.2", "1.9", "1.10"]])
def test_classes_that_a_number_would_merge(tmp_path, labels):
    data = opened(tmp_path, ["x,y", *(f"{i / 7:.3f},{labels[i % 3]}" for i in range(60))])
    assert set(data.class_counts()) == set(labels)
    assert set(prepared(data).preparation["label"].names) == set(labels)


def test_postcodes_stay_text(tmp_path):
    data = opened(tmp_path, column("zip", ["01067", "80331", "10115"] * 6))
    assert data.roles["zip"] == "category"
    assert data.fields["table"]["zip"][0] == "01067"
    note_about(data, "'zip'", "role.zip=number")
    assert opened(tmp_path, column("plz", ["81067", "80331", "10115"] * 6)).roles["plz"] == "category"


def test_the_line_of_excel_that_names_the_separator(tmp_path):
    data = opened(tmp_path, ["sep=;", "x;y", *["1,5;a", "2;b"] * 6])
    assert data.fields["table"]["x"][:2].tolist() == [1.5, 2]
    assert len(data) == 12


def test_names_as_the_only_input(tmp_path):
    lines = column("name", [f"{first} {last}" for first in ("Ann", "Bob", "Cem") for last in "ABCDEFG"])
    data = opened(tmp_path, lines)
    assert data.roles["name"] == "text"
    assert prepared(data).preparation["text"].shape.vocabulary > 6  # the special tokens and the names
    assert opened(tmp_path, lines, role={"name": "category"}).roles["name"] == "category"


def test_roles_that_the_user_chooses(tmp_path):
    lines = [
        "a,b,c,d,e,y",
        *(f"{i % 4},{i % 3},{i % 5},{20230101 + i % 28},{i // 5},{'uv'[i % 2]}" for i in range(150)),
    ]
    role = {"a": "category", "b": "text", "c": "ignore", "d": "number", "e": "group"}
    data = opened(tmp_path, lines, role=role)
    assert data.roles == {**role, "y": "target"}
    assert set(prepared(data).preparation["table"].feature_names) >= {"a=0", "a=3", "d"}
    with pytest.raises(ConfigError, match=r"role\.b=numbr"):
        opened(tmp_path, lines, role={"b": "numbr"})
    with pytest.raises(ConfigError, match="no column is named 'bb'"):
        opened(tmp_path, lines, role={"bb": "number"})
    with pytest.raises(DataError, match=r"role\.y2=number: 'u' is none"):
        opened(tmp_path, ["y2,y", "u,a", "v,b"] * 1, role={"y2": "number"})


def images(folder, count=6, size=(8, 8)):
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        Image.new("RGB", size, (40 * i, 10, 10)).save(folder / f"p{i}.png")


@pytest.mark.parametrize(
    "form", ["p{}.png", "images\\p{}.png", "C:\\x\\p{}.png", "p{}", "/data/x/images/p{}.png"]
)
def test_images_by_name_below_the_folder_of_the_table(tmp_path, form):
    images(tmp_path / "images")
    data = opened(tmp_path, ["file,w,y", *(f"{form.format(i)},48,{i % 2}" for i in range(6))])
    assert set(data.fields) == {"image", "label"}
    assert data.fields["image"][:, 0, 0, 0].tolist() == [0, 40, 80, 120, 160, 200]
    assert data.roles == {"file": "path", "w": "constant", "y": "target"}
    if form == "p{}.png":
        note_about(data, "p0.png was found as images/p0.png")


def test_listed_images_that_are_not_there_are_told(tmp_path):
    data = opened(tmp_path, ["file,w,y", *(f"p{i}.png,{i},{i % 2}" for i in range(12))])
    note_about(data, "'file'", "names images, but none was found")
    images(tmp_path / "a")
    images(tmp_path / "b")
    with pytest.raises(DataError, match=r"2 images have this name, a/p0\.png and b/p0\.png"):
        opened(tmp_path, ["file,y", *(f"p{i}.png,{i % 2}" for i in range(6))])
    data = opened(tmp_path, ["file,y", *(f"b\\p{i}.png,{i % 2}" for i in range(6))])
    assert len(data.fields["image"]) == 6


def test_identifiers_do_not_hide_copies_from_the_split(tmp_path):
    rows = [f"{i % 100 / 7:.4f},{i % 100 * 3 % 11}" for i in range(1000)]
    data = opened(tmp_path, ["id,a,b,y", *(f"{i},{row},{'uv'[i % 2]}" for i, row in enumerate(rows))])
    assert len(np.unique(data.keys)) == 100
    parts = prepared(data).parts
    assert not np.isin(data.keys[parts["test"]], data.keys[parts["train"]]).any()


def test_numbers_that_are_names_of_things(tmp_path):
    lines = ["customer_id,x,y", *(f"{1000 + i % 5},{i % 7},{'ab'[i % 2]}" for i in range(40))]
    data = opened(tmp_path, lines)
    assert data.roles["customer_id"] == "category"
    note_about(data, "'customer_id'", "role.customer_id=number")


def test_a_table_without_inputs_says_why(tmp_path):
    data = opened(tmp_path, ["url,y", *(f"http://x.y/{i}.jpg,{i % 2}" for i in range(40))])
    with pytest.raises(DataError, match=r"(?s)no column to learn from.*names images.*role\.COLUMN"):
        prepared(data)


def test_a_number_that_stands_for_a_missing_value(tmp_path):
    lines = column("x", ["1.5", "2.5", "-999"] * 5)
    note_about(opened(tmp_path, lines), "-999 occurs 5 times", "missing=-999")
    assert int(opened(tmp_path, lines, missing="-999").fields["table"]["x"].isna().sum()) == 5


def test_values_of_a_test_part_that_are_none_of_its_type(tmp_path):
    first = table(tmp_path, column("x", ["1", "2.5"] * 20))
    with pytest.raises(DataError, match=r"u\.csv: row 1: column 'x' contains 'forty'"):
        hb.open(first, target="y", test_data=table(tmp_path, column("x", ["forty", "2"]), "u.csv"))
    second = table(tmp_path, column("x", [*map(str, range(40)), "forty"]), "u.csv")
    note_about(hb.open(first, target="y", test_data=second), "test: column 'x': read as missing: 'forty' (1)")


def test_names_that_differ_in_case_are_told(tmp_path):
    data = opened(tmp_path, ["x,y", *["1,True", "2,true", "3,False"] * 5])
    note_about(data, "'y'", "'True' and 'true'")


def test_markdown_and_brackets(tmp_path):
    data = opened(tmp_path, "| x | y |\n|---|---|\n| $(6.00) | a |\n| -$5 | b |\n| $4 | b |\n")
    assert data.fields["table"]["x"].tolist() == [-6, -5, 4]


def test_the_group_is_no_input(tmp_path):
    lines = ["patient,x,y", *(f"p{i // 4},{i / 7:.3f},{'ab'[i % 2]}" for i in range(200))]
    data = opened(tmp_path, lines, group="patient")
    assert data.roles["patient"] == "group"
    assert prepared(data, group="patient").preparation["table"].feature_names == ["x"]
    later = opened(tmp_path, lines)
    assert prepared(later, group="patient").preparation["table"].feature_names == ["x"]


def test_a_table_without_a_header(tmp_path):
    lines = [f"Ann {chr(65 + i)},{'ab'[i % 2]}" for i in range(20)]
    data = hb.open(table(tmp_path, lines))
    note_about(data, "the first line (Ann A, a)", "header=false")
    data = hb.open(table(tmp_path, lines), header=False, target="column_2")
    assert len(data) == 20
    data = hb.open(table(tmp_path, [f"Ann {chr(65 + i)},{i % 7}" for i in range(20)]))
    assert len(data) == 20
    note_about(data, "no header line")


def test_our_own_predictions_are_no_inputs(tmp_path):
    lines = ["id,cluster,probability,p(1),p(2),x", *(f"i{i},{i % 2},0.9,0.9,0.1,{i % 5}" for i in range(20))]
    data = opened(tmp_path, lines, target="cluster")
    used = [name for name, role in data.roles.items() if role in ("number", "category", "text", "time")]
    assert used == ["x"]
    note_about(data, "'probability'", "prediction", "columns=")
    data = opened(tmp_path, lines, target="cluster", columns="x,p(1)")
    assert [name for name, role in data.roles.items() if role in ("number", "constant")] == ["p(1)", "x"]


def test_columns_chooses_the_inputs(tmp_path):
    lines = ["a,b,c,y", *(f"{i % 4},{i % 3},{i % 5},{'uv'[i % 2]}" for i in range(20))]
    data = opened(tmp_path, lines, columns=["a", "c"])
    assert prepared(data).preparation["table"].feature_names == ["a", "c"]
    with pytest.raises(ConfigError, match="columns=z: no column is named 'z'"):
        opened(tmp_path, lines, columns="z")


def test_units_below_the_header(tmp_path):
    data = opened(tmp_path, ["length,mass,y", "cm,kg,", *["1.5,2,a", "2.5,3,b"] * 6])
    assert len(data) == 12
    assert data.fields["table"]["length"][:2].tolist() == [1.5, 2.5]
    assert data.ids[0] == "row 2"
    note_about(data, "cm, kg", "units")


def test_missing_value_words_that_are_classes(tmp_path):
    data = opened(tmp_path, ["country,y", *["DE,a", "FR,b", "US,a", "NA,b"] * 6])
    assert set(data.fields["table"]["country"]) == {"DE", "FR", "US", "NA"}
    data = opened(tmp_path, ["x,y", *["1,None", "2,mild", "3,severe"] * 8])
    assert set(data.class_counts()) == {"None", "mild", "severe"}
    lines = ["x,y", *["1,NA", "2,good", "3,poor"] * 8]
    data = opened(tmp_path, lines)
    assert len(data) == 16
    note_about(data, "8 rows without y")
    note_about(data, "'NA' in y (8)", "missing=")
    assert set(opened(tmp_path, lines, missing=["?"]).class_counts()) == {"NA", "good", "poor"}


def test_a_number_too_large_for_a_double_is_told(tmp_path):
    data = opened(tmp_path, column("v", ["1e400", *(f"{n}.5" for n in range(39))]))
    assert np.isnan(data.fields["table"]["v"].iloc[0])
    note_about(data, "'v' read as numbers", "as missing: '1e400' (1)")


def test_a_total_that_is_no_sum_of_the_rows_is_told(tmp_path):
    data = opened(tmp_path, ["region,sales,y", "n,1,a", "s,2,b", "w,3,a", "e,4,b", "Total,2999,a"])
    assert len(data) == 5
    note_about(data, "Total, 2999", "named like a total", "read as a row")


def test_the_header_repeated_by_concatenated_files_is_no_row(tmp_path):
    part = ["size,y", "1,a", "2,b", "3,a"]
    data = opened(tmp_path, part * 3)
    assert data.fields["table"]["size"].tolist() == [1, 2, 3] * 3
    assert set(data.class_counts()) == {"a", "b"}
    note_about(data, "2 rows that repeat the header")


def test_a_total_at_the_end_and_a_title_above(tmp_path):
    lines = ["Sales 2020", "", "region,sales,y", "n,1,a", "s,2,b", "w,3,a", "e,4,b", "Total,10,"]
    data = opened(tmp_path, lines)
    assert data.fields["table"]["sales"].tolist() == [1, 2, 3, 4]
    note_about(data, "1 line above the table left out: Sales 2020")
    note_about(data, "is a total")


def spreadsheet(path, frames):
    with pd.ExcelWriter(path) as writer:
        for name, frame in frames.items():
            frame.to_excel(writer, sheet_name=name, index=False)
    return str(path)


def test_spreadsheets(tmp_path):
    frame = pd.DataFrame(
        {
            "n": [1.5, 2, None] * 5,
            "code": ["01", "02", "A1"] * 5,
            "day": pd.to_datetime(["2020-12-31", "2021-01-05", "2021-02-01"] * 5),
            "flag": [True, False, True] * 5,
            "y": ["a", "b", "a"] * 5,
        }
    )
    file = spreadsheet(tmp_path / "t.xlsx", {"Data": frame, "Notes": pd.DataFrame({"t": ["x"]})})
    data = hb.open(file, target="y")
    assert data.roles == {"n": "number", "code": "category", "day": "time", "flag": "category", "y": "target"}
    assert data.fields["table"]["n"][:2].tolist() == [1.5, 2]
    assert data.fields["table"]["code"][0] == "01"
    assert data.fields["table"]["day"][0] == pd.Timestamp(2020, 12, 31)
    note_about(data, "sheet 'Data'", "Notes", "sheet=")
    assert list(hb.open(file, sheet="Notes").fields["table"]) == ["t"]
    with pytest.raises(DataError, match="no sheet 'Dat'"):
        hb.open(file, sheet="Dat", target="y")
    csv = tmp_path / "t.csv"
    frame.to_csv(csv, index=False)
    assert np.array_equal(hb.open(str(csv), target="y").keys, data.keys)


def test_json_lines(tmp_path):
    rows = [
        {"x": i % 5, "code": ["01", "02"][i % 2], "flag": i % 2 == 0, "y": "ab"[i % 2]} for i in range(12)
    ]
    rows[3] = {"code": "01", "y": "b", "flag": None}
    data = hb.open(table(tmp_path, [json.dumps(row) for row in rows], "t.jsonl"), target="y")
    assert data.roles == {"x": "number", "code": "category", "flag": "category", "y": "target"}
    assert data.fields["table"]["x"][:3].tolist() == [0, 1, 2]
    assert np.isnan(data.fields["table"]["x"][3])
    with pytest.raises(DataError, match="line 2"):
        hb.open(table(tmp_path, ['{"a": 1}', "{broken"], "u.jsonl"))


def test_texts_in_windows_1252(tmp_path):
    for label in ("fr", "de"):
        (tmp_path / "texts" / label).mkdir(parents=True)
        for i in range(3):
            (tmp_path / "texts" / label / f"{i}.txt").write_bytes(
                f"caf\xe9 gr\xfc\xdfe \x80 {i}".encode("latin-1")
            )
    data = hb.open(tmp_path / "texts")
    assert data.fields["table"]["text"][0] == "café grüße € 0"
    note_about(data, "Windows-1252")
