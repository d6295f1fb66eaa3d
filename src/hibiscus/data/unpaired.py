"""Two image domains without pairs: folders of `trainA trainB`, two data sets put side by side, their parts, and their batches."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.batch import Batch
from hibiscus.data.batches import mix_seed
from hibiscus.data.dataset import Dataset
from hibiscus.data.images.augment import Augment
from hibiscus.data.images.folder import PART_NAMES, find_images, open_image_files, too_many_bad
from hibiscus.data.images.ops import resize_cover, to_gray, to_rgb
from hibiscus.data.split import make_split
from hibiscus.data.tables.columns import as_texts
from hibiscus.errors import DataError

__all__ = ["DomainBatches", "bring_to_shape", "check_domains", "domain_folders", "join_domains", "open_domain_folder", "split_domains"]


def domain_folders(folder: Path) -> dict[Path, tuple[str, str]]:
    """The part and the domain of each folder called `trainA`, `train_B`, `testA` ...; none unless both have training images."""
    found = {}
    for child in sorted(folder.iterdir()):
        match = re.fullmatch(rf"({'|'.join(PART_NAMES)})[ _-]?([AB])", child.name, re.IGNORECASE)
        if match and child.is_dir():
            found[child] = (PART_NAMES[match[1].lower()], match[2].upper())
    complete = {("train", "A"), ("train", "B")} <= set(found.values())
    return dict(sorted(found.items(), key=lambda item: item[1])) if complete else {}  # A before B


def open_domain_folder(
    folder: Path, progress: Callable[[int, int], None] | None = None, max_bad_fraction: float = 0.05, **shape: Any
) -> Dataset:
    """Opens a folder of `trainA` and `trainB`, perhaps with `valA valB testA testB`.

    Raises:
        DataError: no image in it, or too many bad ones.
    """
    files, where = [], []
    for child, place in domain_folders(folder).items():
        images, _ = find_images(child)
        files += images
        where += [place] * len(images)
    if not files:
        raise DataError(f"{folder}: trainA and trainB are empty", "images in both", "put images there")
    pixels, keys, good, skipped = open_image_files(files, shape.get("image_size"), shape.get("channels"), progress)
    too_many_bad(str(folder), skipped, len(files), max_bad_fraction)
    parts = np.array([where[i][0] for i in good])
    return Dataset(
        name=folder.resolve().name,
        path=str(folder),
        fields={"image": pixels, "domain": np.array([where[i][1] for i in good])},
        ids=[files[i].relative_to(folder).as_posix() for i in good],
        keys=keys,
        parts={part: np.flatnonzero(parts == part) for part in ("train", "val", "test") if part in parts},
        notes=[f"two domains, images brought to {pixels.shape[1]}x{pixels.shape[2]}, {'grey' if pixels.shape[3] == 1 else 'RGB'}"],
        skipped=skipped,
    )


def bring_to_shape(images: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Images uint8 `(items, ...)` at a height, width and number of channels: scaled to fit, the centre cut out, grey made RGB or back."""
    if images.shape[1:] == shape:
        return images
    brought = np.empty((len(images), *shape), np.uint8)
    for place, image in enumerate(images):
        plain = image[..., 0] if image.shape[2] == 1 else image
        colored = to_gray(plain) if shape[2] == 1 else to_rgb(plain)
        brought[place] = resize_cover(colored, shape[:2]).reshape(shape)
    return brought


def join_domains(first: Dataset, second: Dataset, image_size: Any = None, channels: int | None = None) -> Dataset:
    """Two data sets of images as the two domains of one; labels are kept where both tell the same classes.

    Args:
        first: the domain called by its name.
        second: the other.
        image_size: side, or (height, width), that all images are brought to; by default the larger of each side.
        channels: 1 or 3; by default the larger number.

    Raises:
        DataError: one holds no images.
    """
    for dataset in (first, second):
        if "image" not in dataset.fields:
            raise DataError(f"{dataset.path}: it holds {', '.join(dataset.describe_fields().values())}", "images", "another target_domain=")
    images = [dataset.fields["image"] for dataset in (first, second)]
    sides = (image_size, image_size) if isinstance(image_size, int) else image_size
    height, width = sides or (max(x.shape[1] for x in images), max(x.shape[2] for x in images))
    shape = (height, width, channels or max(x.shape[3] for x in images))
    names = [first.name, second.name] if first.name != second.name else [f"{first.name} A", f"{second.name} B"]
    fields = {
        "image": np.concatenate([bring_to_shape(x, shape) for x in images]),
        "domain": np.repeat(names, [len(first), len(second)]),
    }
    classes = [as_texts(dataset.fields["label"]).astype(str) for dataset in (first, second) if "label" in dataset.fields]
    if len(classes) == 2 and set(classes[0]) == set(classes[1]):
        fields["label"] = np.concatenate(classes)
    places = [{part: start + np.asarray(items) for part, items in one.parts.items()} for start, one in ((0, first), (len(first), second))]
    parts = {part: np.concatenate([own[part] for own in places if part in own]) for part in ("train", "val", "test")
             if any(part in own for own in places)}  # fmt: skip
    look = f"two domains, {names[0]} and {names[1]}, images brought to {height}x{width}, {'grey' if shape[2] == 1 else 'RGB'}"
    return Dataset(
        name=f"{first.name}-{second.name}",
        path=first.path,
        fields=fields,
        ids=[f"{name}/{item}" for name, dataset in zip(names, (first, second), strict=True) for item in dataset.ids],
        keys=np.concatenate([first.keys, second.keys]),
        parts=parts,
        notes=[look, *(f"{name}: {note}" for name, dataset in zip(names, (first, second), strict=True) for note in dataset.notes)],
        skipped=[*first.skipped, *second.skipped],
    )


