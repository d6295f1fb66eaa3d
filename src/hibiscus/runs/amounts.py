"""How much of a score was predicted, as text."""

from __future__ import annotations

__all__ = ["amount_text"]


def amount_text(quantity: str, amount: float) -> str:
    """The amount of a score that was predicted, as text."""
    if quantity == "value":
        return f"{amount:.4g}"
    text = f"{amount:.0%}".replace("%", " %")
    return f"{text} of the pixels" if quantity == "fraction of pixels" else f"{quantity} {text}"
