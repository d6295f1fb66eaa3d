import numpy as np
import pytest
import torch

from hibiscus.data.text.skip_gram_batches import SkipGramBatches, noise_distribution
from hibiscus.errors import DataError
from hibiscus.tokens import END, UNKNOWN

TEXTS = np.array([4, 5, 6, 7, END, 8, UNKNOWN, 9, END, 4, 4, END])
COUNTS = np.bincount(TEXTS, minlength=10)


def source(**options):
    return SkipGramBatches(TEXTS, COUNTS, 3, 0, **{"window": 2, "subsample": 0, "noise": 4, **options})


def drawn(batches, count):
    return [{name: values.tolist() for name, values in batches.next().items()} for _ in range(count)]


def test_contexts_lie_within_the_window_and_the_text():
    texts = [[4, 5, 6, 7], [8, 9], [4, 4]]
    pairs = {
        (text[i], text[j])
        for text in texts
        for i in range(len(text))
        for j in range(len(text))
        if 0 < abs(i - j) <= 2
    }
    found = set()
    batches = source()
    for _ in range(30 * batches.batches_per_epoch):
        batch = batches.next()
        found |= {
            (int(center), int(context))
            for center, row in zip(batch.center, batch.context, strict=True)
            for context in row
            if context
        }
    assert found == pairs
    assert len(found) == 13


def test_an_epoch_has_each_word_once_as_a_center():
    batches = source()
    centers = [center for batch in drawn(batches, batches.batches_per_epoch) for center in batch["center"]]
    assert sorted(centers) == [4, 4, 4, 5, 6, 7, 8, 9]


def test_noise_words_are_drawn_by_the_power_of_their_counts():
    expected = noise_distribution(COUNTS)
    assert expected[4] == pytest.approx(3**0.75 / (3**0.75 + 5))
    assert not expected[:4].any()
    batches = source(noise=500)
    noise = torch.cat([batches.next().noise.flatten() for _ in range(30)]).numpy()
    np.testing.assert_allclose(np.bincount(noise, minlength=10) / len(noise), expected, atol=0.01)


def test_frequent_words_are_left_out():
    tokens = np.array(([4] * 9 + [5]) * 200)
    counts = np.bincount(tokens, minlength=6)
    batches = SkipGramBatches(tokens, counts, 50, 0, subsample=0.1)
    centers = torch.cat([batches.next().center for _ in range(batches.batches_per_epoch)])
    assert int((centers == 5).sum()) == 200  # of frequency 0.1: all are kept
    assert int((centers == 4).sum()) == pytest.approx(1800 * (0.1 / 0.9) ** 0.5, rel=0.1)


def test_a_restored_source_gives_the_same_batches():
    batches, again = source(), source()
    drawn(batches, 4)
    again.restore(batches.position())
    assert drawn(batches, 5) == drawn(again, 5)
    assert drawn(source(), 3) == drawn(source(), 3)


def test_processes_share_each_batch():
    whole = source().next()
    parts = [source(share=(rank, 2)).next() for rank in (0, 1)]
    for name in ("center", "context", "noise"):
        assert torch.equal(torch.cat([part[name] for part in parts]), whole[name])
    assert parts[0].total == whole.size


def test_texts_of_single_words_are_refused():
    with pytest.raises(DataError, match="no text of two words"):
        SkipGramBatches(np.array([4, END, 5, END]), np.ones(6), 3, 0)
