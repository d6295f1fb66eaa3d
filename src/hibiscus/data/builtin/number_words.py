"""Synthetic pairs of texts: numbers in German and in English words, a small task of translation.

    dreitausendzweihunderteinundvierzig        three thousand two hundred and forty-one

In German, the units precede the tens (`einundvierzig`, one-and-forty), and a number is a single word: to
translate it, a network has to find out which parts belong together.
"""

from __future__ import annotations

import numpy as np

__all__ = ["english_words", "german_words", "number_pairs"]

COUNT, LARGEST = 3000, 9999
ENGLISH = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
ENGLISH_TENS = [
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
]  # fmt: skip
GERMAN = [
    "null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf",
    "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn",
]  # fmt: skip
GERMAN_TENS = [
    "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig",
]  # fmt: skip


def number_pairs() -> tuple[list[str], list[str]]:
    """The English and the German words of 3,000 different numbers below 10,000, in random order."""
    numbers = np.random.default_rng(0).permutation(LARGEST + 1)[:COUNT].tolist()
    return [english_words(number) for number in numbers], [german_words(number) for number in numbers]


def english_words(number: int) -> str:
    """The words of a number from 0 to 9,999."""
    if number >= 1000:
        rest = number % 1000
        joined = " and " if rest < 100 else " "
        return f"{ENGLISH[number // 1000]} thousand" + (joined + english_words(rest) if rest else "")
    if number >= 100:
        rest = number % 100
        return f"{ENGLISH[number // 100]} hundred" + (f" and {english_words(rest)}" if rest else "")
    if number < 20:
        return ENGLISH[number]
    tens, units = divmod(number, 10)
    return ENGLISH_TENS[tens - 2] + (f"-{ENGLISH[units]}" if units else "")


def german_words(number: int) -> str:
    """The word of a number from 0 to 9,999."""
    if number >= 1000:
        return f"{_one(number // 1000)}tausend" + (german_words(number % 1000) if number % 1000 else "")
    if number >= 100:
        return f"{_one(number // 100)}hundert" + (german_words(number % 100) if number % 100 else "")
    if number < 20:
        return GERMAN[number]
    tens, units = divmod(number, 10)
    return (f"{_one(units)}und" if units else "") + GERMAN_TENS[tens - 2]


def _one(units: int) -> str:
    """A digit before another part of the word: `ein`, not `eins`."""
    return "ein" if units == 1 else GERMAN[units]
