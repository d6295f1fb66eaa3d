"""Attributions of tokens: completeness, occlusion by hand, and what is refused."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from hibiscus.data.dataset import Dataset
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.data.text.preparation import TextPreparation
from hibiscus.errors import UsageError
from hibiscus.evaluation.attribution.scores import ClassScores, Explained
from hibiscus.evaluation.attribution.token_attributions import explain_texts, possible_kinds
from hibiscus.networks.registry import build_network
from hibiscus.networks.token_ensemble import TokenEnsemble
from hibiscus.tokens import UNKNOWN

TEXTS = ["a good film", "a bad , bad film !", "nothing", "a long film that is good and bad and long again"]
BOTH = ["integrated-gradients", "occlusion"]


@pytest.fixture
def data():
    frame = pd.DataFrame({"text": TEXTS})
    dataset = Dataset(
        "d", "d", {"table": frame}, list("0123"), np.arange(4, dtype=np.uint64), roles={"text": "text"}
    )
    return PreparedData(
        dataset, Preparation({"text": TextPreparation.fit(TEXTS, column="text")}), {"inputs": np.arange(4)}
    )


def explained(data, name="conv1d", outputs=3, **options):
    torch.manual_seed(0)
    network = build_network(name, data.preparation["text"].shape, outputs, **options).eval()
    with torch.no_grad():
        for weights in network.head.parameters():  # so that the logits differ between texts
            weights *= 5
    return Explained(network, ClassScores([f"class {i}" for i in range(max(outputs, 2))]))


def test_an_ensemble_has_the_embeddings_of_all_members(data):
    what = explained(data)
    other = build_network("lstm", data.preparation["text"].shape, 3, embedding_dim=5).eval()
    both = Explained(TokenEnsemble([what.network, other], "values").eval(), what.scores)
    (found,) = explain_texts(both, data, "inputs", BOTH[:1], 1, np.arange(4))
    each = [
        explain_texts(Explained(network, what.scores), data, "inputs", BOTH[:1], 1, np.arange(4))[0]
        for network in (what.network, other)
    ]
    for values, first, second in zip(found.values, each[0].values, each[1].values, strict=True):
        np.testing.assert_allclose(values, (first + second) / 2, atol=0.01)


@pytest.mark.parametrize("name", ["conv1d", "conv1d-rnn", "lstm", "gru", "transformer", "embedding-bag"])
def test_integrated_gradients_sum_to_the_difference_of_the_logits(data, name):
    what = explained(data, name)
    (found,) = explain_texts(what, data, "inputs", BOTH[:1], 1, np.arange(4))
    assert found.tokens[1] == ["a", "bad", ",", "bad", "film", "!"]
    assert [len(values) for values in found.values] == [len(tokens) for tokens in found.tokens]
    embedding = what.network.embedding
    for text, values in zip(TEXTS, found.values, strict=True):
        numbers = torch.from_numpy(data.preparation["text"].encode([text])).long()[:, : len(values)]
        with torch.no_grad():
            logit = what.network(numbers)[0, 1]
            kept = embedding.weight.clone()
            embedding.weight.zero_()
            empty = what.network(numbers)[0, 1]
            embedding.weight.copy_(kept)
        assert values.sum() == pytest.approx(float(logit - empty), rel=0.01, abs=1e-4)
    assert found.checks["largest_completeness_error"] < 0.01


def test_one_logit_explains_the_class_that_is_predicted(data):
    what = explained(data, outputs=1)
    (found,) = explain_texts(what, data, "inputs", BOTH[:1], None, np.arange(4))
    (second,) = explain_texts(what, data, "inputs", BOTH[:1], 1, np.arange(4))
    for name, amount, values, others in zip(
        found.names, found.amounts, found.values, second.values, strict=True
    ):
        assert amount >= 0.5
        np.testing.assert_allclose(values, others if name == "class 1" else -others, atol=1e-4)


def test_occlusion_replaces_each_token_by_the_unknown_one(data):
    what = explained(data, "lstm")
    (found,) = explain_texts(what, data, "inputs", BOTH[1:], 2, np.array([1]))
    numbers = torch.from_numpy(data.preparation["text"].encode(TEXTS[1:2])).long()[:, :6]
    for place in range(6):
        changed = numbers.clone()
        changed[0, place] = UNKNOWN
        with torch.no_grad():
            expected = what.network(numbers)[0, 2] - what.network(changed)[0, 2]
        assert found.values[0][place] == pytest.approx(float(expected), abs=1e-5)


def test_an_empty_text_has_no_attributions(data):
    data.arrays["text"][2] = 0
    for one in explain_texts(explained(data), data, "inputs", BOTH, None, np.array([2])):
        assert one.values[0].tolist() == one.tokens[0] == []


def test_a_network_without_an_embedding_has_occlusion_only(data):
    class Count(nn.Module):
        def forward(self, tokens):
            return torch.stack([(tokens > 0).sum(1), (tokens == UNKNOWN).sum(1)], 1).float()

    what = Explained(Count(), ClassScores(["words", "unknown"]))
    assert possible_kinds(what.network) == ["occlusion"]
    (found,) = explain_texts(what, data, "inputs", ["occlusion"], 1, np.arange(2))
    assert found.values[0].tolist() == [-1, -1, -1]
    with pytest.raises(UsageError, match="embedding of tokens"):
        explain_texts(what, data, "inputs", BOTH, 1, np.arange(2))


def test_there_must_be_scores_and_texts(data):
    with pytest.raises(UsageError, match="without predictions"):
        explain_texts(Explained(nn.Identity()), data, "inputs", BOTH, None, np.arange(2))
