from hibiscus.networks.input_shapes import describe, shapes_of
from hibiscus.tokens import END, PADDING, SPECIAL, START, UNKNOWN, TokenShape


def test_a_text_is_a_pair_with_names():
    shape = TokenShape(50, 1000)
    assert shape == (50, 1000)
    assert (shape.steps, shape.vocabulary) == (50, 1000)


def test_a_text_stays_a_text_among_shapes():
    (text,) = shapes_of(TokenShape(50, 1000))
    assert isinstance(text, TokenShape)
    assert describe(text) == "a text of up to 50 tokens"
    image, text = shapes_of(((3, 8, 8), TokenShape(5, 10)))
    assert isinstance(text, TokenShape)
    assert image == (3, 8, 8)


def test_padding_comes_first():
    assert (PADDING, UNKNOWN, START, END) == (0, 1, 2, 3)
    assert len(SPECIAL) == 4
