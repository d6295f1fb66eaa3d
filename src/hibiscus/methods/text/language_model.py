r"""Language model: predicts the next token of a text from those before it, and writes texts.

    loss = - mean over tokens of  log p(w_t | w_1, ..., w_{t-1}),    p = softmax(network(w_1, ..., w_{t-1}))

Tokens are characters by default, or words (`tokens=word`) or parts of words (`tokens=bpe`). Training takes
windows of `sequence_length` tokens; a text is evaluated once from its beginning, with the state of the
network carried on. `hibiscus sample RUN prompt="..."` continues a text: each token costs one step, and is
drawn with probabilities in proportion to `p^(1 / temperature)` among the `top_k` largest.

Use it on one long text or many short ones, from about 100,000 characters on; below, the Markov chain in the
report is often better. What most often goes wrong is overfitting: the training loss falls while the
validation loss rises. More text, a higher `dropout`, fewer `units` or fewer `epochs` help. Losses of
different tokens cannot be compared; bits per character can.

Differences from the paper: windows begin with an empty state, and a Transformer has rotary positions and
attends to a window, so that texts of any length can be read.

Reference: Mikolov et al., "Recurrent neural network based language model", 2010; Graves, "Generating
    Sequences With Recurrent Neural Networks", 2013, arXiv 1308.0850; Vaswani et al., 2017, arXiv 1706.03762.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.data.text.token_windows import TokenWindows
from hibiscus.data.token_parts import text_part
from hibiscus.evaluation.language import evaluate_language, validate_language
from hibiscus.methods.text.continuation import continue_prompt
from hibiscus.networks.language_model import build_language_model
from hibiscus.tokens import END
from hibiscus.training.config import (
    BatchSize,
    ClipGradNorm,
    Epochs,
    LearningRate,
    OptimizerName,
    ScheduleName,
    TrainingConfig,
)
from hibiscus.training.method import Evaluation, Method, SelectionMetric, SmokeTest
from hibiscus.training.player import Stage

__all__ = ["LanguageModel"]

REPORT_SAMPLES = {"temperature 0.5": 0.5, "temperature 0.8": 0.8, "temperature 1": 1.0}
REPORT_LENGTH = 400  # tokens of a sample of the report


class Config(TrainingConfig):
    """Options of `language-model`."""

    epochs: Epochs = 10
    batch_size: BatchSize = 16
    optimizer: OptimizerName = "adamw"
    learning_rate: LearningRate = 3e-3
    schedule: ScheduleName = "one-cycle"
    clip_grad_norm: ClipGradNorm = 1.0
    net: Literal["lstm", "gru", "rnn", "transformer"] = Field("lstm", description="the network")
    units: int = Field(
        512, ge=1, description="units of the recurrent state, or values per step (transformer)"
    )
    layers: int = Field(1, ge=1, description="recurrent layers, or blocks of the transformer")
    embedding_dim: int | None = Field(
        None, ge=1, description="recurrent: values of the trained vector of a token; 64 if none"
    )
    attention_heads: int | None = Field(
        None, ge=1, description="transformer: heads of each block; one for 32 values if none"
    )
    dropout: float = Field(0.3, ge=0, lt=1, description="dropout rate of the outputs of each layer or block")
    sequence_length: int = Field(
        256, ge=1, description="tokens of a training window, and those that a transformer attends to"
    )

    @property
    def text_tokens(self) -> str:
        """Characters, for `tokens=auto`."""
        return "character"


class LanguageModel(Method):
    """One network and one player, trained on windows of the joined training texts."""

    name = "language-model"
    title = "Language model"
    family = "text"
    summary = "predicts the next character or word of a text, and writes texts"
    needs = frozenset({"text"})
    selection_metric = SelectionMetric("nats_per_token")
    smoke_test = SmokeTest(
        "number-words",
        {"units": 32, "embedding_dim": 8, "epochs": 2, "batch_size": 8, "sequence_length": 16},
    )
    Config = Config

    network: nn.Module

    def networks(self) -> dict[str, nn.Module]:
        """The network, which also keeps the token after which a text without a prompt begins."""
        config, shape = self.config, self.preparation["text"].shape
        network = build_language_model(
            config.net,
            shape.vocabulary,
            config.units,
            config.layers,
            config.embedding_dim,
            config.dropout,
            config.attention_heads,
            config.sequence_length,
        )
        network.register_buffer("first_token", torch.tensor([END]))
        return {"network": network}

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage on windows of the training part."""
        config, part = self.config, text_part(data, "train")
        self.network.get_buffer("first_token").fill_(part.first_token)
        source = TokenWindows(
            part.tokens, config.sequence_length, config.batch_size, config.seed, data.device, data.share
        )
        yield Stage([config.player("language model", self.network, self.loss)], config.epochs, source)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The mean negative log-likelihood of the tokens, in nats."""
        logits, _ = self.network(batch.tokens[:, :-1])
        return cross_entropy(logits.float().flatten(0, 1), batch.tokens[:, 1:].flatten()), {}

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """Loss per token, bits per character, perplexity and accuracy over the part, which is read once."""
        return validate_language(self.network, text_part(data, part), self.config.sequence_length)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """The metrics beside a Markov chain and CPT+, samples, and the largest errors."""
        names = {"train", part, *(["val"] if len(data.owner("val").parts.get("val", ())) else [])}
        parts = {name: text_part(data, name) for name in names}
        learned = self.preparation["text"]
        samples = {
            words: str(self.sample(1, temperature=value, length=REPORT_LENGTH)["text"][0])
            for words, value in REPORT_SAMPLES.items()
        }
        length = self.config.sequence_length
        return evaluate_language(
            self.network, parts, part, learned.shape.vocabulary, length, learned.decode, samples
        )

    def sample(
        self,
        count: int,
        *,
        interpolation: float | None = None,
        prompt: str = "",
        temperature: float = 0.8,
        top_k: int = 50,
        length: int = 500,
    ) -> dict[str, Any]:
        """Texts that continue a prompt by up to `length` tokens, and the conditions.

        Args:
            count: the number of texts.
            interpolation: not available.
            prompt: the beginning of the text; its unknown tokens are left out.
            temperature: below 1 for probable texts, 0 for the most probable token each time.
            top_k: the number of the most probable tokens to choose from; 0 for all.
            length: the number of tokens to add, at most 100,000; a text may end earlier.

        Raises:
            UsageError: a condition out of range.
        """
        first = int(self.network.get_buffer("first_token"))
        texts, conditions = continue_prompt(
            self.network, self.preparation["text"], first, count, interpolation,
            prompt=prompt, temperature=temperature, top_k=top_k, length=length,
        )  # fmt: skip
        return {"text": np.array(texts, dtype=object), **conditions}
