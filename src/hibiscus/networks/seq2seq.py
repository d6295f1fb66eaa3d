"""The encoder-decoder networks by their names."""

from __future__ import annotations

from typing import Any

from hibiscus.errors import ConfigError
from hibiscus.networks.encoder_decoder import EncoderDecoder
from hibiscus.networks.input_shapes import choice
from hibiscus.networks.recurrent_seq2seq import RecurrentSeq2Seq
from hibiscus.networks.transformer_seq2seq import TransformerSeq2Seq
from hibiscus.tokens import TokenShape

__all__ = ["NETWORKS", "build_seq2seq"]

NETWORKS = ("transformer", "gru", "lstm")


def build_seq2seq(
    net: str, source: TokenShape, target: TokenShape, joint: bool = False, **options: Any
) -> EncoderDecoder:
    """An encoder-decoder network.

    Args:
        net: `transformer`, `gru` or `lstm`.
        source: shape of the source texts.
        target: shape of the target texts.
        joint: whether source and target have one embedding.
        options: of the network: `width`, `layers`, `dropout`, `tied`; of a Transformer also `heads` and
            `feedforward`.

    Raises:
        ConfigError: an unknown name or option, or joint vocabularies of different sizes.
    """
    choice("net", net, NETWORKS)
    if joint and source.vocabulary != target.vocabulary:
        received = (
            f"vocabularies of {source.vocabulary:,} and {target.vocabulary:,} tokens with one embedding"
        )
        raise ConfigError(received, "one vocabulary for both", "joint=false")
    if net == "transformer":
        return TransformerSeq2Seq(source, target, joint=joint, **options)
    return RecurrentSeq2Seq(source, target, net, joint=joint, **options)
