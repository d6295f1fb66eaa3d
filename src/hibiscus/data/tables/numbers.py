r"""Numbers as people write them: `1,234.50`, `1.234,50`, `$5`, `12.5%`, `12 kg`, `(3)`, `1.2k`, `1e5`.

The decimal sign and the unit are decided once for a column, on its training part; each text is then read by
this one rule in every file.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from hibiscus.data.tables.text_forms import ISO_TIME, all_digits, has_digits

__all__ = ["PLAIN_NUMBER", "DecimalVotes", "NumberFormat", "count_votes", "is_code", "repeats_a_number"]

PLAIN_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]{1,3})?")  # as Python writes it
LIKE_THOUSANDS = re.compile(r"[-+]?[1-9][0-9]{0,2}\.[0-9]{3}")

CURRENCIES = "$€£¥₹₽₩₺₴₫฿¢"
CURRENCY = (
    rf"(?:US|A|C|HK|NZ|R)?[{CURRENCIES}]|USD|EUR|GBP|CHF|JPY|CNY|INR|RUB|SEK|NOK|DKK|PLN|CZK|Rs\.?|Fr\."
)
NUMBER = re.compile(
    rf"(?P<front>{CURRENCY})?\s*(?P<open>\()?\s*(?P<sign>[-+\u2212\u2013])?\s*(?P<before>{CURRENCY})?\s*"
    r"(?P<sign2>[-+\u2212])?(?P<body>[0-9.,][0-9.,'\u2019_ ]*)"
    r"(?P<exponent>[eE][-+]?[0-9]{1,3}(?![\w]))?\s*"
    rf"(?P<unit>{CURRENCY}|[%\u2030]|°\s?\w?|[^\W\d_][^\s,;()]{{0,11}}(?: [^\W\d_]{{1,8}})?)?"
    r"(?P<after>-)?(?P<close>\))?"
)
SPACES = re.compile("[\u00a0\u2007\u2009\u202f]")
GROUPED = {
    ".": re.compile(r"[1-9][0-9]{0,2}(?:([,'\u2019_ ])[0-9]{3})(?:\1[0-9]{3})*(?:\.[0-9]*)?"),
    ",": re.compile(r"[1-9][0-9]{0,2}(?:([.'\u2019_ ])[0-9]{3})(?:\1[0-9]{3})*(?:,[0-9]*)?"),
}
LAKH = re.compile(r"[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}(?:\.[0-9]*)?")  # 12,34,567.00 in India
PLAIN = {".": re.compile(r"[0-9]+\.?[0-9]*|\.[0-9]+"), ",": re.compile(r"[0-9]+,?[0-9]*|,[0-9]+")}
MAGNITUDES = {
    "k": 1e3, "K": 1e3, "M": 1e6, "Mio": 1e6, "Mio.": 1e6, "B": 1e9, "bn": 1e9, "Mrd": 1e9, "Mrd.": 1e9,
}  # fmt: skip
NO_UNITS = re.compile(
    r"(?i)[ap]\.?m\.?|e|x|(?!([kcdm]?m|ft|in|s)[23]$).*[0-9].*"
)  # 10 pm is a time, 5a7 a code
ORDINALS = {"st": "th", "nd": "th", "rd": "th", "th": "th"}
DIGITS = frozenset("0123456789")
MAX_DIGITS = 15  # more of them do not fit a double, so that different codes would become equal
FIXED = re.compile(r"[-+]?[0-9]+\.([0-9]+)")


@dataclass(frozen=True)
class NumberFormat:
    """How the numbers of a column are written.

    Args:
        decimal: the decimal sign, `.` or `,`; the other one separates thousands.
        unit: what follows (or, for a currency, precedes) every number: `%`, `kg`, `$`; empty for none.
        magnitudes: whether `k`, `M` and `B` multiply the number.
    """

    decimal: str = "."
    unit: str = ""
    magnitudes: bool = False

    def read(self, text: str) -> float | None:
        """The number in a text, None if it is not written in this format; `12.5%` is 12.5."""
        if self.decimal == "." and not self.unit and PLAIN_NUMBER.fullmatch(text):
            return float(text)
        match = _match(text)
        if match is None:
            return None
        number = _body(match["body"].strip(), self.decimal)
        if number is None:
            return None
        unit, factor = _unit(match), 1.0
        if unit and self.magnitudes:
            if unit not in MAGNITUDES:
                return None
            factor = MAGNITUDES[unit]
        elif unit != self.unit and not (unit == "" and (float(number) == 0 or _is_currency(self.unit))):
            return None
        negative = bool(match["open"]) or (match["sign"] or match["sign2"] or match["after"] or "+") != "+"
        value = float(f"{number}{match['exponent'] or ''}") * factor
        return -value if negative else value


@dataclass
class DecimalVotes:
    """How many rows of a column can be numbers with a decimal point or comma only, or with either."""

    point: int = 0
    comma: int = 0
    either: int = 0
    whole: int = 0
    units: Counter[str] | None = None
    example: str = ""

    @property
    def numbers(self) -> int:
        """The rows that can be numbers."""
        return max(self.point, self.comma) + self.either + self.whole


def count_votes(counts: Mapping[str, int]) -> DecimalVotes:
    """Counts what the texts of a column say about its decimal sign and its units."""
    votes, units, plain = DecimalVotes(), Counter[str](), 0
    if all_digits(counts):
        votes.whole = plain = sum(counts.values())
        counts = {}
    elif not has_digits(counts):
        counts = {}
    for text, count in counts.items():
        if PLAIN_NUMBER.fullmatch(text):  # most numbers, much faster than what follows
            _count_plain(votes, text, count)
            plain += count
            continue
        match = None if ISO_TIME.fullmatch(text) else _match(text)
        if match is None:
            continue
        body = match["body"].strip()
        point, comma = _body(body, "."), _body(body, ",")
        if point is None and comma is None:
            continue
        units[_unit(match)] += count
        if point is None:
            votes.comma += count
        elif comma is None:
            votes.point += count
        elif float(point) == float(comma):
            votes.whole += count
        else:
            votes.either += count
            votes.example = votes.example or text
    if plain:
        units[""] += plain
    votes.units = units
    return votes


def _count_plain(votes: DecimalVotes, text: str, count: int) -> None:
    if "." not in text:
        votes.whole += count
    elif LIKE_THOUSANDS.fullmatch(text):
        votes.either += count
        votes.example = votes.example or text
    else:
        votes.point += count


def is_code(text: str) -> bool:
    """Whether digits are a code and no number: a leading zero (`01067`), or too many of them for a number."""
    digits = text.lstrip("+-")
    leading_zero = digits[:1] == "0" and digits[1:2] in DIGITS
    return leading_zero or (len(digits) > MAX_DIGITS and digits.isdecimal())


def repeats_a_number(texts: Mapping[str, int], strict: bool = False) -> bool:
    """Whether texts such as `1.1` and `1.10` differ, although they are one number.

    Args:
        texts: the distinct texts.
        strict: already when a trailing zero is not due to a fixed number of decimals.
    """
    matches = {text: match for text in texts if (match := FIXED.fullmatch(text))}
    padded = [text for text, match in matches.items() if len(match[1]) > 1 and text.endswith("0")]
    lengths = {len(match[1]) for match in matches.values()}
    if not padded or (len(lengths) == 1 and len(texts) == len(matches) and (not strict or len(texts) > 20)):
        return False
    values = Counter(float(text) for text in texts if re.fullmatch(r"[-+]?[0-9]+(\.[0-9]*)?", text))
    return strict or any(values[float(text)] > 1 for text in padded)


def _match(text: str) -> re.Match[str] | None:
    match = NUMBER.fullmatch(SPACES.sub(" ", text if text.isascii() else _ascii_digits(text)))
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    signs = [match["sign"], match["sign2"], match["after"], match["open"]]
    currencies = [match["front"], match["before"], _is_currency(match["unit"] or "") or None]
    too_many = any(sum(part is not None for part in parts) > 1 for parts in (signs, currencies))
    return None if too_many or (match["unit"] and NO_UNITS.fullmatch(match["unit"])) else match


def _ascii_digits(text: str) -> str:
    """The text with the digits of any script as 0 to 9."""
    return "".join(str(unicodedata.decimal(char, char)) for char in text)


def _unit(match: re.Match[str]) -> str:
    """The unit without a plural ending; a magnitude before that of a currency (`$1.2M`)."""
    unit = (match["unit"] or "").replace(" ", "") or match["before"] or match["front"] or ""
    unit = ORDINALS.get(unit, unit)
    return unit[:-1] if len(unit) > 3 and unit.endswith("s") else unit


def _is_currency(unit: str) -> bool:
    return bool(re.fullmatch(CURRENCY, unit))


def _body(body: str, decimal: str) -> str | None:
    """The digits as Python writes them, None if they are not written with this decimal sign."""
    if PLAIN[decimal].fullmatch(body):
        return body.replace(",", ".")
    if GROUPED[decimal].fullmatch(body) or (decimal == "." and LAKH.fullmatch(body)):
        whole, _, fraction = body.partition(decimal)
        return re.sub(r"[^0-9]", "", whole) + "." + fraction
    return None
