"""Explanations of a run on texts, from the call to the page."""

import csv

import numpy as np
import pandas as pd
import pytest

import hibiscus
from hibiscus.errors import UsageError

RNG = np.random.default_rng(0)
GOOD, BAD = ["fine", "great", "warm"], ["dull", "poor", "flat"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    label = RNG.integers(0, 2, 120)
    texts = [f"the {RNG.choice(GOOD if y else BAD)} film of number {i}" for i, y in enumerate(label)]
    frame = pd.DataFrame({"text": texts, "label": np.array(["neg", "pos"])[label]})
    path = tmp_path_factory.mktemp("texts") / "reviews.csv"
    frame.to_csv(path, index=False)
    options = {"target": "label", "net": "conv1d", "epochs": 8, "batch_size": 16, "learning_rate": 5e-3}
    return hibiscus.train("classify", path, out=path.parent / "run", quiet=True, evaluate=False, **options)


def test_a_text_and_a_page_of_its_tokens(run, tmp_path):
    text = "the great film <script>alert(1)</script>"
    shown = run.visualize(text, out=tmp_path / "v")
    assert [one.kind for one in shown.tokens] == ["integrated-gradients", "occlusion"]
    for one in shown.tokens:
        assert one.tokens[0][:4] == ["the", "great", "film", "<"]
        assert one.names == run.predict(text)["label"] == ["pos"]
        assert one.values[0].argmax() == 1
    page = shown.files[0].read_text()
    assert "<script" not in page
    assert 'class="raises strong" style="--s: 1.00"' in page
    assert "&lt;" in page
    assert [path.name for path in shown.files[1:]] == ["integrated-gradients.csv", "occlusion.csv"]
    rows = list(csv.DictReader(shown.files[1].read_text(encoding="utf-8").splitlines()))
    assert [row["token"] for row in rows[:3]] == ["the", "great", "film"]
    assert rows[0].keys() == {"id", "explained", "probability", "position", "token", "attribution"}
    assert float(rows[1]["attribution"]) == pytest.approx(float(shown.tokens[0].values[0][1]), rel=1e-4)
    assert shown.tokens[0].checks["largest_completeness_error"] < 0.01


def test_the_other_class_and_the_limit(run):
    shown = run.visualize(["the great film"] * 5, ["occlusion"], class_name="neg", limit=3)
    (one,) = shown.tokens
    assert one.names == ["neg"] * 3
    assert all(values.argmin() == 1 for values in one.values)
    assert shown.notes == ["the first 3 of 5 texts"]


def test_what_texts_do_not_have(run):
    with pytest.raises(UsageError, match="grad-cam for a run on texts"):
        run.visualize("a text", ["grad-cam"])


def test_the_report_of_a_run_on_texts(run):
    run.evaluate()
    page = run.report().read_text()
    for title in ("Tokens that decided: correct predictions", "Accuracy by length", "Typical tokens of each"):
        assert title in page
    assert "NB-SVM" in page
    assert "k-NN" not in page
