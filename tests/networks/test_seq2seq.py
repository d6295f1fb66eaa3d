import pytest

from hibiscus.errors import ConfigError
from hibiscus.networks.recurrent_seq2seq import RecurrentSeq2Seq
from hibiscus.networks.seq2seq import build_seq2seq
from hibiscus.networks.transformer_seq2seq import TransformerSeq2Seq
from hibiscus.tokens import TokenShape

SHAPE = TokenShape(5, 9)


def test_networks_by_name():
    assert isinstance(build_seq2seq("transformer", SHAPE, SHAPE, width=8, heads=2), TransformerSeq2Seq)
    lstm = build_seq2seq("lstm", SHAPE, SHAPE, width=8)
    assert isinstance(lstm, RecurrentSeq2Seq)
    assert type(lstm.decoder[0]).__name__ == "LSTM"


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(ConfigError, match="transformer"):
        build_seq2seq("tranformer", SHAPE, SHAPE)


def test_one_embedding_for_two_vocabularies_is_refused():
    with pytest.raises(ConfigError, match=r"9 and 10 tokens"):
        build_seq2seq("gru", SHAPE, TokenShape(5, 10), joint=True)
