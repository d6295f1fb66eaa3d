"""Whether rows may be counted instead of times: only if no column is named as one, or the user says so."""

from __future__ import annotations

from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import Dataset
from hibiscus.data.tables.time_columns import is_named_time
from hibiscus.data.time_split import time_column
from hibiscus.errors import DataError

__all__ = ["check_time_choice"]


def check_time_choice(dataset: Dataset, options: DataConfig) -> None:
    """Refuses a table whose column of times could not be read as such.

    Args:
        dataset: the data.
        options: of the user; a role that they give to such a column decides.

    Raises:
        DataError: no column was read as times, but one is named like it.
    """
    if time_column(dataset) is not None:
        return
    chosen = {*options.role, *(options.known_future or ())}
    for name, role in dataset.roles.items():
        if is_named_time(name) and name not in chosen and role not in ("target", "group"):
            raise DataError(
                f"{dataset.path}: column '{name}' is named as a time, but read as {role}",
                "a column of times, or rows that are steps in the order of the file",
                f"role.{name}=time (with time_format=, as in time_format=%d.%m.%y, if need be); "
                f"role.{name}=ignore counts the rows instead, role.{name}=number takes it as a variable",
            )
