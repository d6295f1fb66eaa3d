import pytest
import torch
from torch import nn

from hibiscus.networks.language_model import build_language_model
from hibiscus.networks.token_sampling import sample_tokens
from hibiscus.tokens import END


class Fixed(nn.Module):
    """The same logits after every token; the state counts the calls."""

    def __init__(self, logits):
        super().__init__()
        self.logits = torch.tensor(logits)

    def forward(self, tokens, state=None):
        return self.logits.expand(*tokens.shape, -1).clone(), (state or 0) + 1


@pytest.mark.parametrize("net", ["lstm", "transformer"])
def test_the_most_probable_text_is_that_without_a_cache(net):
    torch.manual_seed(0)
    network = build_language_model(net, 30, units=32).eval()
    network.head.bias.data[END] = -100
    tokens = torch.randint(4, 30, (2, 3))
    for _ in range(12):
        best = network(tokens)[0][:, -1, 4:].argmax(1) + 4
        tokens = torch.cat([tokens, best[:, None]], 1)
    assert torch.equal(sample_tokens(network, tokens[:, :3], 12, temperature=0), tokens[:, 3:])


def test_only_the_top_k_and_never_a_special_token():
    network = Fixed([9.0, 9, 9, -9, 1, 2, 3, 2.5])
    torch.manual_seed(0)
    prompt = torch.tensor([[4]])
    assert set(sample_tokens(network, prompt, 200, 1.0, top_k=2)[0].tolist()) == {6, 7}
    assert set(sample_tokens(network, prompt, 500, 1.0)[0].tolist()) == {4, 5, 6, 7}


def test_frequencies_follow_the_temperature():
    network = Fixed([0.0, 0, 0, -99, 0, 1])
    torch.manual_seed(0)
    for temperature in (0.5, 2.0):
        tokens = sample_tokens(network, torch.full((200, 1), 4), 50, temperature)
        expected = torch.sigmoid(torch.tensor(1 / temperature)).item()
        assert (tokens == 5).float().mean().item() == pytest.approx(expected, abs=0.02)


def test_a_text_stops_at_its_end():
    network = Fixed([0.0, 0, 0, 0, 0])
    torch.manual_seed(0)
    tokens = sample_tokens(network, torch.full((50, 1), 4), 30)
    for row in tokens.tolist():
        if END in row:
            assert not any(row[row.index(END) + 1 :])
    assert sample_tokens(Fixed([0.0, 0, 0, 9, -9]), torch.tensor([[4]]), 30, 0).tolist() == [[END]]
    assert sample_tokens(network, torch.tensor([[4]]), 0).shape == (1, 0)
