"""Which value of masks is which class: by a class list, or by the values themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hibiscus.data.dataset import IGNORED
from hibiscus.data.masks.class_list import MAX_CLASSES, ClassList
from hibiscus.data.masks.mask_values import COLOR, MaskMode, ValueCounts
from hibiscus.errors import DataError

__all__ = ["MAX_EDGE_FRACTION", "MaskClasses", "determine_classes"]

MIN_EDGES = 3  # values between two classes from which they are antialiased edges
MAX_EDGE_FRACTION = 0.5  # of the pixels
LISTED = "list the values in classes.txt to read them otherwise"


@dataclass(frozen=True)
class MaskClasses:
    """The classes of masks.

    Args:
        names: the class names, in the order of their numbers.
        codes: maps the values of `read_values` to class numbers or `IGNORED`.
        mode: how the files are read.
        others: the class of further values: `refuse`, `ignore`, or `nearest` for that of the nearest value.
        notes: what the user should know.
    """

    names: tuple[str, ...]
    codes: dict[int, int]
    mode: MaskMode
    others: str = "refuse"
    notes: tuple[str, ...] = ()


def determine_classes(
    counts: ValueCounts, mode: MaskMode, listed: ClassList | None, path: str = "masks"
) -> MaskClasses:
    """The classes of masks with these values.

    Without a list, 0 and 255 are black and white, numbers from 0 on are classes (and 255 is ignored), a few
    further values on the edges of two areas belong to the nearer of them, and otherwise each value is a
    class.

    Args:
        counts: the values of all masks.
        mode: how the files are read.
        listed: the class list, if there is one.
        path: for messages.

    Raises:
        DataError: too many values, or a list that does not say what the brightest value is.
    """
    solid, edges = _edges(counts)
    if listed is not None:
        return _by_list(counts, mode, listed, solid, edges, path)
    values = solid if edges else sorted(counts.pixels)
    if len(values) > MAX_CLASSES + 1:
        received = f"{path}: the masks have more than {MAX_CLASSES} distinct values"
        raise DataError(received, "a few classes", "add a class list, classes.txt")
    codes, names, notes = _by_values(values)
    if mode.alpha:
        notes.append("the transparency is the mask, as the colors are the same everywhere")
    others = ("nearest" if len(values) == 2 else "ignore") if edges else "refuse"
    if edges:
        notes.append(_edge_note(counts, edges, values, others))
    return MaskClasses(names, codes, mode, others, tuple(notes))


def _edges(counts: ValueCounts) -> tuple[list[int], list[int]]:
    """The values that fill areas, and those that only lie on edges; no edges if they may be classes."""
    solid = [value for value in sorted(counts.pixels) if counts.is_solid(value)]
    edges = [value for value in sorted(counts.pixels) if value not in set(solid)]
    few = sum(counts.pixels[value] for value in edges) < MAX_EDGE_FRACTION * counts.total
    thin_classes = len(solid) > 2 and _dense(sorted(counts.pixels))
    if len(solid) < 2 or len(edges) < MIN_EDGES or not few or thin_classes:
        return sorted(counts.pixels), []
    return solid, edges


def _dense(values: Sequence[int]) -> bool:
    """Whether values are the numbers from 0 on, apart from 255."""
    numbers = [value for value in values if value != IGNORED]
    return numbers == list(range(len(numbers)))


def _by_values(values: Sequence[int]) -> tuple[dict[int, int], tuple[str, ...], list[str]]:
    """The codes and names of the classes, if the values alone tell them."""
    if any(value >= COLOR for value in values):
        codes = {value: number for number, value in enumerate(sorted(values, key=_rgb))}
        return codes, tuple("#{:02x}{:02x}{:02x}".format(*_rgb(value)) for value in codes), []
    if set(values) <= {0, 255}:
        names = {0: "black", 255: "white"}
        return {value: i for i, value in enumerate(values)}, tuple(names[value] for value in values), []
    numbers = [value for value in values if value != IGNORED] if _dense(values) else list(values)
    codes = {value: number for number, value in enumerate(numbers)}
    notes = []
    if not _dense(values):
        shown = ", ".join(map(str, values[:12])) + (" ..." if len(values) > 12 else "")
        notes.append(f"the values {shown} are read as one class each; {LISTED}")
        if IGNORED in values:
            notes.append("255 is a class, as the other values are not 0, 1, 2 ...; '255 void' ignores it")
    elif IGNORED in values:
        notes.append(
            f"255 is of no class, as the other values are 0 to {numbers[-1]}; '255 NAME' in classes.txt "
            "makes it a class"
        )
    return codes | {IGNORED: IGNORED} if _dense(values) else codes, _class_names(numbers), notes


def _class_names(values: Sequence[int]) -> tuple[str, ...]:
    return tuple(f"class {value}" for value in values)


def _rgb(value: int) -> tuple[int, int, int]:
    if value < COLOR:
        return value, value, value
    return (value >> 16) & 255, (value >> 8) & 255, value & 255


def _edge_note(counts: ValueCounts, edges: Sequence[int], values: Sequence[int], others: str) -> str:
    fraction = sum(counts.pixels[value] for value in edges) / counts.total
    what = f"{len(edges):,} further values on the edges ({fraction:.2%} of the pixels)"
    if others == "ignore":
        return f"{what} are of no class; {LISTED}"
    if all(value < COLOR for value in values):
        return f"{what} are read as the nearer of two classes, divided at {sum(values) / 2:g}; {LISTED}"
    return f"{what} are read as the nearer of two classes; {LISTED}"


def _by_list(
    counts: ValueCounts,
    mode: MaskMode,
    listed: ClassList,
    solid: Sequence[int],
    edges: Sequence[int],
    path: str,
) -> MaskClasses:
    codes, notes = dict(listed.codes), []
    values = solid if edges else sorted(counts.pixels)
    if listed.by in ("order", "number") and IGNORED in values and IGNORED not in codes:
        codes, notes = _with_white(values, listed, path)
    black_and_white = values == [0, IGNORED] and len(listed.names) == 2
    if listed.by == "training" and codes.get(IGNORED) == IGNORED and black_and_white:
        codes = {0: 0, IGNORED: 1}  # beside 0 alone, 255 is the object
        first, second = listed.names
        notes.append(f"masks of 0 and 255 alone: 0 is read as {first}, 255 as {second}")
    unknown = [value for value in values if value not in codes]
    others = "refuse"
    if edges and not unknown and any(value not in codes for value in edges):
        others = "nearest" if len(solid) == 2 else "ignore"
        further = [value for value in edges if value not in codes]
        notes.append(_edge_note(counts, further, solid, others))
    used = {codes[value] for value in counts.pixels if value in codes}
    absent = [name for number, name in enumerate(listed.names) if number not in used]
    if absent and len(absent) < len(listed.names) and listed.by != "training":
        notes.append(f"classes of the list without a pixel: {', '.join(absent)}")
    return MaskClasses(listed.names, codes, mode, others, tuple(notes))


def _with_white(values: Sequence[int], listed: ClassList, path: str) -> tuple[dict[int, int], list[str]]:
    """The codes of a list that does not name 255, which is no class, or the last of the list.

    Raises:
        DataError: neither of both is certain.
    """
    others = [value for value in values if value != IGNORED]
    only_background = len(others) <= 1
    in_order = listed.by == "order" and len(values) == len(listed.codes)
    if in_order and (only_background or not set(others) <= set(listed.codes)):
        codes = dict(zip(values, listed.codes.values(), strict=True))
        shown = ", ".join(map(str, values))
        return codes, [f"the values {shown} are the classes of the list in this order"]
    if only_background and len(listed.names) > 1:
        raise DataError(
            f"{path}: the masks have the values {', '.join(map(str, values))}, but the list has "
            f"{len(listed.names)} classes and does not name 255",
            "a list that says what 255 is",
            f"write its number before each name: 0 {listed.names[0]}, 255 {listed.names[-1]} (or 255 void)",
        )
    return {**listed.codes, IGNORED: IGNORED}, []
