"""Small sets of images with boxes, made for the tests of this folder."""

import numpy as np

from data import make_files as make
from hibiscus.data.boxes.boxset import AnnotatedImage, BoxSet

VOC_OBJECT = (
    "<object><name>{name}</name>{more}<difficult>{crowd}</difficult>"
    "<bndbox><xmin>{0}</xmin><ymin>{1}</ymin><xmax>{2}</xmax><ymax>{3}</ymax></bndbox></object>"
)
SIZE = (40, 60)  # height, width


def annotated(root, name, boxes, labels, crowd=(), extra=(), size=SIZE):
    file = make.image(root / name, seed=len(name), size=size)
    return AnnotatedImage(
        file,
        name,
        size,
        np.array(boxes, np.float64).reshape(-1, 4),
        np.array(labels, np.int64),
        np.array(crowd or [False] * len(boxes), bool),
        list(extra) or [{} for _ in boxes],
    )


def small(root, parts=True, floats=False):
    """Five images, one without objects, three classes in an order that is not the alphabet's, one of them
    without a box.
    """
    odd = 1 / 3 if floats else 0
    images = [
        annotated(
            root,
            "a.png",
            [[1, 2, 30 + odd, 40], [5 + odd, 6, 7, 8]],
            [2, 0],
            [True, False],
            [{"pose": "Left"}, {"truncated": 1}],
        ),
        annotated(root, "b 1.png", [], []),
        annotated(root, "c.png", [[0, 0, 60, 40]], [0]),
        annotated(root, "deep/a.png", [[10, 10, 20, 20 + odd]] * 2, [0, 2]),
        annotated(root, "é.png", [[10, 10, 21, 31]], [2]),
    ]
    told = {"train": [0, 1], "val": [2], "test": [3]} if parts else {}
    return BoxSet(root, ("zebra", "unused class", "ant"), images, told, format="made")


def content(boxset):
    """What must be the same after a way there and back, by the images' last names: parts, sizes, boxes,
    labels.
    """
    parts = boxset.part_of()
    return {
        image.name.rsplit("/", 1)[-1]: (parts[i], image.size, image.labels.tolist(), image.boxes)
        for i, image in enumerate(boxset.images)
    }


def same(one, other, exact=False, skip_names=False):
    """Asserts that two sets hold the same; without names, as images in two folders of one name get new
    ones.
    """
    assert one.classes == other.classes
    first, second = content(one), content(other)
    if not skip_names:
        assert list(first) == list(second)
    assert sorted(one.parts) == sorted(other.parts)
    for mine, its in zip(first.values(), second.values(), strict=True):
        assert mine[:3] == its[:3]
        np.testing.assert_allclose(mine[3], its[3], rtol=0, atol=0 if exact else 1e-6)


def voc(root, name, objects, filename=None, part="", size=SIZE, image=True, head=""):
    """One image and its XML; `objects` are (class, four edges) or with more behind."""
    (root / "Annotations").mkdir(parents=True, exist_ok=True)
    if image:
        make.image(root / "JPEGImages" / f"{name}.png", size=size)
    items = "".join(
        VOC_OBJECT.format(
            *one[1], name=one[0], more=one[2] if len(one) > 2 else "", crowd=one[3] if len(one) > 3 else 0
        )
        for one in objects
    )
    told = f"<filename>{filename or name + '.png'}</filename>"
    told += f"<size><width>{size[1]}</width><height>{size[0]}</height></size>"
    (root / "Annotations" / f"{name}.xml").write_text(
        f"{head}<annotation>{told}{items}</annotation>", encoding="utf-8"
    )
    if part:
        lists = root / "ImageSets" / "Main"
        lists.mkdir(parents=True, exist_ok=True)
        with (lists / f"{part}.txt").open("a") as stream:
            stream.write(f"{name}\n")
    return root


def reasons(boxset):
    return "\n".join(one.reason for one in boxset.skipped + boxset.repaired)
