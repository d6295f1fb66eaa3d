r"""The loss of skip-gram with negative sampling.

    L = \frac{1}{N} \sum_{(w, c)} \Big[ -\log \sigma(v_w \cdot u_c)
        - \frac{1}{S} \sum_{s=1}^{S} k \log \sigma(-v_w \cdot u_{n_s}) \Big]

over the N pairs of a center w and a context c, with S noise words for each center, which all its contexts
share, weighted as k noise words for each pair.

Reference: Mikolov et al., 2013, arXiv 1310.4546, equation 4; shared noise words: Ji et al., "Parallelizing
    word2vec in shared and distributed memory", 2016, arXiv 1604.04661.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import softplus

__all__ = ["negative_sampling_loss"]


def negative_sampling_loss(positive: Tensor, mask: Tensor, negative: Tensor, negatives: int) -> Tensor:
    """The loss per pair of a center and a context.

    Args:
        positive: scores of contexts (batch, contexts).
        mask: (batch, contexts), True where there is a context.
        negative: scores of noise words (batch, S), shared by the contexts of a center.
        negatives: noise words for each pair, k.

    Returns:
        A scalar.
    """
    present = mask.to(positive.dtype)
    true = (softplus(-positive) * present).sum()
    noise = (softplus(negative).mean(1) * present.sum(1)).sum() * negatives
    return (true + noise) / present.sum().clamp(min=1)
