import math
import sys
from collections import Counter

import pytest

from hibiscus.errors import DataError, MissingExtraError
from hibiscus.metrics.translation_scores import bleu, bleu_signature, chrf, chrf_of_each

OUTPUTS = ["The cat sat on the mat .", "A dog runs across the green grass", "two men are talking to a child"]
REFERENCES = ["The cat sat on a mat.", "A dog is running across the green grass.", "Two men talk to a child"]


def bleu_by_hand(outputs, references):
    """Papineni et al., on texts whose tokens are separated by spaces."""
    logs = []
    for n in range(1, 5):
        matched = total = 0
        for output, reference in zip(outputs, references, strict=True):
            grams = [
                Counter(zip(*[text.split()[i:] for i in range(n)], strict=False))
                for text in (output, reference)
            ]
            matched += sum((grams[0] & grams[1]).values())
            total += sum(grams[0].values())
        logs.append(math.log(matched / total))
    lengths = [sum(len(text.split()) for text in texts) for texts in (outputs, references)]
    return 100 * min(1, math.exp(1 - lengths[1] / lengths[0])) * math.exp(sum(logs) / 4)


def test_bleu_by_hand():
    spaced = [text.replace(".", "").strip() for text in REFERENCES]  # words are separated by spaces only
    outputs = [text.replace(".", "").strip() for text in OUTPUTS]
    assert bleu(outputs, spaced) == pytest.approx(bleu_by_hand(outputs, spaced))
    lower = [text.lower() for text in outputs], [text.lower() for text in spaced]
    assert bleu(outputs, spaced, lower=True) == pytest.approx(bleu_by_hand(*lower))


def test_the_ends_of_the_scale():
    assert bleu(REFERENCES, REFERENCES) == pytest.approx(100)
    assert bleu(["x y z w"], ["a b c d"]) == 0
    assert bleu([], []) == chrf([], []) == 0


def test_a_period_is_a_token_of_its_own():
    assert bleu(["the cat sat on a mat ."], ["the cat sat on a mat."]) == pytest.approx(100)


def test_the_signature_states_case_and_tokenization():
    signature = bleu_signature()
    assert "case:mixed" in signature
    assert "tok:13a" in signature
    assert "nrefs:1" in signature
    assert "case:lc" in bleu_signature(lower=True)


def test_chrf_by_hand():
    # n-grams of "abcd" and "abce" up to 4 characters; longer ones exist in neither: 3/4, 2/3, 1/2 and 0
    f = (3 / 4 + 2 / 3 + 1 / 2 + 0) / 4
    assert chrf(["abcd"], ["abce"]) == pytest.approx(100 * f)
    each = chrf_of_each(OUTPUTS, REFERENCES)
    assert each == [pytest.approx(chrf([a], [b])) for a, b in zip(OUTPUTS, REFERENCES, strict=True)]
    assert each[0] > each[2]


def test_one_reference_per_translation():
    with pytest.raises(DataError, match="1 translations with 2 references"):
        bleu(["a"], ["a", "b"])


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(MissingExtraError, match="sacrebleu") as caught:
        bleu(["a"], ["a"])
    assert "hibiscus[text]" in caught.value.fix
