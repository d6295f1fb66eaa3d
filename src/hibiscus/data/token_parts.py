"""The parts of a dataset as sequences of tokens, for language models."""

from __future__ import annotations

from hibiscus.data.prepared import PreparedData
from hibiscus.data.raw_fields import raw_field
from hibiscus.data.text.preparation import TextPreparation
from hibiscus.data.text.token_windows import TextPart, join_tokens
from hibiscus.errors import DataError
from hibiscus.tokens import END, SPECIAL

__all__ = ["text_part"]


def text_part(data: PreparedData, part: str) -> TextPart:
    """The texts of a part, one after another: whole, in their order, and neither cut nor padded.

    Raises:
        DataError: fewer than two tokens.
    """
    owner = data.owner(part)
    learned: TextPreparation = data.preparation["text"]
    texts = raw_field(owner.dataset, "text", learned.column)[owner.parts[part]].tolist()
    continuous = bool(owner.dataset.about.get("text", {}).get("continuous"))
    tokens = join_tokens(learned.number_lists(texts), continuous).to(data.device)
    if len(tokens) < 2:
        received = f"{owner.dataset.path}: {len(tokens)} tokens in the part '{part}'"
        raise DataError(received, "at least two", "longer texts, or a larger part")
    characters = sum(map(len, texts)) + (0 if continuous else len(texts))
    first = len(learned.name_of(int(tokens[0]))) if int(tokens[0]) >= len(SPECIAL) else 1
    return TextPart(tokens, max(1, characters - first), _line_break(learned) if continuous else END)


def _line_break(learned: TextPreparation) -> int:
    """The token of a line break, otherwise of a full stop, otherwise the most frequent one."""
    for text in ("\n", "."):
        numbers = learned.number_lists([text])[0]
        if len(numbers) == 1 and numbers[0] >= len(SPECIAL):
            return numbers[0]
    return len(SPECIAL)
