r"""RealMLP: a multi-layer perceptron for tables, alone or as an ensemble in one batched pass.

    $h_0 = s \odot \text{embeddings}(x)$;  $h_l = \phi_l(W_l h_{l-1} / \sqrt{d_{l-1}} + b_l)$;
    $y = W h_L / \sqrt{d_L} + b$;  of several members, the mean of their probabilities (or of their values)

Each column is embedded by itself, a learned scale weighs the results, and the NTK parametrization makes one
learning rate fit every width. The members of an ensemble differ in their random initial weights and dropout
masks. They see the same batches, and their losses are averaged, so that each learns as it would alone.

Differences from the paper: numbers are embedded as piecewise linear functions (Gorishniy et al. 2022), not as
periodic ones (`numbers=periodic`); the initial weights do not depend on the data; dropout and weight decay
stay constant; a column of two categories gives two features.

Reference: Holzmüller, Grinsztajn, Steinwart, "Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on
    Tabular Data", 2024, arXiv 2407.04491; batched ensembles: Gorishniy et al., "TabM", 2024, arXiv
    2410.24210.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from hibiscus.networks.column_embeddings import Column, ColumnEmbeddings
from hibiscus.networks.input_shapes import check_outputs, choice, counts, flat, fraction, whole
from hibiscus.networks.layers import activation as make_activation
from hibiscus.networks.member_layers import MemberDropout, MemberLinear, MemberScale, ParametricActivation

__all__ = ["RealMLP", "build_realmlp"]

NUMBERS = ("none", "periodic", "piecewise")
AVERAGES = ("probabilities", "probability", "values")


def build_realmlp(
    input_shape: Any,
    outputs: int,
    hidden: Sequence[int] = (128, 128, 128),
    activation: str | None = None,
    parametric: bool = True,
    dropout: float = 0.15,
    numbers: str | None = "piecewise",
    number_dim: int = 8,
    max_one_hot: int = 8,
    category_dim: int = 8,
    scale: bool = True,
    ntk: bool = True,
    members: int = 1,
    columns: Sequence[Column] | None = None,
    average: str = "values",
) -> RealMLP:
    """Embedded columns, a scale for each input, hidden layers and a linear head.

    Args:
        input_shape: a row of a table, or any one input, which is flattened to numbers.
        outputs: number of outputs.
        hidden: units per hidden layer.
        activation: name in `layers.ACTIVATIONS`; by default selu for classes and mish for values.
        parametric: learns for each unit how much of the activation it has.
        dropout: dropout rate of each hidden layer.
        numbers: embedding of numbers: piecewise, periodic or none.
        number_dim: values of a piecewise embedding.
        max_one_hot: columns of more categories are embedded.
        category_dim: values of the embedding of a category.
        scale: a learned factor for each input of the first hidden layer.
        ntk: the neural tangent parametrization; otherwise the standard one.
        members: number of networks that are trained side by side.
        columns: role, number of features and limits of the bins of each column, from the preparation of a
            table; by default numbers without bins.
        average: how the outputs of members are averaged: as values, as probabilities of exclusive classes, or
            each as the probability of one class.

    Shapes: (batch, *input_shape) to (batch, outputs); in training (members * batch, outputs), one member
        after the other.
    """
    features = flat("realmlp", input_shape)
    columns = [("number", 1, ())] * features if columns is None else columns
    activation = activation or ("mish" if average == "values" else "selu")
    whole("members", members)
    numbers = "none" if numbers is None else choice("numbers", numbers, NUMBERS)  # option words read none so
    embeddings = ColumnEmbeddings(
        columns,
        members,
        numbers,
        whole("number_dim", number_dim),
        whole("max_one_hot", max_one_hot, 0),
        whole("category_dim", category_dim),
    )
    layers: list[nn.Module] = [MemberScale(members, embeddings.width)] if scale else []
    width = embeddings.width
    for units in counts("hidden", hidden, empty=True):
        layers.append(MemberLinear(members, width, units, ntk))
        layers.append(
            ParametricActivation(members, units, activation) if parametric else make_activation(activation)
        )
        if fraction("dropout", dropout):
            layers.append(MemberDropout(dropout))
        width = units
    layers.append(MemberLinear(members, width, check_outputs(outputs), ntk))
    return RealMLP(embeddings, nn.Sequential(*layers), members, choice("average", average, AVERAGES))


class RealMLP(nn.Module):
    """Embeddings and a body of layers for one member or several; see `build_realmlp`."""

    def __init__(self, embeddings: ColumnEmbeddings, body: nn.Sequential, members: int, average: str):
        super().__init__()
        self.embeddings, self.body, self.members, self.average = embeddings, body, members, average

    def lr_factors(self) -> dict[nn.Parameter, float]:
        """The factors of the learning rate of Holzmüller et al., table A.1; 1 for weights."""
        factors: dict[nn.Parameter, float] = dict.fromkeys(self.embeddings.parameters(), 0.1)
        for layer in self.body:
            if isinstance(layer, MemberScale):
                factors[layer.scale] = 6.0
            elif isinstance(layer, MemberLinear):
                factors[layer.bias] = 0.1
            elif isinstance(layer, ParametricActivation):
                factors[layer.alpha] = 0.1
        return factors

    def forward(self, x: Tensor) -> Tensor:
        """The outputs of each member in training, otherwise their average."""
        y = self.body(self.embeddings(x.flatten(1)))
        return y.flatten(0, 1) if self.training else averaged(y, self.average)


def averaged(y: Tensor, average: str) -> Tensor:
    """Outputs (members, batch, outputs) of several members as those of one, (batch, outputs).

    Of logits, the result is a logit of the mean probability, so that its softmax or sigmoid is that mean.
    """
    if len(y) == 1:
        return y[0]
    if average == "values":
        return y.mean(0)
    y = y.float()
    if average == "probabilities":
        return torch.logsumexp(y.log_softmax(2), 0)
    return torch.logsumexp(nn.functional.logsigmoid(y), 0) - torch.logsumexp(nn.functional.logsigmoid(-y), 0)
