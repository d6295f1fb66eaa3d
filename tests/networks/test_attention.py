import numpy as np
import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks.attention import Attention, attention_weights, causal_mask, rotate


def test_attention_by_hand():
    layer = Attention(6, 2)
    x, source = torch.randn(1, 3, 6), torch.randn(1, 4, 6)
    mask = torch.tensor([[True, True, False, True]])
    query = layer.query(x)[0].detach().numpy()
    key, value = np.split(layer.key_value(source)[0].detach().numpy(), 2, axis=1)
    parts = []
    for head in (slice(0, 3), slice(3, 6)):
        scores = query[:, head] @ key[:, head].T / np.sqrt(3)
        weights = np.exp(scores) * mask.numpy()
        parts.append(weights / weights.sum(1, keepdims=True) @ value[:, head])
    expected = layer.output(torch.tensor(np.concatenate(parts, 1), dtype=torch.float32))
    torch.testing.assert_close(layer(x, source, mask)[0], expected)


def test_the_weights_are_those_of_attend():
    layer = Attention(6, 2)
    x = torch.randn(2, 5, 6)
    mask = causal_mask(5, 5)
    keys, values = layer.keys_values(x)
    weights = attention_weights(layer.queries(x), keys, mask)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 2, 5))
    mixed = layer.output((weights @ values).transpose(1, 2).flatten(2))
    torch.testing.assert_close(mixed, layer(x, mask=mask))
    torch.testing.assert_close(mixed, layer.attend(layer.queries(x), (keys, values), causal=True))


def test_bfloat16_on_a_cpu_is_the_same_but_for_rounding():
    layer = Attention(8, 2)
    x, mask = torch.randn(3, 5, 8), causal_mask(5, 5)
    low = layer.to(torch.bfloat16)
    parts = low.queries(x.bfloat16()), low.keys_values(x.bfloat16())
    causal, masked = low.attend(*parts, causal=True), low.attend(*parts, mask)
    assert torch.equal(causal, masked)
    expected = layer.float()(x, mask=mask)
    torch.testing.assert_close(masked.float(), expected, rtol=0.05, atol=0.05)


def test_causal_masks():
    assert causal_mask(2, 3).tolist() == [[True, True, False], [True, True, True]]
    assert causal_mask(2, 3, window=2).tolist() == [[True, True, False], [False, True, True]]


def test_rotary_products_depend_on_the_distance_only():
    x, y = torch.randn(1, 1, 1, 8), torch.randn(1, 1, 1, 8)
    products = [(rotate(x, first) * rotate(y, first + 3)).sum() for first in (0, 5, 40)]
    torch.testing.assert_close(products[0], products[1])
    torch.testing.assert_close(products[0], products[2])
    assert not torch.allclose(products[0], (rotate(x, 0) * rotate(y, 4)).sum())


def test_a_width_that_the_heads_do_not_divide_is_refused():
    with pytest.raises(ConfigError, match="width=6 with attention_heads=4") as caught:
        Attention(6, 4)
    assert caught.value.fix == "attention_heads=3"
