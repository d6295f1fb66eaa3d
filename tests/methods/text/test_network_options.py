import pytest

from hibiscus.errors import ConfigError
from hibiscus.methods.text.network_options import check_network_options
from hibiscus.methods.text.seq2seq import Seq2Seq


@pytest.mark.parametrize(("name", "value"), [("attention_heads", 3), ("feedforward", 64)])
def test_options_of_another_network_are_refused(name, value):
    config = Seq2Seq.Config(net="gru", **{name: value})
    with pytest.raises(ConfigError, match=f"{name}={value} with net=gru") as caught:
        check_network_options(config, "transformer", (name,))
    assert caught.value.expected == "net=transformer"
    taken = Seq2Seq.Config(net="transformer", **{name: value})
    assert check_network_options(taken, "transformer", (name,)) is taken


def test_defaults_are_no_options_of_another_network():
    config = Seq2Seq.Config(net="lstm")
    assert check_network_options(config, "transformer", ("attention_heads", "feedforward")) is config
