import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hibiscus.data.tables.features import MAX_CATEGORIES
from hibiscus.data.tables.preparation import TablePreparation
from hibiscus.data.tables.read import guess_roles, read_table
from hibiscus.errors import ConfigError, DataError

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
ROLES = {
    "age": "number",
    "sex": "category",
    "said": "text",
    "when": "time",
    "id": "identifier",
    "y": "target",
}


def people():
    return pd.DataFrame(
        {
            "age": [20.0, 40.0, np.nan, 60.0],
            "sex": ["f", "m", None, "f"],
            "said": ["The dull film", "a dull, DULL day", None, "good film"],
            "when": ["1970-01-01", "1970-01-03", "1970-01-05", "1970-01-07"],
            "id": [1, 2, 3, 4],
            "y": [0, 1, 0, 1],
        }
    )


def test_features():
    table = TablePreparation.fit(people(), ROLES)
    named = [
        "age",
        "age=missing",
        "sex=f",
        "sex=m",
        "sex=missing",
        "said:dull",
        "said:film",
        "said:day",
        "said:good",
        "when",
    ]
    assert table.feature_names == named
    assert table.shape == (10,)
    out = table.encode(people())
    assert out.dtype == np.float32
    step = 1 / np.sqrt(2 / 3)
    np.testing.assert_allclose(out[:, 0], [-step, 0, 0, step], rtol=1e-6)  # the missing age is the median
    assert out[:, 1].tolist() == [0, 0, 1, 0]
    assert out[:, 2:5].tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]]
    assert out[:, 5:9].tolist() == [[1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 1]]
    np.testing.assert_allclose(out[:, 9], np.array([-3, -1, 1, 3]) / np.sqrt(5), rtol=1e-6)


@pytest.mark.parametrize("scaling", ["standard", "robust", "range", "none"])
def test_scaling_and_json(scaling):
    frame = pd.DataFrame({"a": [2.0, 4.0, 10.0], "same": [5, 5, 5]})
    table = TablePreparation.fit(frame, {"a": "number", "same": "number"}, scaling)
    out = table.encode(frame)
    expected = {
        "range": [-1, -0.5, 1],
        "none": [2, 4, 10],
        "robust": [-0.5 / np.sqrt(1 + 1 / 36), 0, 1.5 / np.sqrt(1.25)],  # median 4, quartiles 3 and 7
        "standard": (frame["a"] - frame["a"].mean()) / frame["a"].std(ddof=0),
    }
    np.testing.assert_allclose(out[:, 0], expected[scaling], rtol=1e-6)
    assert out[:, 1].tolist() == ([5, 5, 5] if scaling == "none" else [0, 0, 0])
    again = TablePreparation.from_json(json.loads(json.dumps(table.to_json())))
    assert again == table
    np.testing.assert_array_equal(again.encode(frame), out)


def test_every_kind_of_column_round_trips():
    table = TablePreparation.fit(people(), ROLES, top_words=3)
    again = TablePreparation.from_json(json.loads(json.dumps(table.to_json())))
    np.testing.assert_array_equal(again.encode(people()), table.encode(people()))
    assert again.feature_names == table.feature_names
    assert sum(name.startswith("said:") for name in table.feature_names) == 3


def test_other_order_extra_columns_and_no_target():
    table = TablePreparation.fit(people(), ROLES)
    other = people()[["when", "said", "sex", "age"]].assign(new=1)
    np.testing.assert_array_equal(table.encode(other), table.encode(people()))
    assert table.encode(other.iloc[:0]).shape == (0, 10)


def test_one_wild_value_is_clipped():
    table = TablePreparation.fit(pd.DataFrame({"a": [0.0, 1.0]}), {"a": "number"})
    assert table.encode(pd.DataFrame({"a": [1e300, -1e300, np.inf, "1e999"]}))[:, 0].tolist() == [
        10,
        -10,
        0,
        0,
    ]


def test_unseen_and_rare_categories():
    few = TablePreparation.fit(pd.DataFrame({"c": ["a", "b"]}), {"c": "category"})
    assert few.encode(pd.DataFrame({"c": ["z", None, "b", 2]})).tolist() == [[0, 0], [0, 0], [0, 1], [0, 0]]
    names = [f"n{k}" for k in range(MAX_CATEGORIES + 5)] + ["n54"]
    many = TablePreparation.fit(pd.DataFrame({"c": names}), {"c": "category"})
    assert many.shape == (MAX_CATEGORIES + 1,)
    out = many.encode(pd.DataFrame({"c": ["n54", "n53", "new", None]}))
    assert out.sum(axis=1).tolist() == [1, 1, 1, 0]
    assert out[:, -1].tolist() == [0, 1, 1, 0]


