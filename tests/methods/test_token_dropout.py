import torch

from hibiscus.data.batch import Batch
from hibiscus.methods.token_dropout import with_token_dropout
from hibiscus.tokens import PADDING, UNKNOWN


def seen_by(rate, batch):
    seen = []

    def loss(batch):
        seen.append(batch)
        return torch.zeros(()), {}

    with_token_dropout(loss, rate)(batch)
    return seen[0]


def test_a_fraction_of_the_tokens_is_unknown():
    torch.manual_seed(0)
    text = torch.randint(4, 50, (200, 50))
    text[:, 30:] = PADDING
    seen = seen_by(0.3, Batch({"text": text, "label": torch.zeros(200)}))
    changed = seen.text != text
    assert (seen.text[changed] == UNKNOWN).all()
    assert not changed[:, 30:].any()
    assert 0.27 < changed[:, :30].float().mean() < 0.33
    assert "label" in seen
    assert (text[:, :30] >= 4).all()  # the batch itself is unchanged


def test_nothing_changes_without_it():
    text = torch.randint(4, 50, (20, 5))
    for rate in (0.0, None):
        assert seen_by(rate, Batch({"text": text})).text is text
    batch = Batch({"table": torch.zeros(2, 3)})
    assert seen_by(0.5, batch) is batch
