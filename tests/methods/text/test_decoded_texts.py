import numpy as np
import pytest
import torch

from hibiscus.data.text.preparation import TextPreparation
from hibiscus.methods.text.decoded_texts import attention_maps, translate
from hibiscus.networks.seq2seq import build_seq2seq
from hibiscus.tokens import END, PADDING, START, UNKNOWN, TokenShape

SHAPE = TokenShape(12, 30)


def network(end=0.0):
    torch.manual_seed(1)
    model = build_seq2seq("gru", SHAPE, SHAPE, width=16, dropout=0.5).eval()
    with torch.no_grad():
        model.target_embedding.weight *= 8  # so that the predictions differ from text to text
        model.output.bias[END] = end
    return model


@pytest.fixture
def tokens():
    lengths = np.random.default_rng(0).integers(0, 12, 300)
    numbers = np.random.default_rng(1).integers(4, 30, (300, 12))
    return (numbers * (np.arange(12) < lengths[:, None])).astype(np.int32)


def test_translations_are_in_the_order_of_the_texts(tokens):
    model = network()
    together = translate(model, tokens)
    for row in (0, 7, 150, 299):
        assert translate(model, tokens[row : row + 1]) == [together[row]]
    assert len({tuple(found) for found in together}) > 50


def test_translations_hold_no_special_tokens_and_are_limited_in_length(tokens):
    model = network(end=-50.0)
    lengths = (tokens != PADDING).sum(1)
    for found, length in zip(translate(model, tokens, 2), lengths, strict=True):
        assert not {PADDING, UNKNOWN, START, END} & set(found)
        assert len(found) == 2 * length + 10


def test_a_larger_length_penalty_makes_translations_longer(tokens):
    model = network(end=1.0)
    short, long = (sum(map(len, translate(model, tokens, 4, penalty))) for penalty in (0.0, 3.0))
    assert short < long


def test_no_texts():
    assert translate(network(), np.zeros((0, 5), np.int32)) == []


def test_attention_maps_name_the_tokens():
    words = TextPreparation.fit(["a b c d e f"], ends=False)
    encoded = words.encode(["a b c", "f e", "d"])
    found = [[4, 5], [6], [7]]
    maps = attention_maps(network(), encoded, found, words, words)
    assert [item.title for item in maps] == ["Attention, text 1", "Attention, text 2"]  # not of one token
    assert list(maps[0].columns) == [words.name_of(n) for n in encoded[0, :3]]
    assert list(maps[0].rows) == [words.name_of(4), words.name_of(5), "<end>"]
    assert all(np.sum(row) == pytest.approx(100, abs=2) for row in maps[0].values)
