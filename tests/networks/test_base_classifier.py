import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks import build_network
from hibiscus.networks.backbone import Backbone
from hibiscus.networks.bases import BaseDescription

ARGUMENTS = {"name": "conv4", "input_shape": [1, 28, 28], "outputs": 5}
BASE = BaseDescription("run:r", "network", ARGUMENTS, (0.5,), (0.25,)).to_json()


def test_a_base_that_was_opened_is_a_network_of_any_method():
    network = build_network("run:r", (3, 40, 50), 7, base=BASE, dropout=0.3)
    assert network(torch.rand(2, 3, 40, 50)).shape == (2, 7)
    assert isinstance(network.base, Backbone)
    assert network.base.description.source == "run:r"
    assert network.head[2].p == 0.3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dropuot": 0.3}, "no option 'dropuot'"),
        ({"dropout": 2}, "dropout=2"),
        ({"base": {"source": "x"}}, "damaged"),
        ({"base": {**BASE, "arguments": {**ARGUMENTS, "name": "os:system"}}}, "code"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(ConfigError, match=message):
        build_network("run:r", (3, 40, 50), 7, **{"base": BASE, **options})
