import numpy as np
import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks.bag_of_tokens import BagOfTokens

TOKENS = torch.tensor([[2, 4, 4, 0], [0, 0, 0, 0]])


def test_the_weightings_by_hand():
    assert BagOfTokens(5)(TOKENS).tolist() == [[0, 0, 1, 0, 1], [0] * 5]
    assert BagOfTokens(5, "count")(TOKENS).tolist() == [[0, 0, 1, 0, 2], [0] * 5]
    bag = BagOfTokens(5, "tfidf")
    bag.set_idf([1, 1, 3, 1, 2])
    assert bag(TOKENS)[0].tolist() == pytest.approx([0, 0, 3 / 5, 0, 4 / 5])
    assert not bag(TOKENS)[1].any()
    assert torch.equal(bag.state_dict()["idf"], torch.tensor([1.0, 1, 3, 1, 2]))


def test_idf_that_does_not_fit_is_refused():
    with pytest.raises(ConfigError, match="idf of shape"):
        BagOfTokens(5, "tfidf").set_idf(np.ones(4))
    with pytest.raises(ConfigError, match="weighting=binary"):
        BagOfTokens(5).set_idf(np.ones(5))
