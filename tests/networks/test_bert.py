import math

import pytest
import torch

from hibiscus.networks.bert import BertEncoder, SentenceEncoder, sentence_tensors

WIDTH, HIDDEN, HEADS = 8, 16, 2


@pytest.fixture
def published():
    """Random weights with the published names of BERT, of one layer."""
    generator = torch.Generator().manual_seed(0)
    sizes = {
        "embeddings.word_embeddings.weight": (11, WIDTH),
        "embeddings.position_embeddings.weight": (6, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "pooler.dense.weight": (WIDTH, WIDTH),
    }
    start = "encoder.layer.0."
    linear = {f"{start}attention.self.{name}": (WIDTH, WIDTH) for name in ("query", "key", "value")}
    linear |= {f"{start}attention.output.dense": (WIDTH, WIDTH)}
    linear |= {f"{start}intermediate.dense": (HIDDEN, WIDTH), f"{start}output.dense": (WIDTH, HIDDEN)}
    for name, (rows, columns) in linear.items():
        sizes |= {f"{name}.weight": (rows, columns), f"{name}.bias": (rows,)}
    for name in ("embeddings", f"{start}attention.output", f"{start}output"):
        sizes |= {f"{name}.LayerNorm.{kind}": (WIDTH,) for kind in ("weight", "bias")}
    return {name: torch.randn(size, generator=generator) for name, size in sizes.items()}


def encoder_of(published):
    network = SentenceEncoder(BertEncoder(11, WIDTH, 1, HEADS, HIDDEN, 6))
    network.load_state_dict(sentence_tensors(published, 1))
    return network.eval()


def by_hand(published, tokens):
    """The embedding of one text, with the formulas of the paper."""

    def norm(x, name):
        x = (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True, correction=0) + 1e-12).sqrt()
        return x * published[f"{name}.LayerNorm.weight"] + published[f"{name}.LayerNorm.bias"]

    def linear(x, name):
        return x @ published[f"encoder.layer.0.{name}.weight"].T + published[f"encoder.layer.0.{name}.bias"]

    kinds = ("word", "position", "token_type")
    word, position, of_type = (published[f"embeddings.{kind}_embeddings.weight"] for kind in kinds)
    x = norm(word[tokens] + position[: len(tokens)] + of_type[0], "embeddings")
    heads = []
    for head in range(HEADS):
        part = slice(head * WIDTH // HEADS, (head + 1) * WIDTH // HEADS)
        q, k, v = (linear(x, f"attention.self.{name}")[:, part] for name in ("query", "key", "value"))
        heads.append((q @ k.T / math.sqrt(WIDTH / HEADS)).softmax(-1) @ v)
    y = norm(x + linear(torch.cat(heads, 1), "attention.output.dense"), "encoder.layer.0.attention.output")
    inner = linear(y, "intermediate.dense")
    inner = inner * 0.5 * (1 + torch.erf(inner / math.sqrt(2)))
    mean = norm(y + linear(inner, "output.dense"), "encoder.layer.0.output").mean(0)
    return mean / mean.norm()


def test_the_formulas(published):
    tokens = [3, 7, 7, 1]
    computed = encoder_of(published)(torch.tensor([tokens]))[0]
    torch.testing.assert_close(computed, by_hand(published, tokens), rtol=1e-4, atol=1e-5)


def test_padding_changes_nothing(published):
    network = encoder_of(published)
    alone = network(torch.tensor([[3, 7]]))
    together = network(torch.tensor([[3, 7, 0, 0, 0], [4, 5, 6, 7, 8]]))
    torch.testing.assert_close(together[:1], alone, rtol=1e-5, atol=1e-6)


def test_the_means_of_layers(published):
    network = encoder_of(published)
    tokens = torch.tensor([[3, 7, 0], [4, 5, 6]])
    means = network.layer_means(tokens, 1)
    torch.testing.assert_close(means / means.norm(dim=1, keepdim=True), network(tokens))


def test_the_order_of_the_tokens_matters(published):
    network = encoder_of(published)
    one, other = network(torch.tensor([[3, 7], [7, 3]]))
    assert (one - other).abs().max() > 1e-3


def test_a_missing_tensor_is_named(published):
    del published["encoder.layer.0.attention.self.key.bias"]
    with pytest.raises(KeyError, match=r"attention\.self\.key\.bias"):
        sentence_tensors(published, 1)
