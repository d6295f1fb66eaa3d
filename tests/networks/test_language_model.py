import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks.language_model import LANGUAGE_MODELS, build_language_model

OPTIONS = {"units": 32, "layers": 2, "window": 6}


@pytest.mark.parametrize("net", LANGUAGE_MODELS)
def test_a_text_in_pieces_has_the_logits_of_the_whole(net):
    network = build_language_model(net, 20, **OPTIONS).eval()
    tokens = torch.randint(1, 20, (2, 15))
    whole, _ = network(tokens)
    state, parts = None, []
    for first, last in ((0, 1), (1, 9), (9, 10), (10, 15)):
        logits, state = network(tokens[:, first:last], state)
        parts.append(logits)
    torch.testing.assert_close(torch.cat(parts, 1), whole)


@pytest.mark.parametrize("net", LANGUAGE_MODELS)
def test_no_token_is_predicted_from_itself(net):
    network = build_language_model(net, 20, **OPTIONS).eval()
    tokens = torch.randint(1, 20, (1, 8))
    changed = tokens.clone()
    changed[0, 5] = (tokens[0, 5] + 1) % 20
    whole, other = network(tokens)[0], network(changed)[0]
    torch.testing.assert_close(whole[:, :5], other[:, :5])
    assert not torch.allclose(whole[:, 5], other[:, 5])


@pytest.mark.parametrize("net", LANGUAGE_MODELS)
def test_a_batch_of_one_in_bfloat16(net):
    network = build_language_model(net, 20, **OPTIONS)
    with torch.autocast("cpu", torch.bfloat16):
        logits, state = network(torch.randint(1, 20, (1, 4)))
        logits, _ = network(torch.randint(1, 20, (1, 1)), state)
    logits.float().square().mean().backward()
    assert all(parameter.grad.isfinite().all() for parameter in network.parameters())


@pytest.mark.parametrize(
    ("net", "options", "words"),
    [
        ("lstn", {}, "did you mean lstm"),
        ("lstm", {"attention_heads": 2}, "attention_heads=2 with net=lstm"),
        ("transformer", {"embedding_dim": 8}, "embedding_dim=8 with net=transformer"),
        ("transformer", {"units": 30, "attention_heads": 4}, "a multiple of the heads"),
    ],
)
def test_refusals(net, options, words):
    with pytest.raises(ConfigError) as caught:
        build_language_model(net, 20, **options)
    assert words in str(caught.value)
