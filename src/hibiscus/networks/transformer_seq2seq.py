r"""A small Transformer for translation, with the normalization before each part.

    encoder: $x \leftarrow x + \mathrm{attention}(x)$,    $x \leftarrow x + \mathrm{feedforward}(x)$
    decoder: the same on the tokens so far, and between the two
    $x \leftarrow x + \mathrm{attention}(x, z)$,    $z$ = output of the encoder

Keys and values of the source are computed once per text, and those of the target are kept from step to step,
so that each new token costs one step.

Reference: Vaswani et al., "Attention Is All You Need", 2017, arXiv 1706.03762; Xiong et al., "On Layer
    Normalization in the Transformer Architecture", 2020, arXiv 2002.04745.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

from hibiscus.networks.attention import Attention, attention_weights, causal_mask
from hibiscus.networks.encoder_decoder import EncoderDecoder, Memory
from hibiscus.networks.input_shapes import fraction, whole
from hibiscus.networks.sequence_pooling import token_lengths, valid_steps
from hibiscus.networks.transformer import Transformer, TransformerBlock, TransformerState
from hibiscus.tokens import TokenShape

__all__ = ["TransformerSeq2Seq"]


class TransformerSeq2Seq(EncoderDecoder):
    """A Transformer encoder and decoder with sinusoidal positions.

    Args:
        source: shape of the source texts.
        target: shape of the target texts.
        width: values per token.
        layers: blocks of the encoder, and of the decoder.
        heads: attention heads; they divide the width.
        feedforward: units of the feedforward part; 2 * width if None.
        dropout: dropout rate of token vectors, and of what each part adds.
        tied: whether the output layer has the weights of the target embedding.
        joint: whether source and target have one embedding.

    Differences from the paper: the norm comes first, and the feedforward part is half as wide, since small
        data sets do not need more.
    """

    def __init__(
        self,
        source: TokenShape,
        target: TokenShape,
        width: int = 256,
        layers: int = 3,
        heads: int = 4,
        feedforward: int | None = None,
        dropout: float = 0.2,
        tied: bool = True,
        joint: bool = False,
    ):
        rate = fraction("dropout", dropout)
        super().__init__(source, target, whole("width", width, 2), 0.0, tied, joint, width**-0.5)
        block = {"feedforward": 2 * width if feedforward is None else feedforward, "activation": "relu"}
        self.encoder = Transformer(width, layers, heads, dropout=rate, **block)
        self.decoder = Transformer(width, layers, heads, dropout=rate, cross=True, **block)

    def encode(self, source: Tensor) -> Memory:
        """The memory: keys and values of the encoded source for each block of the decoder."""
        mask = valid_steps(token_lengths(source), source.shape[1])
        encoded = self.encoder(self.source_embedding(source), mask)
        return Memory(mask, tuple(cross.keys_values(encoded) for cross in self._cross()))

    def decoder_states(self, target: Tensor, memory: Memory, state: Any = None) -> tuple[Tensor, Any]:
        """The normalized states of the last block, and the keys and values of all blocks."""
        first, pasts = (0, [None] * len(memory.layers)) if state is None else (state.steps, state.blocks)
        steps = target.shape[1]
        mask = causal_mask(steps, first + steps, device=target.device) if first and steps > 1 else None
        decoder, source_mask, blocks = self.decoder, memory.mask[:, None, None], []
        x = decoder.dropout(decoder.with_positions(self.target_embedding(target), first))
        for block, past, source in zip(decoder.blocks, pasts, memory.layers, strict=True):
            x, keys_values = block(x, mask, not first, past, first, source, source_mask)
            blocks.append(keys_values)
        return decoder.norm(x), TransformerState(first + steps, tuple(blocks))

    def attention(self, source: Tensor, target: Tensor) -> Tensor:
        """The attention weights to the source, averaged over blocks and heads."""
        queries: list[Any] = []
        hooks = [
            cross.query.register_forward_hook(lambda module, inputs, output: queries.append(output))
            for cross in self._cross()
        ]
        try:
            memory = self.encode(source)
            self.decoder_states(target, memory)
        finally:
            for hook in hooks:
                hook.remove()
        mask, weights = memory.mask[:, None, None], []
        for cross, query, (keys, _) in zip(self._cross(), queries, memory.layers, strict=True):
            heads = query.unflatten(-1, (cross.heads, -1)).transpose(1, 2)
            weights.append(attention_weights(heads, keys, mask).mean(1))
        return torch.stack(weights).mean(0)

    def _cross(self) -> list[Attention]:
        """The attention to the source of each block of the decoder."""
        return [cast(TransformerBlock, block).cross for block in self.decoder.blocks]  # type: ignore[misc]
