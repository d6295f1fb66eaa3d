import numpy as np
import pytest

from hibiscus.evaluation.items import Curve, Matrix, Table, report_item_from_json
from hibiscus.evaluation.machine_translation import attention_map, evaluate_translations
from hibiscus.metrics.translation_scores import bleu, chrf

TEXTS = [f"number {i} is the number that comes after number {i - 1}" + " indeed" * (i % 7) for i in range(60)]
REFERENCES = [text.replace("number", "Zahl").replace("after", "nach") for text in TEXTS]
LENGTHS = [len(text.split()) for text in TEXTS]
OUTPUTS = [text if i % 3 else text.replace("Zahl", "Nummer") for i, text in enumerate(REFERENCES)]


def test_scores_of_the_network_and_of_baselines():
    result = evaluate_translations(TEXTS, OUTPUTS, REFERENCES, {"copy": TEXTS}, LENGTHS, settings="beam of 4")
    assert result.metrics == {"bleu": bleu(OUTPUTS, REFERENCES), "chrf": chrf(OUTPUTS, REFERENCES)}
    assert result.baselines["copy"]["bleu"] == bleu(TEXTS, REFERENCES) < result.metrics["bleu"]
    quality, examples, worst, best, curve = result.report_items
    assert isinstance(quality, Table)
    assert [row[0] for row in quality.rows] == ["this network", "copy"]
    assert "beam of 4" in quality.note
    assert "case:mixed" in quality.note
    assert "tok:13a" in quality.note
    assert {row[0] for row in worst.rows} <= {TEXTS[i] for i in range(0, 60, 3)}
    assert {row[3] for row in best.rows} == {100.0}
    assert len(examples.rows) == 8
    assert isinstance(curve, Curve)
    assert [series.name for series in curve.series] == ["this network", "copy"]
    assert (np.diff(np.array(curve.series[0].x, float)) >= 0).all()
    for item in result.report_items:
        assert report_item_from_json(item.to_json()) == item


def test_the_curve_is_of_groups_of_similar_length():
    curve = evaluate_translations(TEXTS, OUTPUTS, REFERENCES, {}, LENGTHS).report_items[-1]
    order = np.argsort(LENGTHS, kind="stable")
    shortest = order[:20]
    expected = bleu([OUTPUTS[i] for i in shortest], [REFERENCES[i] for i in shortest])
    assert curve.series[0].y[0] == pytest.approx(expected)


def test_few_texts_have_no_curve():
    items = evaluate_translations(TEXTS[:30], OUTPUTS[:30], REFERENCES[:30], {}, LENGTHS[:30]).report_items
    assert not any(isinstance(item, Curve) for item in items)


def test_lower_case_is_stated():
    result = evaluate_translations(["A"], ["ein haus am see"], ["Ein Haus am See"], {}, [4], lower=True)
    assert result.metrics["bleu"] == pytest.approx(100)
    assert "case:lc" in result.report_items[0].note


def test_an_attention_map_has_tokens_as_labels():
    weights = np.array([[0.9, 0.1], [0.254, 0.746], [0.5, 0.5]])
    item = attention_map(["a", " dog"], ["ein", " H\ufffd", "<end>"], weights, 2)
    assert isinstance(item, Matrix)
    assert list(item.columns) == ["a", "␣dog"]
    assert list(item.rows) == ["ein", "␣H▯", "<end>"]
    assert [list(row) for row in item.values] == [[90, 10], [25, 75], [50, 50]]
    assert attention_map(["a"] * 41, ["b"], np.ones((1, 41)), 1) is None
    assert attention_map([], ["b"], np.ones((1, 0)), 1) is None
