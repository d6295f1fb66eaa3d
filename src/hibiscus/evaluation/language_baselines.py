"""What a language model is compared with: frequencies of tokens, a Markov chain, and CPT+."""

from __future__ import annotations

import numpy as np

from hibiscus.evaluation.items import Curve, Series
from hibiscus.evaluation.markov_chain import MarkovChain
from hibiscus.evaluation.prediction_tree import PredictionTree
from hibiscus.evaluation.token_likelihood import TokenScores, language_metrics

__all__ = ["language_baselines"]

MAX_ORDER = 8  # tokens of a context
MOST_TOKENS = 2**21  # of the training part
MOST_PROBABILITIES = 2**25  # for the accuracy of the Markov chain
SLOW = 300  # tokens that CPT+ predicts
CONTEXTS = (1, 2, 3, 5)  # tokens of a context of CPT+
WEIGHTS = (0.05, 0.1, 0.2, 0.4, 0.7, 0.95)  # of the frequencies of tokens beside its scores


def language_baselines(
    train: np.ndarray, chosen_on: np.ndarray | None, tokens: np.ndarray, vocabulary: int, characters: int
) -> tuple[dict[str, dict[str, float]], Curve]:
    """The metrics of each baseline, and the Markov chain by the length of its context.

    The length of the context and the weights of CPT+ are chosen on the validation part. The accuracies are
    those of some tokens, evenly spaced, and so is the loss of CPT+.

    Args:
        train: int64 (tokens,), of the training part; the first 2,097,152 of them are used.
        chosen_on: of the validation part; if None, the last tenth of the training part is held out to choose.
        tokens: of the evaluated part.
        vocabulary: number of different tokens.
        characters: of the evaluated part.
    """
    train = train[:MOST_TOKENS]
    first = train
    if chosen_on is None:
        held_out = max(2, len(train) // 10)
        first, chosen_on = train[:-held_out] if len(train) > held_out else train, train[-held_out:]
    by_order = MarkovChain(first, MAX_ORDER, vocabulary).nats(chosen_on[:MOST_TOKENS]).mean(1)
    order = int(by_order.argmin())
    chain = MarkovChain(train, order, vocabulary)
    nats = chain.nats(tokens)
    common = int(np.bincount(train).argmax())
    count = min(len(tokens) - 1, max(100, MOST_PROBABILITIES // vocabulary))
    positions = np.unique(np.linspace(1, len(tokens) - 1, count).astype(int))
    correct = chain.predict(tokens, positions) == tokens[positions]
    baselines = {
        "frequencies of tokens": language_metrics(TokenScores(nats[0], tokens[1:] == common), characters),
        f"Markov chain of order {order}": language_metrics(TokenScores(nats[-1], correct), characters),
        "CPT+": _prediction_tree(first, chosen_on, tokens, vocabulary, characters),
    }
    series = [Series("validation", np.arange(len(by_order)), by_order)]
    note = "A longer context is more exact, until it has hardly ever occurred in the training part."
    return baselines, Curve(
        "Markov chain by the length of its context", "tokens before", "nats per token", series, note=note
    )


def _prediction_tree(
    train: np.ndarray, chosen_on: np.ndarray, tokens: np.ndarray, vocabulary: int, characters: int
) -> dict[str, float]:
    """The metrics of CPT+ on some tokens."""
    tree = PredictionTree(train, vocabulary)
    best = None
    for length in CONTEXTS:
        scores, truth = _tree_scores(tree, chosen_on, length)
        for weight in WEIGHTS:
            mean = _token_scores(tree, scores, truth, weight).nats.mean()
            best = min(best or (mean, length, weight), (mean, length, weight))
    assert best is not None
    _, length, weight = best
    found = _token_scores(tree, *_tree_scores(tree, tokens, length), weight)
    return language_metrics(found, round(characters * len(found.nats) / (len(tokens) - 1)))


def _tree_scores(tree: PredictionTree, tokens: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """The scores (positions, vocabulary) of CPT+ at some positions, and the tokens there."""
    positions = np.unique(np.linspace(1, len(tokens) - 1, SLOW).astype(int))
    scores = [tree.scores(tokens[max(0, end - length) : end]) for end in positions]
    return np.stack(scores), tokens[positions]


def _token_scores(tree: PredictionTree, scores: np.ndarray, truth: np.ndarray, weight: float) -> TokenScores:
    rows = tree.probabilities(scores, weight)
    return TokenScores(-np.log(rows[np.arange(len(truth)), truth]), rows.argmax(1) == truth)
