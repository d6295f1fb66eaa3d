from hibiscus.runs.amounts import amount_text


def test_amounts_as_text():
    assert amount_text("probability", 0.973) == "probability 97 %"
    assert amount_text("fraction of pixels", 0.12) == "12 % of the pixels"
    assert amount_text("value", 1234.5678) == "1235"
