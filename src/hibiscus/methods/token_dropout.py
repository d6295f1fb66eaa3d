r"""Token dropout: during training, some tokens of each text are unknown to the network.

    $\tilde w_t$ = unknown with probability $p$, otherwise $w_t$

No single word can then decide alone, and the vector of the unknown token is trained, which would otherwise
keep its random values: in training, all words are known.

Reference: Iyyer, Manjunatha, Boyd-Graber, Daumé, the deep averaging network, ACL 2015 (word dropout).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field
from torch import Tensor

from hibiscus.data.batch import Batch
from hibiscus.tokens import PADDING, UNKNOWN

__all__ = ["NO_DROPOUT", "TokenDropout", "with_token_dropout"]

NO_DROPOUT = ("sentence",)  # networks that take features of whole texts, computed once

TokenDropout = Annotated[
    float | None,
    Field(
        ge=0,
        lt=1,
        description="texts: the fraction of the tokens that are unknown to the network in each step of the "
        "training; default: chosen for the network",
    ),
]
Loss = Callable[[Batch], tuple[Tensor, Any]]  # with the named terms


def with_token_dropout(loss: Loss, rate: float | None) -> Loss:
    """The loss of batches in which a fraction of the tokens of `text` is unknown; other batches stay.

    Args:
        loss: of a batch.
        rate: the fraction; none of them by default.
    """
    if not rate:
        return loss

    def dropped(batch: Batch) -> tuple[Tensor, Any]:
        if "text" not in batch:
            return loss(batch)
        unknown = (batch.uniform(batch.text.shape[1]) < rate) & (batch.text != PADDING)
        changed = Batch({**batch, "text": batch.text.masked_fill(unknown, UNKNOWN)})
        changed.shard = batch.shard
        return loss(changed)

    return dropped
