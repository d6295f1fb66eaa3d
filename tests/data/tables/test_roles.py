"""Roles of columns; those of read tables are tested in test_read."""

import pandas as pd
import pytest

from hibiscus.data.tables.roles import guess_roles, role_notes
from hibiscus.errors import DataError

FRAME = pd.DataFrame(
    {
        "id": range(12),
        "age": [1.5] * 6 + [2.0] * 6,
        "kind": list("ab") * 6,
        "same": [1] * 12,
        "rich": [0, 1] * 6,
    }
)


def test_roles_and_notes():
    roles = guess_roles(FRAME, "rich")
    assert roles == {
        "id": "identifier",
        "age": "number",
        "kind": "category",
        "same": "constant",
        "rich": "target",
    }
    notes = role_notes(roles)
    assert notes[0] == "column 'id' left out: it only identifies the row"
    assert notes[1] == "column 'same' left out: it has the same value in every row"


def test_a_target_is_needed():
    with pytest.raises(DataError, match="no column to predict was given"):
        guess_roles(FRAME)
