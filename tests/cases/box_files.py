"""Small annotated images of the test cases, and what is read from them."""

import json

from data import make_files as make
from hibiscus.data.boxes.formats import read_boxes
from hibiscus.data.open import open_data

SIZE = (80, 100)  # height, width


def images(folder, *names, size=SIZE):
    for number, name in enumerate(names):
        make.image(folder / name, seed=number, size=size)
    return folder


def write(file, content):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def table(folder, *lines, name="labels.csv"):
    return write(folder / name, "\n".join(lines) + "\n")


def boxes_of(path, reading=None):
    """The boxes of each image by its name: class, and rounded edges."""
    found = read_boxes(path, reading=reading)
    return {
        image.name: [
            (found.classes[label], *(round(edge, 6) for edge in box))
            for label, box in zip(image.labels, image.boxes.tolist(), strict=True)
        ]
        for image in found.images
    }


def notes_of(path):
    return "\n".join(read_boxes(path).notes)


def coco(folder, annotations, images, categories=({"id": 1, "name": "cat"},), name="labels.json"):
    content = {"images": images, "annotations": annotations, "categories": list(categories)}
    return write(folder / name, content)


def voc(folder, name, objects, size=None, filename=None):
    """An XML file beside its image; `objects` are a class and four edges."""
    items = "".join(
        f"<object><name>{label}</name><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax>"
        f"<ymax>{y2}</ymax></bndbox></object>"
        for label, x1, y1, x2, y2 in objects
    )
    shape = "" if size is None else f"<size><width>{size[1]}</width><height>{size[0]}</height></size>"
    named = f"<filename>{filename or name + '.png'}</filename>"
    return write(folder / f"{name}.xml", f"<annotation>{named}{shape}{items}</annotation>")


def opened(path, **options):
    return open_data(path, **options)