def test_types_may_differ_at_prediction():
    frame = pd.DataFrame({"b": [True, False], "k": [1, 2], "n": pd.array([1, None], "Int64")})
    table = TablePreparation.fit(frame, {"b": "category", "k": "category", "n": "number"})
    later = pd.DataFrame({"b": ["True", "False"], "k": [1.0, 2.0], "n": ["1", "?"]})
    np.testing.assert_array_equal(table.encode(later), table.encode(frame))


def test_errors():
    table = TablePreparation.fit(people(), ROLES)
    with pytest.raises(DataError, match=r"(?s)no column 'age'.*did you mean ages\?"):
        table.encode(people().rename(columns={"age": "ages"}))
    with pytest.raises(DataError, match=r"(?s)row 2: column 'age' contains 'forty'.*a number"):
        table.encode(people().assign(age=["1", "forty", "2", "3"]))
    with pytest.raises(DataError, match="more than one column is named age"):
        table.encode(pd.concat([people(), people()[["age"]]], axis=1))
    with pytest.raises(DataError, match="has no rows"):
        TablePreparation.fit(people().iloc[:0], ROLES)
    with pytest.raises(DataError, match="no column to learn from"):
        TablePreparation.fit(people(), {"id": "identifier", "y": "target"})
    with pytest.raises(DataError, match="contain no words"):
        TablePreparation.fit(pd.DataFrame({"t": ["!!", "the"]}), {"t": "text"})
    with pytest.raises(ConfigError, match=r"(?s)unknown scaling=standart.*did you mean standard\?"):
        TablePreparation.fit(people(), ROLES, scaling="standart")
    with pytest.raises(ConfigError, match="unknown role 'numbr'"):
        TablePreparation.fit(people(), {"age": "numbr"})
    with pytest.raises(ConfigError, match="top_words=0"):
        TablePreparation.fit(people(), ROLES, top_words=0)


HOSTILE = st.one_of(
    st.none(),
    st.floats(),
    st.integers(),
    st.booleans(),
    st.text(max_size=6),
    st.just("2020-01-02"),
    st.just("?"),
    st.binary(max_size=3),
)


def test_robust_scaling_limits_outliers_smoothly_and_spreads_rare_values():
    frame = pd.DataFrame({"a": [*range(9), 1e9], "gain": [0.0] * 8 + [3000, 5000]})
    table = TablePreparation.fit(frame, {"a": "number", "gain": "number"}, "robust")
    out = table.encode(frame)
    assert 2.99 < out[9, 0] <= 3
    assert (np.diff(out[:, 0]) > 0).all()
    np.testing.assert_allclose(
        out[8:, 1], [0.75 / np.hypot(1, 0.25), 1.25 / np.hypot(1, 1.25 / 3)], rtol=1e-6
    )
    column = table.columns[0]
    np.testing.assert_allclose(column.decode(out[:9, 0]), frame["a"][:9], atol=1e-5)
    assert column.decode(np.array([3.0])) < 1e9


def test_the_layout_tells_numbers_from_flags_and_categories():
    table = TablePreparation.fit(people(), ROLES)
    assert table.layout[:3] == [("number", 1, ()), ("category", 1, ()), ("category", 3, ())]
    assert sum(width for _, width, _ in table.layout) == table.shape[0]


def test_bins_are_distinct_values_or_quantiles_of_both():
    few = pd.DataFrame({"a": [1.0, 1, 2, 5], "same": [3.0] * 4})
    roles = {"a": "number", "same": "number"}
    table = TablePreparation.fit(few, roles, "robust")
    np.testing.assert_allclose(table.columns[0].bins, np.unique(table.encode(few)[:, 0]))
    assert table.columns[1].bins == ()
    assert TablePreparation.fit(few, roles).columns[0].bins == ()
    gain = np.concatenate([np.zeros(9000), np.arange(1000) + 1.0])
    many = TablePreparation.fit(pd.DataFrame({"gain": gain}), {"gain": "number"}, "robust")
    limits = many.columns[0].decode(np.array(many.columns[0].bins))
    assert 64 <= len(limits) <= 129  # quantiles of all values would give 13
    np.testing.assert_allclose(limits[-1], 1000, rtol=1e-4)
    wide = pd.DataFrame(
        np.random.default_rng(0).normal(size=(100, 512)), columns=[f"c{i}" for i in range(512)]
    )
    narrow = TablePreparation.fit(wide, dict.fromkeys(wide, "number"), "robust")
    assert max(len(column.bins) for column in narrow.columns) <= 17


