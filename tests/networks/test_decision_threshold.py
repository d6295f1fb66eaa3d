import pytest
import torch

from hibiscus.networks.decision_threshold import DecisionThreshold


def test_the_threshold_is_saved_and_not_learned():
    threshold = DecisionThreshold()
    assert not list(threshold.parameters())
    assert threshold(torch.tensor([[0.49, 0.5]])).tolist() == [[False, True]]
    threshold.choose(0.2)
    other = DecisionThreshold()
    other.load_state_dict(threshold.state_dict())
    assert other.value.item() == pytest.approx(0.2)
    assert other(torch.tensor([0.1, 0.3])).tolist() == [False, True]
