import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks.recurrent_seq2seq import RecurrentSeq2Seq
from hibiscus.tokens import TokenShape

SHAPE = TokenShape(5, 9)
SOURCE, TARGET = torch.tensor([[4, 5, 6, 0], [7, 8, 4, 5]]), torch.tensor([[2, 5, 6], [2, 4, 7]])


def test_the_attentional_state_of_luong():
    torch.manual_seed(0)
    network = RecurrentSeq2Seq(SHAPE, SHAPE, "gru", width=8).eval()
    states, encoded = [], []
    for row, length in enumerate((3, 4)):  # by torch's own bidirectional layer and a loop over the steps
        layer = network.encoder[0]
        x = network.source_embedding(SOURCE[row : row + 1, :length])
        ahead, reverse = layer.ahead.core(x)[0], layer.reverse.core(x.flip(1))[0].flip(1)
        h = torch.cat([ahead, reverse], 2)[0]
        encoded.append(h)
        first = torch.cat([ahead[0, -1], reverse[0, 0]])
        d = torch.tanh(network.bridge[0](first))[None, None]
        for token in TARGET[row]:
            _, d = network.decoder[0](network.target_embedding(token)[None, None], d)
            a = torch.softmax(network.key(h) @ d[0, 0] / 8**0.5, 0)
            states.append(torch.tanh(network.combine(torch.cat([d[0, 0], a @ h]))))
    result, _ = network.decoder_states(TARGET, network.encode(SOURCE))
    torch.testing.assert_close(result.flatten(0, 1), torch.stack(states), rtol=1e-4, atol=1e-5)


def test_an_lstm_passes_on_its_cell():
    network = RecurrentSeq2Seq(SHAPE, SHAPE, "lstm", width=7, layers=2).eval()
    _, state = network.decoder_states(TARGET, network.encode(SOURCE))
    assert [tuple(value.shape) for layer in state for value in layer] == [(2, 1, 7)] * 4


def test_dropout_acts_in_training_only():
    network = RecurrentSeq2Seq(SHAPE, SHAPE, width=8, layers=2, dropout=0.5)
    assert not torch.equal(network(SOURCE, TARGET), network(SOURCE, TARGET))
    network.eval()
    assert torch.equal(network(SOURCE, TARGET), network(SOURCE, TARGET))


@pytest.mark.parametrize(("options", "message"), [({"cell": "rnn"}, "rnn"), ({"width": 1}, "width=1")])
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        RecurrentSeq2Seq(SHAPE, SHAPE, **options)
