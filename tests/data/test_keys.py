"""Digests of items."""

import hashlib

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hibiscus.data.keys import digest, digests, frame_keys
from hibiscus.data.tables.columns import as_texts
from hibiscus.data.tables.missing import LOOSE_MISSING

CELLS = (
    None, "", " ", "a", " a ", "A", "true", "TRUE", "False", "1", "1.0", "1e0", "01", "-0", "1_0", "nan",
    "inf", "-INF", "infinity", "NA", "-", "x", "\u0663", "\u00e9", "1e400", "0.1", "0.10", "5 kg", "NAN",
    "\udce9",
)  # fmt: skip
NUMBERS = (0.0, -0.0, 1.0, 1e16, 0.1, np.nan, np.inf, 2.5)


def slow_keys(frame):
    """One row after the other."""

    def normalized(text):
        if text is None or text in LOOSE_MISSING:
            return ""
        if text.lower() in ("true", "false"):
            return text.lower()
        try:
            return repr(float(text))
        except ValueError:
            return text

    names = sorted(frame.columns)
    columns = [[normalized(text) for text in as_texts(frame[name])] for name in names]
    rows = ["\x1f".join(row).encode(errors="surrogateescape") for row in zip(*columns, strict=True)]
    return [int.from_bytes(hashlib.blake2b(row, digest_size=8).digest(), "little") for row in rows]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # also on a busy machine
@given(
    st.lists(st.tuples(st.sampled_from(CELLS), st.sampled_from(CELLS), st.sampled_from(NUMBERS)), max_size=9)
)
def test_keys_of_a_frame_are_the_digests_of_its_rows(rows):
    words, others, numbers = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    columns = {"b": pd.Series(words, dtype=object), "a": pd.Series(others, dtype=object)}
    if not any("\udce9" in (text or "") for text in others):
        columns["a"] = columns["a"].astype("str")
    frame = pd.DataFrame({**columns, "n": np.array(numbers, float)})
    assert frame_keys(frame).tolist() == slow_keys(frame)


def test_keys_of_many_rows(monkeypatch):
    monkeypatch.setattr("hibiscus.data.keys.ROWS", 3)
    frame = pd.DataFrame({"a": [f"{i % 5}.0" for i in range(20)], "b": [True, None] * 10})
    assert frame_keys(frame).tolist() == slow_keys(frame)
    assert frame_keys(frame).dtype == np.uint64


def test_a_known_digest():
    assert digest(b"abc") == digests([b"abc"])[0] == 0x5995D533D814BBD8
    assert digests([]).shape == (0,)
