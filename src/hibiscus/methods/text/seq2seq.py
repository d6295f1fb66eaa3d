r"""Sequence-to-sequence translation: an encoder reads a text, and a decoder writes another one.

    loss = - mean over target tokens of  log p(y_t | y_<t, x),    p = softmax(logits)

y_<t are the true tokens before the t-th (teacher forcing), x is the source text. With `label_smoothing` e,
the target of a token is (1 - e) for the true one and e / vocabulary for every token. The decoder attends to
all tokens of the source in each step: it learns which of them a word translates.

Use it to map texts to texts if there are examples of both: translation, spelling, normalization of dates or
names. Two thousand pairs are enough for the words of numbers; sentences need many more. What most often goes
wrong is too little data: the translations are then fluent and about something else; compare them with the
baselines of the report, such as a dictionary made of the training texts. `net=gru` trains twice as fast as
`net=transformer`. Translations are searched with `beam_size` hypotheses; a larger
`length_penalty` makes them longer.

Differences from the paper: the Transformer is small and normalizes before each part; the recurrent decoder
attends after its recurrent layer (Luong et al.), without input feeding. The best epoch has the highest chrF
of greedy decoding on at most 1,000 texts of the validation part; BLEU tells nothing about texts of less than
four words.

Reference: Sutskever, Vinyals, Le, "Sequence to Sequence Learning with Neural Networks", 2014, arXiv
1409.3215; Luong, Pham, Manning, 2015, arXiv 1508.04025; Vaswani et al., "Attention Is All You Need", 2017,
arXiv 1706.03762.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.machine_translation import evaluate_translations
from hibiscus.evaluation.translation_baselines import translation_baselines
from hibiscus.losses import cross_entropy
from hibiscus.methods.text.decoded_texts import attention_maps, raw_part, translate
from hibiscus.methods.text.network_options import check_network_options
from hibiscus.metrics.translation_scores import bleu, chrf, require_sacrebleu
from hibiscus.networks.encoder_decoder import EncoderDecoder
from hibiscus.networks.seq2seq import build_seq2seq
from hibiscus.tokens import PADDING
from hibiscus.training import config as training
from hibiscus.training.ema import ema_followers, ema_or, with_ema
from hibiscus.training.method import Evaluation, Method, SelectionMetric, SmokeTest
from hibiscus.training.player import Stage

__all__ = ["Seq2Seq"]

VALIDATED = 1000  # texts that are translated after each epoch
STEP = 64  # texts whose probabilities of all tokens are computed at a time, for memory


class Config(training.TrainingConfig):
    """Options of `seq2seq`."""

    epochs: training.Epochs = 15
    batch_size: training.BatchSize = 64
    learning_rate: training.LearningRate = 1.5e-3
    schedule: training.ScheduleName = "one-cycle"
    clip_grad_norm: training.ClipGradNorm = 1.0
    beta2: training.Beta2 = 0.98  # Vaswani et al.
    ema_decay: training.EMADecay = 0.0
    net: Literal["transformer", "gru", "lstm"] = Field(
        "transformer", description="encoder and decoder: a small Transformer, or recurrent with attention"
    )
    width: int = Field(256, ge=2, description="values of a token vector, and of each layer")
    layers: int | None = Field(
        None, ge=1, description="layers of the encoder and of the decoder; default: 3, for gru and lstm 1"
    )
    attention_heads: int = Field(4, ge=1, description="transformer: attention heads, which divide the width")
    feedforward: int | None = Field(
        None, ge=1, description="transformer: units of the feedforward part; default: twice the width"
    )
    dropout: float = Field(0.2, ge=0, lt=1, description="dropout rate of token vectors and layers")
    label_smoothing: float = Field(
        0.1, ge=0, lt=1, description="probability mass of the target that is spread over all tokens"
    )
    tied: bool = Field(True, description="whether the output layer has the weights of the target embedding")
    beam_size: int = Field(5, ge=1, le=100, description="hypotheses of beam search; 1 for greedy decoding")
    length_penalty: float = Field(
        0.6, ge=0, le=3, description="exponent of the length by which log-probabilities are divided"
    )

    @property
    def text_tokens(self) -> str:
        """The kind of tokens by default."""
        return "bpe"


class Seq2Seq(Method):
    """One network, trained by one player."""

    name = "seq2seq"
    title = "Sequence to sequence"
    family = "text"
    summary = "translation of texts by an encoder and a decoder with attention"
    needs = frozenset({"text", "target_text"})
    selection_metric = SelectionMetric("chrf")  # BLEU is 0 where texts have fewer than four words
    smoke_test = SmokeTest("number-words", {"epochs": 2, "batch_size": 40, "width": 16, "layers": 1})
    Config = Config
    network: EncoderDecoder

    @classmethod
    def resolve(
        cls, config: training.TrainingConfig, preparation: Preparation, items: int | None = None
    ) -> training.TrainingConfig:
        """The options as given; those of another network are refused."""
        return check_network_options(config, "transformer", ("attention_heads", "feedforward"))

    def networks(self) -> dict[str, Any]:
        """The encoder-decoder, with its EMA copy unless `ema_decay` is 0."""
        config, source, target = self.config, self.preparation["text"], self.preparation["target_text"]
        options: dict[str, Any] = {"layers": config.layers or (3 if config.net == "transformer" else 1)}
        if config.net == "transformer":
            options |= {"heads": config.attention_heads, "feedforward": config.feedforward}
        joint = bool(source.merges) and source.merges == target.merges
        network = build_seq2seq(
            config.net, source.shape, target.shape, joint,
            width=config.width, dropout=config.dropout, tied=config.tied, **options,
        )  # fmt: skip
        return with_ema({"network": network}, "network", config.ema_decay)

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage with one player."""
        require_sacrebleu()  # before the first epoch, not after it
        config = self.config
        player = config.player("seq2seq", self.network, self.loss, betas=(0.9, config.beta2))
        source = data.source("train", config.batch_size, config.seed)
        yield Stage([player], config.epochs, source, ema_followers(self.nets, "network", config.ema_decay))

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The cross-entropy with smoothed labels, and the fraction of tokens that are predicted correctly."""
        logits, tokens = predict_tokens(self.network, batch.text, batch.target_text)
        loss = cross_entropy(logits, tokens, self.config.label_smoothing)
        return loss, {"token_accuracy": (logits.detach().argmax(1) == tokens).float().mean()}

    def translate(self, tokens: np.ndarray, beam_size: int) -> list[list[int]]:
        """The token numbers of the translation of each source text `(items, steps)`."""
        network = ema_or(self.nets, "network")
        return translate(network, tokens, beam_size, self.config.length_penalty)  # type: ignore[arg-type]

    def decode(self, numbers: list[list[int]]) -> list[str]:
        """The texts of token numbers."""
        return [self.preparation["target_text"].decode(row) for row in numbers]

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """`translation`: the translation of each text."""
        found = self.decode(self.translate(data.values("text", part), self.config.beam_size))
        return {"translation": np.array(found, dtype=str)}

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """Nats per token, accuracy of the next token, and BLEU and chrF of greedy decoding."""
        network, nats, right, tokens = ema_or(self.nets, "network"), 0.0, 0, 0
        for batch in data.iterate(part):
            for texts in zip(batch.text.split(STEP), batch.target_text.split(STEP), strict=True):
                logits, target = predict_tokens(network, *texts)
                nats += float(cross_entropy(logits, target)) * len(target)
                right += int((logits.argmax(1) == target).sum())
                tokens += len(target)
        rows = data.subsample(part, VALIDATED)
        outputs = self.decode(self.translate(data.values("text", part)[rows], 1))
        references = raw_part(data, "target_text", part)
        references = [references[row] for row in rows]
        scores = {"bleu": bleu(outputs, references, self.lower), "chrf": chrf(outputs, references)}
        return {"loss": nats / max(1, tokens), "token_accuracy": right / max(1, tokens), **scores}

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """BLEU and chrF of beam search beside baselines, examples, and attention maps."""
        encoded, beam = data.values("text", part), self.config.beam_size
        numbers = self.translate(encoded, beam)
        texts, references = (raw_part(data, field, part) for field in ("text", "target_text"))
        settings = f"beam search with {beam} hypotheses" if beam > 1 else "greedy decoding"
        sources, targets = (raw_part(data, field, "train") for field in ("text", "target_text"))
        baselines, lengths = translation_baselines(sources, targets, texts), (encoded != PADDING).sum(1)
        result = evaluate_translations(
            texts, self.decode(numbers), references, baselines, lengths, self.lower, settings
        )
        network = ema_or(self.nets, "network")
        prepared = self.preparation["text"], self.preparation["target_text"]
        result.report_items += attention_maps(network, encoded, numbers, *prepared)  # type: ignore[arg-type]
        return result

    @property
    def lower(self) -> bool:
        """Whether translations are in lower case."""
        target = self.preparation["target_text"]
        return target.tokens == "word" and target.lower


def predict_tokens(network: nn.Module, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """The logits `(tokens, vocabulary)` of all target tokens, given those before them, and the tokens."""
    return network(source, target).float(), target[target != PADDING]
