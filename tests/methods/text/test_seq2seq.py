"""The formula in the docstring of `seq2seq`; translations, their evaluation, and learning."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch

from hibiscus import api
from hibiscus.data.batch import Batch
from hibiscus.data.builtin.number_words import number_pairs
from hibiscus.data.preparation import Preparation
from hibiscus.data.text.byte_pairs import BytePairs
from hibiscus.data.text.preparation import TextPreparation, TokenKind
from hibiscus.errors import MissingExtraError
from hibiscus.evaluation.items import Matrix, load_report_items
from hibiscus.methods.text.seq2seq import Seq2Seq
from hibiscus.tokens import END, START
from methods.learning import trained

SOURCES = ["a man sleeps.", "a dog runs.", "the dog sleeps now."]
TARGETS = ["Ein Mann schläft.", "Ein Hund rennt.", "Der Hund schläft jetzt."]
NETS = ["transformer", "gru", "lstm"]


def method(tokens: TokenKind = "word", pairs=None, lower=True, **options):
    source = TextPreparation.fit(SOURCES, tokens=tokens, pairs=pairs, vocabulary_size=300)
    target = TextPreparation.fit(
        TARGETS, tokens=tokens, pairs=pairs, vocabulary_size=300, ends=True, lower=lower
    )
    torch.manual_seed(0)
    config = Seq2Seq.Config(**{"width": 16, "layers": 1, **options})
    model = Seq2Seq(config, Preparation({"text": source, "target_text": target}))
    model.train_mode(False)
    return model


def batch(model):
    encoded = {"text": SOURCES, "target_text": TARGETS}
    return Batch({
        name: torch.from_numpy(model.preparation[name].encode(texts)).long()
        for name, texts in encoded.items()
    })  # fmt: skip


@pytest.mark.parametrize("net", NETS)
def test_the_objective_is_its_formula(net):
    model = method(net=net, label_smoothing=0.3)
    texts, total, count = batch(model), 0.0, 0
    vocabulary = model.preparation["target_text"].shape.vocabulary
    for source, target in zip(texts.text, texts.target_text, strict=True):
        tokens = [token for token in target.tolist() if token]
        assert tokens[-1] == END
        for t, token in enumerate(tokens):
            before = torch.tensor([[START, *tokens[:t]]])
            logits, _ = model.network.decode(before, model.network.encode(source[None]))
            z = logits[0, -1].double().detach().numpy()
            log_p = z - z.max() - np.log(np.exp(z - z.max()).sum())
            total -= 0.7 * log_p[token] + 0.3 * log_p.sum() / vocabulary
            count += 1
    loss, terms = model.loss(texts)
    assert loss.item() == pytest.approx(total / count, rel=1e-4)
    assert 0 <= terms["token_accuracy"] <= 1


def test_byte_pairs_of_both_languages_have_one_embedding():
    pairs = BytePairs.fit([*SOURCES, *TARGETS], 300)
    joint, apart = method("bpe", pairs), method("bpe")
    assert joint.network.source_embedding is joint.network.target_embedding
    assert apart.network.source_embedding is not apart.network.target_embedding
    assert method("word").network.source_embedding is not method("word").network.target_embedding


def test_translations_are_lower_case_only_if_the_vocabulary_is():
    assert method().lower
    assert not method(lower=False).lower
    assert not method("bpe").lower


def test_training_without_sacrebleu_is_refused_before_it_begins(monkeypatch):
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(MissingExtraError, match="sacrebleu"):
        next(method().stages(None))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A second of training, in which the network learns little."""
    folder = tmp_path_factory.mktemp("seq2seq")
    pairs = list(zip(*number_pairs(), strict=True))[:120]
    rows = "\n".join(f"{german},{english}" for english, german in pairs)
    (folder / "numbers.csv").write_text(f"german,english\n{rows}\n", encoding="utf-8")
    options = {
        "net": "gru",
        "width": 24,
        "epochs": 1,
        "beam_size": 2,
        "vocabulary_size": 300,
        "target": "english",
    }
    return api.train("seq2seq", str(folder / "numbers.csv"), out=folder / "run", quiet=True, **options)


def test_predictions_are_texts_one_for_each_input(run):
    texts = ["einundzwanzig", "", "dreihundert", "einundzwanzig"]
    found = run.predict(texts)["translation"]
    assert len(found) == 4
    assert found[0] == found[3]
    assert all(isinstance(text, str) for text in found.tolist())
    assert found.dtype.kind == "U"  # arrays of objects cannot be written without pickle
    assert run.predict(["einundzwanzig"])["translation"][0] == found[0]


def test_the_evaluation_has_baselines_examples_and_attention(run):
    evaluation = run.evaluation()
    assert {"test/bleu", "test/chrf"} <= evaluation["metrics"].keys()
    assert list(evaluation["baselines"]) == ["copy of the source", "nearest training text", "word by word"]
    items = load_report_items(run.path / "evaluation")
    titles = [item.title for item in items if isinstance(item, Matrix)]
    assert titles == [f"Attention, text {i}" for i in (1, 2, 3)][: len(titles)]
    assert titles


def test_source_and_target_share_byte_pairs(run):
    source, target = run.preparation["text"], run.preparation["target_text"]
    assert source.merges == target.merges != ()
    assert (source.ends, target.ends) == (False, True)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_learns_to_translate_numbers(tmp_path, seed):
    options = {"net": "gru", "width": 64, "epochs": 10, "learning_rate": 8e-3, "vocabulary_size": 300}
    evaluation = trained(tmp_path, "seq2seq", "number-words", seed=seed, **options)
    assert evaluation["metrics"]["test/bleu"] > 80
    assert all(row["test/bleu"] < 50 for row in evaluation["baselines"].values())
