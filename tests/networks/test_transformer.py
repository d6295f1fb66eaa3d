import numpy as np
import pytest
import torch
from torch import nn

from hibiscus.errors import ConfigError
from hibiscus.networks.transformer import Transformer, TransformerBlock, sinusoids


@pytest.mark.parametrize("norm_first", [True, False])
def test_a_block_is_that_of_torch(norm_first):
    block = TransformerBlock(8, 2, 12, norm_first=norm_first).eval()
    peer = nn.TransformerEncoderLayer(
        8, 2, 12, activation="gelu", batch_first=True, norm_first=norm_first
    ).eval()
    attention = block.attention
    weights = {
        "self_attn.in_proj_weight": torch.cat([attention.query.weight, attention.key_value.weight]),
        "self_attn.in_proj_bias": torch.cat([attention.query.bias, attention.key_value.bias]),
        "self_attn.out_proj.weight": attention.output.weight,
        "self_attn.out_proj.bias": attention.output.bias,
        "linear1.weight": block.feedforward[0].weight,
        "linear1.bias": block.feedforward[0].bias,
        "linear2.weight": block.feedforward[2].weight,
        "linear2.bias": block.feedforward[2].bias,
        **{f"norm1.{name}": value for name, value in block.attention_norm.named_parameters()},
        **{f"norm2.{name}": value for name, value in block.feedforward_norm.named_parameters()},
    }
    peer.load_state_dict(weights)
    x = torch.randn(2, 5, 8)
    torch.testing.assert_close(block(x)[0], peer(x))


def test_a_block_attends_to_a_source():
    block = TransformerBlock(8, 2, cross=True)
    x, source = torch.randn(2, 3, 8), torch.randn(2, 4, 8)
    kept = block.cross.keys_values(source)
    out, _ = block(x, source=kept)
    assert out.shape == x.shape
    changed = source.clone()
    changed[:, 3] = torch.randn(8)
    mask = torch.tensor([[True, True, True, False]])
    masked, _ = block.eval()(x, source=kept, source_mask=mask)
    other, _ = block(x, source=block.cross.keys_values(changed), source_mask=mask)
    torch.testing.assert_close(masked, other)


@pytest.mark.parametrize("positions", ["sinusoidal", "learned", "rotary", "none"])
def test_cached_steps_equal_the_whole(positions):
    body = Transformer(16, 2, 4, positions, steps=12).eval()
    x = torch.randn(2, 9, 16)
    whole, _ = body.decode(x)
    state, parts = None, []
    for first, last in ((0, 4), (4, 5), (5, 9)):
        part, state = body.decode(x[:, first:last], state)
        parts.append(part)
    torch.testing.assert_close(torch.cat(parts, 1), whole)
    assert state.steps == 9


def test_no_step_looks_ahead():
    body = Transformer(16, 2, 4).eval()
    x = torch.randn(1, 6, 16)
    changed = x.clone()
    changed[:, 4:] = torch.randn(1, 2, 16)
    whole, other = body.decode(x)[0], body.decode(changed)[0]
    torch.testing.assert_close(whole[:, :4], other[:, :4])
    assert not torch.allclose(whole[:, 4], other[:, 4])


def test_a_window_limits_what_a_step_sees_and_what_is_kept():
    body = Transformer(16, 1, 4, "rotary").eval()
    x = torch.randn(1, 9, 16)
    changed = x.clone()
    changed[:, 0] = torch.randn(16)
    whole, state = body.decode(x, window=4)
    assert torch.allclose(whole[:, 4:], body.decode(changed, window=4)[0][:, 4:])
    assert not torch.allclose(whole[:, 3], body.decode(changed, window=4)[0][:, 3])
    assert state.blocks[0][0].shape[2] == 3
    state, parts = None, []
    for first, last in ((0, 3), (3, 4), (4, 9)):
        part, state = body.decode(x[:, first:last], state, window=4)
        parts.append(part)
    torch.testing.assert_close(torch.cat(parts, 1), whole)


def test_sinusoids_by_hand():
    table = sinusoids(4, 6).numpy()
    waves = 10_000 ** (-np.arange(3) * 2 / 6)
    assert table[3, :3] == pytest.approx(np.sin(3 * waves), abs=1e-6)
    assert table[3, 3:] == pytest.approx(np.cos(3 * waves), abs=1e-6)


def test_more_steps_than_learned_positions_are_refused():
    with pytest.raises(ConfigError, match="at most 3 steps"):
        Transformer(8, 1, 2, "learned", steps=3)(torch.randn(1, 4, 8))
