"""Texts to batches of token numbers: Hibiscus beside code that handles one text at a time in a `DataLoader`.

    .venv/bin/python benchmarks/text_batches.py [EPOCHS ...]

Both sides divide the 10,662 sentences of rt-polarity into words and punctuation marks with the same regular
expression for words, number them by the same vocabulary and give shuffled batches of 64, padded with 0. The
other side is what tutorials show: a `Dataset` whose `__getitem__` divides a text and looks up its words, and
a `collate_fn` with `pad_sequence`. The vocabulary is learned outside the clock on both sides. Hibiscus
divides and numbers all texts once, which counts in the first epoch. Prints CPU seconds (one thread), the
median of five turns, and their ratio; the data lie in ../shared/data beside the repository.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "text" / "rt_polarity.csv"
BATCH, TURNS = 64, 5


def plain(texts: list[str], labels: list[int], index: dict[str, int], epochs: int) -> int:
    """One text at a time; returns the number of tokens, padding left out."""
    import torch
    from torch.nn.utils.rnn import pad_sequence
    from torch.utils.data import DataLoader, Dataset

    from hibiscus.data.text.words import ASCII
    from hibiscus.tokens import PADDING, UNKNOWN

    class Reviews(Dataset):
        def __len__(self) -> int:
            return len(texts)

        def __getitem__(self, item: int) -> Any:
            tokens = ASCII.findall(texts[item].lower())
            return torch.tensor([index.get(token, UNKNOWN) for token in tokens]), labels[item]

    def collate(rows: Any) -> Any:
        sequences, targets = zip(*rows, strict=True)
        return pad_sequence(sequences, batch_first=True, padding_value=PADDING), torch.tensor(targets)

    loader = DataLoader(Reviews(), BATCH, shuffle=True, collate_fn=collate)
    return sum(int((batch != PADDING).sum()) for _ in range(epochs) for batch, _ in loader)


def ours(texts: list[str], labels: list[int], preparation: Any, epochs: int) -> int:
    """All texts at once, then batches of like length."""
    import numpy as np
    import torch

    from hibiscus.data.batches import BatchBuilder
    from hibiscus.data.bucketed_batches import BucketedBatches
    from hibiscus.tokens import PADDING

    fields = {"text": torch.from_numpy(preparation.encode(texts)), "label": torch.tensor(labels)}
    batches = BucketedBatches(fields, np.arange(len(texts)), BATCH, 0, BatchBuilder({}, torch.device("cpu")))
    rounds = epochs * -(-len(texts) // BATCH)
    return sum(int((batches.next()["text"] != PADDING).sum()) for _ in range(rounds))


def main() -> None:
    """Prints a row for each number of epochs."""
    import pandas as pd
    import torch

    from hibiscus.data.text import words
    from hibiscus.data.text.preparation import TextPreparation

    torch.set_num_threads(1)
    frame = pd.read_csv(DATA)
    texts, labels = frame["text"].tolist(), (frame["label"] == "pos").astype(int).tolist()
    preparation = TextPreparation.fit(texts, max_length=100)
    index = {token: number for number, token in enumerate(preparation.vocabulary, start=4)}
    print("| epochs | one text at a time, s | Hibiscus, s | ratio |\n|---|---|---|---|")
    for epochs in map(int, sys.argv[1:] or ("1", "10")):
        sides: dict[str, list[float]] = {"plain": [], "ours": []}
        for _ in range(TURNS):
            words._known.cache_clear()
            start = time.process_time()
            ours(texts, labels, preparation, epochs)
            middle = time.process_time()
            plain(texts, labels, index, epochs)
            sides["ours"].append(middle - start)
            sides["plain"].append(time.process_time() - middle)
        one, other = (statistics.median(sides[name]) for name in ("plain", "ours"))
        print(f"| {epochs} | {one:.2f} | {other:.3f} | {one / other:.1f} |", flush=True)


if __name__ == "__main__":
    main()
