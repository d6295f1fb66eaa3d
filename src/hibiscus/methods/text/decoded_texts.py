"""Translations of encoded texts by a trained encoder-decoder, and their attention."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from hibiscus.data.batches import trimmed
from hibiscus.data.preparation import TextPreparation
from hibiscus.data.prepared import PreparedData, evenly_spaced
from hibiscus.data.raw_fields import raw_field
from hibiscus.evaluation.items import Matrix
from hibiscus.evaluation.machine_translation import attention_map
from hibiscus.networks.encoder_decoder import EncoderDecoder
from hibiscus.ops.beam_search import beam_search
from hibiscus.tokens import END, PADDING, SPECIAL, START, UNKNOWN

__all__ = ["attention_maps", "raw_part", "translate"]

TOGETHER = 128  # texts that are decoded at a time
MAPS, MAP_TOKENS = 3, 16  # attention maps in a report, and the tokens of their sources


def translate(
    network: EncoderDecoder, tokens: np.ndarray, beam_size: int = 1, length_penalty: float = 0.6
) -> list[list[int]]:
    """The token numbers of the translation of each text, at most twice as long as the text, plus ten.

    Texts of like length are decoded together.

    Args:
        network: in evaluation mode.
        tokens: source texts, `(items, steps)`, padded at the end.
        beam_size: see `beam_search`.
        length_penalty: see `beam_search`.
    """
    device = next(network.parameters()).device
    lengths = (tokens != PADDING).sum(1)
    results: list[list[int]] = [[] for _ in range(len(tokens))]
    for rows in np.array_split(np.argsort(lengths, kind="stable"), max(1, -(-len(tokens) // TOGETHER))):
        with torch.no_grad():
            memory = network.encode(trimmed(torch.from_numpy(tokens[rows])).to(device))
        found = beam_search(
            network.step,
            memory,
            (2 * lengths[rows] + 10).tolist(),
            start=START,
            end=END,
            beam_size=beam_size,
            length_penalty=length_penalty,
            forbidden=(PADDING, UNKNOWN, START),
            device=device,
        )
        for row, result in zip(rows.tolist(), found, strict=True):
            results[row] = result.tokens
    return results


def raw_part(data: PreparedData, field: str, part: str) -> list[str]:
    """The texts of a part as they were read."""
    owner = data.owner(part)
    column = getattr(owner.preparation[field], "column", None)
    return list(raw_field(owner.dataset, field, column)[owner.parts[part]])


def attention_maps(
    network: EncoderDecoder,
    tokens: np.ndarray,
    translations: list[list[int]],
    source: TextPreparation,
    target: TextPreparation,
) -> list[Matrix]:
    """The attention of a few translations, evenly spaced among those of short texts.

    Args:
        network: in evaluation mode.
        tokens: source texts, `(items, steps)`.
        translations: the token numbers of each.
        source: names the tokens of the sources.
        target: names the tokens of the translations.
    """
    lengths = (tokens != PADDING).sum(1)
    short = np.flatnonzero((lengths > 1) & (lengths <= MAP_TOKENS))
    device = next(network.parameters()).device
    maps: list[Any] = []
    for number, row in enumerate(short[evenly_spaced(len(short), MAPS)].tolist(), 1):
        inputs = torch.tensor([tokens[row, : lengths[row]].tolist()], device=device)
        outputs = torch.tensor([[START, *translations[row]]], device=device)
        with torch.no_grad():
            weights = network.attention(inputs, outputs)[0].float().cpu().numpy()
        names = [[prepared.name_of(n) for n in row] for prepared, row in (
            (source, inputs[0].tolist()), (target, translations[row]),
        )]  # fmt: skip
        maps.append(attention_map(names[0], [*names[1], SPECIAL[END]], weights, number))
    return [item for item in maps if item is not None]
