"""Nothing of the validation and test parts enters what is learned, however the texts come."""

import pytest

from hibiscus.data.config import DataConfig
from hibiscus.data.open import open_data
from hibiscus.methods.registry import get_method
from hibiscus.runs.prepare import fit_preparation, prepare_parts

SECRET = "zyzzyva"
OTHER = "a plain sentence about things, number"


def lines(part):
    rows = [f"{OTHER} {chr(97 + number % 20)}{chr(97 + number // 20)}" for number in range(60)]
    return rows if part == "train" else [f"{row} {SECRET} {SECRET}" for row in rows[:9]]


def a_table(folder):
    for part in ("train", "val", "test"):
        rows = [f'"{line}",{"yes" if number % 2 else "no"}\n' for number, line in enumerate(lines(part))]
        (folder / f"{part}.csv").write_text("review,liked\n" + "".join(rows))
    return {"target": "liked"}


def a_folder(folder):
    for part in ("train", "val", "test"):
        for number, line in enumerate(lines(part)):
            place = folder / part / ("yes" if number % 2 else "no")
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{number}.txt").write_text(line)
    return {}


def a_continuous_text(folder):
    text = "".join(line + "\n" for _ in range(9) for line in lines("train"))
    (folder / "book.txt").write_text(text + f"{SECRET} and {OTHER}\n" * 120)
    return {}


def parallel_files(folder):
    for part in ("train", "val", "test"):
        for language in ("en", "de"):
            (folder / f"{part}.{language}").write_text("".join(line + "\n" for line in lines(part)))
    return {"pairs": "en,de"}


@pytest.mark.parametrize("tokens", ["word", "character", "bpe"])
@pytest.mark.parametrize(
    ("layout", "method"),
    [
        (a_table, "classify"),
        (a_folder, "classify"),
        (a_continuous_text, "language-model"),
        (parallel_files, "seq2seq"),
    ],
)
def test_a_word_outside_the_training_part_enters_no_vocabulary(tmp_path, layout, method, tokens):
    options = DataConfig(tokens=tokens, **layout(tmp_path))
    files = [*tmp_path.iterdir()]
    dataset = open_data(files[0] if len(files) == 1 else tmp_path, **options.opening())
    kind = get_method(method)
    learned = fit_preparation(dataset, prepare_parts(dataset, options, kind)["train"], kind, options)
    assert "text" in learned
    for field in {"text", "target_text"} & {*learned}:
        size = learned[field].shape.vocabulary
        known = {learned[field].name_of(number).strip() for number in range(4, size)}
        secret = {SECRET[start:end] for start in range(7) for end in range(start + 1, 8)} - {"a"}
        assert not known & (secret - ({"z", "y", "v"} if tokens == "bpe" else set()))  # all bytes are pieces
        assert {"a", "sentence"} & known
        assert learned[field].encode([f"{OTHER} {SECRET}"]).max() < size
