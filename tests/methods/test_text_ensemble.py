import numpy as np
import pytest
from torch import nn

from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.label_sets import MultiLabelPreparation
from hibiscus.data.preparation import LabelPreparation, Preparation, TargetPreparation
from hibiscus.data.text.preparation import TextPreparation
from hibiscus.methods.text_ensemble import build_text_ensemble
from hibiscus.networks.token_ensemble import TokenEnsemble

TEXT = TextPreparation.fit(["a text", "another"])
LABEL = LabelPreparation(("no", "yes"))


def build():
    return nn.Linear(2, 1)


@pytest.mark.parametrize(
    ("fields", "outputs", "average"),
    [
        ({"label": LABEL}, 1, "probability"),
        ({"label": LabelPreparation(("a", "b", "c"))}, 3, "probabilities"),
        ({"labels": MultiLabelPreparation(("a", "b"))}, 2, "probability"),
        ({"target": TargetPreparation.fit(np.arange(4.0))}, 1, "values"),
    ],
)
def test_what_is_averaged(fields, outputs, average):
    network = build_text_ensemble(build, 3, Preparation({"text": TEXT, **fields}), outputs)
    assert isinstance(network, TokenEnsemble)
    assert len(network.members) == 3
    assert network.average == average


def test_one_network_stays_as_it_is():
    texts = Preparation({"text": TEXT, "label": LABEL})
    vectors = Preparation({"array": ArrayPreparation((2,), (0.0, 0.0), (1.0, 1.0)), "label": LABEL})
    for members, preparation in ((1, texts), (None, texts), (4, vectors)):
        assert isinstance(build_text_ensemble(build, members, preparation, 1), nn.Linear)
