r"""Explanations of the prediction for a text: the attribution of a score to each token.

    integrated gradients:  attribution_t = e_t . mean over m of  dscore/de_t ((m - 1/2) / steps e)
    occlusion:             attribution_t = score(text) - score(text with token t unknown)

with `e_t` the vector of token t in the embedding of the network. The path of the integrated gradients begins
at vectors of zeros, as padding has, so that the attributions sum to the score of the text minus that of a
text of as many empty tokens. Where this is not so within the tolerance, more steps are computed.

Reference: Sundararajan, Taly, Yan, 2017, arXiv 1703.01365; occlusion: Li, Monroe, Jurafsky, "Understanding
Neural Networks through Representation Erasure", 2016, arXiv 1612.08220.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hibiscus.data.prepared import INPUTS, PreparedData
from hibiscus.errors import UsageError
from hibiscus.evaluation.attribution.integrated_gradients import integrated_gradients
from hibiscus.evaluation.attribution.scores import Explained, ItemScores
from hibiscus.evaluation.text_parts import texts_of
from hibiscus.networks.token_embedding import TokenEmbedding, token_embeddings
from hibiscus.tokens import PADDING, UNKNOWN

__all__ = ["TOKEN_KINDS", "TokenAttributions", "explain_texts", "possible_kinds"]

STEPS = (32, 128, 512)  # points of the path; more for texts whose attributions are not complete
TOLERANCE = 0.01  # of the completeness
TOGETHER = 64  # texts that the network reads at a time

TextScore = Callable[[Tensor, Sequence[int]], Tensor]  # of texts (copies, steps), each of one of the items


@dataclass(frozen=True)
class TokenAttributions:
    """The attributions of texts.

    Args:
        kind: `integrated-gradients` or `occlusion`.
        texts: as they were read.
        tokens: of each text, as far as the network reads it.
        names: the score of each text that is explained, such as the predicted class.
        amounts: of it that was predicted.
        values: float32 (tokens,) for each text.
        checks: numbers that show how far the attributions can be trusted.
    """

    kind: str
    texts: list[str]
    tokens: list[list[str]]
    names: list[str]
    amounts: list[float]
    values: list[np.ndarray]
    checks: dict[str, Any]


def possible_kinds(network: nn.Module) -> list[str]:
    """The kinds of attributions for a network of texts; without an embedding there are no gradients."""
    return [kind for kind in TOKEN_KINDS if kind == "occlusion" or token_embeddings(network)]


def explain_texts(
    explained: Explained, data: PreparedData, part: str, kinds: Sequence[str], index: int | None, items: Any
) -> list[TokenAttributions]:
    """The attributions of some texts of a part.

    Args:
        explained: the network and its scores.
        data: prepared texts.
        part: the name of the part.
        kinds: of `TOKEN_KINDS`.
        index: of the score; by default the one that is shown for each text.
        items: the positions of the texts within the part.

    Raises:
        UsageError: the network has no scores, no embedding, or other inputs than texts.
    """
    scores, network = explained.scores, explained.network
    names = [name for name in INPUTS if name in data.preparation.fields]
    if scores is None or names != ["text"]:
        received = "a text without predictions" if scores is None else f"inputs of {' and '.join(names)}"
        raise UsageError(received, "a run of classify or regress on texts", "hibiscus predict")
    numbers = torch.from_numpy(data.values("text", part)[items].astype(np.int64))
    lengths = (numbers != PADDING).sum(1).tolist()
    numbers = numbers[:, : max([*lengths, 1])].to(data.device)
    with torch.no_grad():
        chosen = ItemScores(scores, network(numbers), index)

    def score(texts: Tensor, copied: Sequence[int]) -> Tensor:
        return chosen.of(network(texts), copied)

    raw = list(texts_of(data, part)[items])
    tokens = [words[:n] for words, n in zip(data.preparation["text"].token_lists(raw), lengths, strict=True)]
    found = []
    for kind in kinds:
        if kind not in possible_kinds(network):
            fix = "--kind occlusion"
            raise UsageError(f"{kind} of a network without an embedding of tokens", "occlusion", fix)
        values, checks = TOKEN_KINDS[kind](score, network, numbers)
        each = [row[:length] for row, length in zip(values.float().cpu().numpy(), lengths, strict=True)]
        found.append(TokenAttributions(kind, raw, tokens, chosen.names, chosen.amounts, each, checks))
    return found


def _integrated(score: TextScore, network: nn.Module, numbers: Tensor) -> tuple[Tensor, dict[str, Any]]:
    """Integrated gradients (texts, steps), and how complete they are."""
    embeddings = token_embeddings(network)  # an ensemble has several, whose vectors are joined
    with torch.no_grad():
        vectors = torch.cat([embedding(numbers) for embedding in embeddings], 2)
    values, errors = torch.zeros(numbers.shape), torch.full((len(numbers),), torch.inf, dtype=torch.double)
    used = STEPS[0]
    for steps in STEPS:
        left = torch.nonzero(errors > TOLERANCE).flatten()
        for items in left.split(TOGETHER) if len(left) else ():

            def from_vectors(x: Tensor, items: Tensor = items) -> Tensor:
                with _returning(embeddings, x):
                    return score(numbers[items], items.tolist())

            with torch.backends.cudnn.flags(enabled=False):  # whose recurrent layers have no gradients here
                result = integrated_gradients(from_vectors, vectors[items], steps=steps, max_steps=steps)
            values[items], errors[items] = result.attributions.sum(2).cpu(), result.errors.cpu()
            used = steps
    checks = {"median_completeness_error": float(errors.median()), "steps": used}
    return values, checks | {"largest_completeness_error": float(errors.max())}


@contextmanager
def _returning(embeddings: Sequence[TokenEmbedding], vectors: Tensor) -> Iterator[None]:
    """The embeddings return these vectors, joined, while the context is entered, whatever their input."""
    parts = vectors.split([embedding.embedding_dim for embedding in embeddings], 2)
    with ExitStack() as hooks:
        for embedding, part in zip(embeddings, parts, strict=True):
            handle = embedding.register_forward_hook(lambda *_, part=part: part)
            hooks.callback(handle.remove)
        hooks.enter_context(torch.compiler.set_stance("force_eager"))  # compiled code may skip hooks
        yield


def _occluded(score: TextScore, network: nn.Module, numbers: Tensor) -> tuple[Tensor, dict[str, Any]]:
    """Differences of the score (texts, steps) when a token becomes unknown."""
    values = torch.zeros(numbers.shape)
    with torch.no_grad():
        for item, text in enumerate(numbers):
            text = text[: int((text != PADDING).sum())]
            if not len(text):
                continue
            original = score(text[None], [item])
            for places in torch.arange(len(text), device=text.device).split(TOGETHER):
                copies = text.repeat(len(places), 1)
                copies[torch.arange(len(places)), places] = UNKNOWN
                changed = score(copies, [item] * len(places))
                values[item, places.cpu()] = (original - changed).float().cpu()
    return values, {"replaced_by": "the unknown token"}


TOKEN_KINDS: dict[str, Callable[..., tuple[Tensor, dict[str, Any]]]] = {
    "integrated-gradients": _integrated,
    "occlusion": _occluded,
}
