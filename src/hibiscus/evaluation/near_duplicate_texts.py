"""Near-duplicate texts across the parts of a run as a table of the report."""

from __future__ import annotations

import textwrap

from hibiscus.data.dataset import PART_NAMES
from hibiscus.data.prepared import PreparedData
from hibiscus.data.raw_fields import raw_field
from hibiscus.data.text.similar_texts import similar_texts
from hibiscus.evaluation.items import Table
from hibiscus.evaluation.text_parts import is_text
from hibiscus.plurals import plural

__all__ = ["near_duplicate_table"]

MAX_PAIRS = 12
MAX_TEXTS = 20_000  # which takes seconds; of more `hibiscus inspect` tells
WIDTH = 200  # characters shown of a text


def near_duplicate_table(data: PreparedData, part: str) -> Table | None:
    """Pairs of a part and another one; None if there are none, or the part is not of the run's own data."""
    continuous = data.dataset.about.get("text", {}).get("continuous")
    if not is_text(data) or data.training is not None or continuous or len(data.dataset) > MAX_TEXTS:
        return None
    texts = raw_field(data.dataset, "text", data.preparation["text"].column)
    pairs = [pair for pair in similar_texts(texts, data.parts, data.dataset.keys) if part in pair.parts]
    if not pairs:
        return None
    rows = []
    for pair in pairs[:MAX_PAIRS]:
        sides = []
        for name, index in zip(pair.parts, (pair.first, pair.second), strict=True):
            shown = textwrap.shorten(str(texts[index]), WIDTH, placeholder=" …")
            sides.append(f"{PART_NAMES.get(name, name)}, {data.dataset.ids[index]}: {shown}")
        rows.append([f"{100 * pair.similarity:.0f} %", *sides])
    own = set(data.parts[part].tolist())
    copied = len({index for pair in pairs for index in (pair.first, pair.second) if index in own})
    name = PART_NAMES.get(part, part)
    note = (
        f"{copied} of {plural(len(own), 'text')} of the {name} part {'is' if copied == 1 else 'are'} nearly "
        "equal to a text of another part: stretches of five characters agree to at least 70 %. They make the "
        "results too good: remove one of each pair, or keep both in one part."
    )
    return Table("Near-duplicate texts across parts", ["similarity", "text", "nearly equal to"], rows, note)