def split_domains(dataset: Dataset, domain: np.ndarray, kind: str, val: float, test: float) -> dict[str, np.ndarray]:
    """The parts, each domain divided by itself, so that one that lacks a part gets it whatever the other came with."""
    found: dict[str, list[np.ndarray]] = {}
    for name in np.unique(domain):
        own = np.flatnonzero(domain == name)
        given = {part: np.intersect1d(items, own) for part, items in dataset.parts.items()}
        given = {part: items for part, items in given.items() if len(items)}
        given.setdefault("train", np.setdiff1d(own, np.concatenate([*given.values(), own[:0]])))
        for part, items in make_split(dataclasses.replace(dataset, parts=given), kind, val, test).items():
            found.setdefault(part, []).append(items)
    return {part: np.sort(np.concatenate(items)) for part, items in found.items()}


def check_domains(path: str, domain: np.ndarray) -> None:
    """Raises DataError unless there are two domains."""
    names = np.unique(as_texts(domain).astype(str))
    if len(names) != 2:
        raise DataError(
            f"{path}: {len(names)} kinds of images ({', '.join(names[:5])}{' ...' if len(names) > 5 else ''})",
            "two domains: a folder of trainA and trainB, one of two folders of images, or to= with the other data",
            "hibiscus train cyclegan photos/ target_domain=paintings/",
        )


class DomainBatches:
    """Endless batches of `a` and `b`: as many images of each domain, each shuffled by itself and taken up anew when it is used up.

    The order of domain `d` in its pass `p` comes from (seed, d, p), so the saved position is one number. An epoch is one pass of the
    smaller domain. Several processes take a slice of each batch.

    Args:
        images: uint8 `(all items, height, width, channels)`.
        members: the items of each domain, as indices into `images`.
        batch_size: images of each domain in a batch; no more than the smaller domain has.
        seed: of orders and augmentation.
        finish: from raw images, and perhaps an augmentation, to what networks take.
        augment: for the images.
        share: `(this process, processes)`.
    """

    def __init__(
        self,
        images: Tensor,
        members: list[np.ndarray],
        batch_size: int,
        seed: int,
        finish: Callable[..., Tensor],
        augment: Augment | None = None,
        share: tuple[int, int] = (0, 1),
    ):
        self.images, self.seed, self.finish = images, seed, finish
        self.members = [torch.from_numpy(np.ascontiguousarray(items, np.int64)) for items in members]
        self.augment, self.share = augment, share
        smaller = min(map(len, members))
        self.batch_size = min(batch_size, smaller)
        self.batches_per_epoch = -(-smaller // self.batch_size)
        self.index = 0
        self._orders: dict[tuple[int, int], Tensor] = {}

    def next(self) -> Any:
        """The next batch."""
        rank, count = self.share
        divided = self.batch_size >= count > 1
        first, last = (rank * self.batch_size // count, (rank + 1) * self.batch_size // count) if divided else (0, self.batch_size)
        fields = {}
        for domain, name in enumerate("ab"):
            chosen = self._items(domain, self.index * self.batch_size, self.batch_size)[first:last]
            fields[name] = self.finish(self.images.index_select(0, chosen), self._change(domain))
        self.index += 1
        batch = Batch(fields)
        if divided:
            batch.share = (first, self.batch_size, count)
        return batch

    def _items(self, domain: int, start: int, count: int) -> Tensor:
        """The items from a place on, of one shuffled pass after another."""
        size, found = len(self.members[domain]), []
        while count:
            number, place = divmod(start, size)
            some = self._order(domain, number)[place : place + count]
            found.append(some)
            start, count = start + len(some), count - len(some)
        return torch.cat(found)

    def _order(self, domain: int, number: int) -> Tensor:
        if (domain, number) not in self._orders:
            self._orders = {key: order for key, order in self._orders.items() if key[0] != domain}
            generator = torch.Generator().manual_seed(mix_seed(self.seed, domain, number))
            own = self.members[domain]
            self._orders[domain, number] = own[torch.randperm(len(own), generator=generator)]
        return self._orders[domain, number]

    def _change(self, domain: int) -> Callable[[Tensor], Tensor] | None:
        augment = self.augment
        if augment is None or not augment.active:
            return None
        generator = torch.Generator().manual_seed(mix_seed(self.seed, domain, self.index, 1 + self.share[0]))
        return lambda images: augment(images, generator)

    def position(self) -> dict[str, Any]:
        """How many batches were given."""
        return {"index": self.index}

    def restore(self, position: dict[str, Any]) -> None:
        """Goes back to a saved position."""
        self.index = position["index"]