def test_damaged_bins_are_refused():
    table = TablePreparation.fit(pd.DataFrame({"a": [1.0, 2, 5]}), {"a": "number"}, "robust")
    for bins in ([1.0, 0.5, 2.0], [0.0] * 200, ["a"]):
        saved = table.to_json()
        saved["columns"][0]["bins"] = bins
        with pytest.raises(ValueError):
            TablePreparation.from_json(saved)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_hostile_frame_gives_not_a_number(data):
    rows = data.draw(st.integers(1, 12))
    column = st.one_of(
        st.lists(HOSTILE, min_size=rows, max_size=rows),
        st.lists(st.floats(), min_size=rows, max_size=rows),
        st.lists(st.sampled_from(["a", "b", None]), min_size=rows, max_size=rows),
    )
    columns = [data.draw(column) for _ in range(data.draw(st.integers(1, 3)))]
    frame = pd.DataFrame(
        {f"c{k}": pd.Series(values, dtype=object).infer_objects() for k, values in enumerate(columns)}
    )
    scaling = data.draw(st.sampled_from(["standard", "robust", "range", "none"]))
    try:
        table = TablePreparation.fit(frame, guess_roles(frame, []), scaling)
    except DataError:
        return
    shuffled = frame.sample(frac=1, random_state=0)
    for out in (table.encode(frame), table.encode(shuffled)):
        assert np.isfinite(out).all()
    assert out.shape == (rows, *table.shape)
    assert len(table.feature_names) == table.shape[0]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.floats(), st.text(max_size=3)), min_size=4, max_size=12),
    st.floats(),
    st.text(max_size=3),
)
def test_only_training_rows_teach(rows, number, word):
    frame = pd.DataFrame(rows, columns=["n", "c"])
    changed = frame.copy()
    changed.loc[3:, "n"], changed.loc[3:, "c"] = number, word
    roles = {"n": "number", "c": "category"}
    first, second = (TablePreparation.fit(each.iloc[:3], roles) for each in (frame, changed))
    assert first == second
    np.testing.assert_array_equal(first.encode(frame)[:3], second.encode(changed)[:3])


def test_fast_enough():
    rng, rows = np.random.default_rng(0), 50_000
    numbers = {f"n{k}": rng.normal(size=rows) for k in range(8)}
    words = np.array([f"category {k}" for k in range(40)])
    frame = pd.DataFrame({**numbers, **{f"c{k}": words[rng.integers(0, 40, rows)] for k in range(7)}})
    table = TablePreparation.fit(frame, guess_roles(frame, []))
    start = time.process_time()
    out = table.encode(frame)
    assert time.process_time() - start < 1
    assert out.shape == (rows, 8 + 7 * 40)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the shared data sets are not at {SHARED}")
def test_shared_tables_are_prepared():
    train, test = (read_table(SHARED / f"tabular/adult_{part}.csv.gz").frame for part in ("train", "test"))
    table = TablePreparation.fit(train, guess_roles(train, "income"))
    assert "occupation=missing" in table.feature_names
    assert "age=missing" not in table.feature_names
    features = table.encode(train)
    np.testing.assert_allclose(features[:, 0].mean(), 0, atol=1e-4)
    assert np.isfinite(table.encode(test.drop(columns="income"))).all()
    for name in (
        "california_housing",
        "boston_housing",
        "winequality_white",
        "iris",
        "pima_diabetes",
        "sonar",
    ):
        frame = read_table(SHARED / f"tabular/{name}.csv").frame
        table = TablePreparation.fit(frame, guess_roles(frame, frame.columns[-1]), "range")
        out = table.encode(frame)
        assert np.abs(out).max() <= 1.000001, name
    reviews = read_table(SHARED / "text/rt_polarity.csv").frame
    table = TablePreparation.fit(reviews, guess_roles(reviews, "label"))
    assert table.shape == (1000,)
    assert table.encode(reviews).sum() > 3 * len(reviews)


def test_a_preparation_of_an_older_version_infers_types_from_each_file():
    """Its categories are those of typed columns: 1 for 01, True for true."""
    frame = pd.DataFrame({"k": [1, 2, 1], "b": [True, False, True], "n": [1.5, 2.0, 3.0]})
    saved = TablePreparation.fit(frame, {"k": "category", "b": "category", "n": "number"}).to_json()
    for column in saved["columns"]:
        del column["reading"]
    old = TablePreparation.from_json(json.loads(json.dumps(saved)))
    text = pd.DataFrame({"k": ["01", "02", "1"], "b": ["true", "FALSE", "True"], "n": ["1.5", "2", "3"]})
    np.testing.assert_array_equal(old.encode(text.astype("str")), old.encode(frame))
    assert not old.has_readings
