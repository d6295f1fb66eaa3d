r"""Skip-gram with negative sampling (word2vec): word vectors that are learned from one's own texts.

    loss = - mean over pairs (w, c) of  log s(v_w . u_c) + sum over k noise words n of  log s(-v_w . u_n)

with the logistic function s, for each word c within `window` words of a word w. Words with similar contexts
get similar vectors `v`. Frequent words are left out at random (`subsample`), and noise words are drawn in
proportion to the 0.75th power of their counts.

Use it when there are texts of a special domain, from about a million words on; with fewer, vectors that were
trained elsewhere, such as GloVe, are better. `hibiscus similar texts.txt "query" --model RUN` and
`hibiscus embed RUN texts.csv` average the vectors of the words of a text. What most often goes wrong is too
little text: neighbors in the report that make no sense, and a loss near that of the unigram baseline.

Differences from the paper: `noise` noise words are drawn for each center and shared by its contexts, which
weigh as `negatives` of them each; the optimizer is Adam.

Reference: Mikolov et al., "Distributed representations of words and phrases and their compositionality",
    2013, arXiv 1310.4546.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.data.text.skip_gram_batches import SkipGramBatches
from hibiscus.data.token_parts import text_part
from hibiscus.evaluation.word_neighbors import Scores, context_metrics, neighbor_table, unigram_scores
from hibiscus.losses.negative_sampling import negative_sampling_loss
from hibiscus.methods.outputs import predict_part
from hibiscus.networks.center_context import SkipGram as Network
from hibiscus.tokens import SPECIAL
from hibiscus.training.config import BatchSize, Epochs, LearningRate, ScheduleName, TrainingConfig
from hibiscus.training.method import Evaluation, Method, SelectionMetric, SmokeTest
from hibiscus.training.player import Stage

__all__ = ["SkipGram"]

HELD_OUT_SEED = 1  # of the windows and noise words of held-out texts, the same in each epoch


class Config(TrainingConfig):
    """Options of `skip-gram`."""

    epochs: Epochs = 10
    batch_size: BatchSize = 512
    learning_rate: LearningRate = 1e-2
    schedule: ScheduleName = "linear"
    dim: int = Field(100, ge=1, le=4096, description="components of a word vector")
    window: int = Field(
        5, ge=1, le=100, description="largest distance of a context from its center, in words"
    )
    negatives: int = Field(5, ge=1, description="noise words that weigh against each context")
    noise: int = Field(20, ge=1, description="noise words that are drawn for each center")
    subsample: float = Field(
        1e-3, ge=0, lt=1, description="frequency from which on a word is left out at random; 0 for none"
    )


class SkipGram(Method):
    """One player that trains two vectors for each word."""

    name = "skip-gram"
    title = "Skip-gram (word2vec)"
    family = "text"
    summary = "word vectors of one's own texts, by skip-gram with negative sampling"
    needs = frozenset({"text"})
    selection_metric = SelectionMetric("loss")
    smoke_test = SmokeTest("number-texts", {"dim": 8, "epochs": 2, "batch_size": 50})
    Config = Config

    network: nn.Module

    def networks(self) -> dict[str, nn.Module]:
        """The vectors of centers and contexts, and how often each token occurs in the training part."""
        vocabulary = self.preparation["text"].shape.vocabulary
        network = Network(vocabulary, self.config.dim)
        network.register_buffer("counts", torch.zeros(vocabulary, dtype=torch.int64))
        return {"network": network}

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage on the words of the training part."""
        tokens = text_part(data, "train").tokens.cpu()
        counts = self.network.get_buffer("counts")
        counts.copy_(torch.bincount(tokens, minlength=len(counts)))
        source = self._batches(tokens, data, self.config.seed)
        yield Stage([self.config.player("word vectors", self.network, self.loss)], self.config.epochs, source)

    def _batches(self, tokens: Tensor, data: PreparedData, seed: int) -> SkipGramBatches:
        config, counts = self.config, self.network.get_buffer("counts").cpu().numpy()
        return SkipGramBatches(
            tokens.cpu().numpy(), counts, config.batch_size, seed, config.window, config.noise,
            config.subsample, data.device, data.share,
        )  # fmt: skip

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss per pair of a center and a context, in nats."""
        positive, noise = self.network(batch.center, batch.context), self.network(batch.center, batch.noise)
        present = batch.context > 0
        return negative_sampling_loss(positive.float(), present, noise.float(), self.config.negatives), {}

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The loss of the words of a part, and how often a context scores higher than a word of like
        frequency.
        """
        return self._metrics(self.network, data, part)

    def _metrics(self, scores: Scores, data: PreparedData, part: str) -> dict[str, float]:
        batches = self._batches(text_part(data, part).tokens, data, HELD_OUT_SEED)
        counts = self.network.get_buffer("counts").cpu().numpy()
        return context_metrics(scores, batches, counts, self.config.negatives)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """The metrics beside the unigram baseline, and the nearest neighbors of some words."""
        counts = self.network.get_buffer("counts").cpu().numpy()
        unigram = unigram_scores(counts, self.config.negatives)
        names = [self.preparation["text"].name_of(number) for number in range(len(SPECIAL), len(counts))]
        table = neighbor_table(self.word_vectors()[len(SPECIAL) :], names, counts[len(SPECIAL) :])
        baselines = {"unigram": self._metrics(unigram, data, part)}
        return Evaluation(self._metrics(self.network, data, part), baselines, [table])

    def word_vectors(self) -> np.ndarray:
        """The vector of each token, the special ones included, float32 (vocabulary, dim)."""
        weight = self.network.get_submodule("centers").get_parameter("weight")
        return weight.detach().float().cpu().numpy()

    def embed(self, data: PreparedData, part: str) -> np.ndarray:
        """The mean of the vectors of the words of each text of a part, float32 `(items, dim)`."""
        centers = self.network.get_submodule("centers")

        def mean(text: Tensor) -> Tensor:
            words = text >= len(SPECIAL)
            vectors = centers(text) * words[..., None]
            return vectors.sum(1) / words.sum(1, keepdim=True).clamp(min=1)

        return predict_part(mean, data, part).numpy()
