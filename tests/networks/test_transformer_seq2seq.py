import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks.transformer_seq2seq import TransformerSeq2Seq
from hibiscus.tokens import TokenShape

SHAPE = TokenShape(5, 9)
SOURCE, TARGET = torch.tensor([[4, 5, 6, 0], [7, 8, 4, 5]]), torch.tensor([[2, 5, 6], [2, 4, 7]])


def test_attention_is_the_mean_over_blocks_and_heads_of_softmax_weights():
    torch.manual_seed(0)
    network = TransformerSeq2Seq(SHAPE, SHAPE, width=8, layers=1, heads=2).eval()
    block, memory = network.decoder.blocks[0], network.encode(SOURCE)
    x = network.decoder.with_positions(network.target_embedding(TARGET))
    inputs = block.attention_norm(x)
    queries, keys_values = block.attention.queries(inputs), block.attention.keys_values(inputs)
    x = x + block.attention.attend(queries, keys_values, causal=True)
    q, (k, _) = block.cross.queries(block.cross_norm(x)), memory.layers[0]
    for row, length in enumerate((3, 4)):
        expected = sum(torch.softmax(q[row, h] @ k[row, h, :length].T / 2, 1) for h in range(2)) / 2
        weights = network.attention(SOURCE, TARGET)[row, :, :length]
        torch.testing.assert_close(weights, expected, rtol=1e-4, atol=1e-5)
    assert not block.cross.query._forward_hooks


def test_longer_than_any_training_text():
    network = TransformerSeq2Seq(SHAPE, SHAPE, width=8, layers=1, heads=1).eval()
    long = torch.randint(4, 9, (1, 700))
    assert network(long, long).isfinite().all()


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(ConfigError, match="3"):
        TransformerSeq2Seq(SHAPE, SHAPE, width=8, heads=3)
