"""The options with which a user changes how a table is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from hibiscus.data.encoding import check_encoding
from hibiscus.data.tables.time_patterns import check_time_format
from hibiscus.errors import ConfigError, nearest

__all__ = ["CHOSEN_ROLES", "TableOptions"]

TXT_KINDS = ("auto", "table", "text", "lines")
CHOSEN_ROLES = ("number", "category", "text", "time", "group", "ignore")


@dataclass(frozen=True)
class TableOptions:
    """How a table is read, where the user decides it.

    Args:
        role: the role of columns by name, one of `CHOSEN_ROLES`.
        columns: the input columns; all others but the target and the group are left out.
        group: a column whose values keep items together in a split; it is no input.
        header: whether the first line names the columns; detected by default.
        decimal: `point` or `comma`; by default determined for each column.
        day_first: whether `01/02/2020` is in February; by default determined for each column.
        time_format: of times, as `strptime` takes it; by default determined for each column.
        missing: the words that stand for a missing value in columns of names.
        sheet: the sheet of a spreadsheet; by default the first one with a table.
        encoding: of text; by default detected.
        txt_as: whether a `.txt` file is a `table`, a continuous `text`, or has a text on each of its `lines`.
        series: whether each line of a text file, or each row of an array, is a series; by default detected.
    """

    role: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] | None = None
    group: str | None = None
    header: bool | None = None
    decimal: str = "auto"
    day_first: bool | None = None
    time_format: str | None = None
    missing: tuple[str, ...] | None = None
    sheet: str | None = None
    encoding: str | None = None
    txt_as: str = "auto"
    series: bool | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> TableOptions:
        """Checked options.

        Raises:
            ConfigError: an unknown option or role.
        """
        names = [each.name for each in fields(cls)]
        for name in options:
            if name not in names:
                raise ConfigError(
                    f"there is no option '{name}' of data", "an option of data", nearest(name, names)
                )
        given = {name: value for name, value in options.items() if value is not None}
        for name in ("columns", "missing"):
            if isinstance(given.get(name), str):
                given[name] = tuple(part.strip() for part in given[name].split(","))
            elif name in given:
                given[name] = tuple(map(str, given[name]))
        for column, role in dict(given.get("role") or {}).items():
            if role not in CHOSEN_ROLES:
                expected = f"one of: {', '.join(CHOSEN_ROLES)}"
                raise ConfigError(f"role.{column}={role}", expected, nearest(str(role), CHOSEN_ROLES))
        if given.get("decimal", "auto") not in ("auto", "point", "comma"):
            raise ConfigError(f"decimal={given['decimal']}", "auto, point or comma", "leave it out for auto")
        if given.get("txt_as", "auto") not in TXT_KINDS:
            expected = f"one of: {', '.join(TXT_KINDS)}"
            raise ConfigError(f"txt_as={given['txt_as']}", expected, "leave it out for auto")
        if "encoding" in given:
            given["encoding"] = check_encoding(str(given["encoding"]))
        if "time_format" in given:
            check_time_format(str(given["time_format"]))
        return cls(**given)

    @property
    def only_tables(self) -> bool:
        """Whether an option is given that has a meaning for tables only."""
        return any((self.role, self.columns, self.group, self.sheet)) or self.header is not None
