"""Valid images with bounding boxes in every format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cases import box_files as box
from data import make_files as make

__all__ = ["BUILDERS", "coco"]

NAMES = ("a.png", "b.png", "c.jpg")
RECTANGLE = {"label": "cat", "points": [[5, 5], [30, 40]], "shape_type": "rectangle", "group_id": None}
POLYGON = {"label": "dog", "points": [[5, 5], [30, 5], [30, 40]], "shape_type": "polygon"}


def _images(folder: Path, *names: str) -> Path:
    return box.images(folder, *(names or NAMES), size=(40, 50))


def coco(folder: Path) -> Path:
    images = [{"id": i, "file_name": name, "width": 50, "height": 40} for i, name in enumerate(NAMES)]
    shapes: list[dict[str, Any]] = [
        {"id": 1, "image_id": 0, "category_id": 1, "bbox": [5, 6, 20, 10], "area": 200, "iscrowd": 0,
         "segmentation": [[5, 6, 25, 6, 25, 16]]},
        {"id": 2, "image_id": 1, "category_id": 2, "bbox": [0, 0, 50, 40], "iscrowd": 1,
         "segmentation": {"size": [40, 50], "counts": [0, 2000]}},
        {"id": 3, "image_id": 2, "category_id": 1, "bbox": [1, 1, 9, 9],
         "segmentation": {"size": [40, 50], "counts": "0_1l0"}},
    ]  # fmt: skip
    categories = ({"id": 1, "name": "cat", "keypoints": ["eye"]}, {"id": 2, "name": "dog"})
    box.coco(_images(folder), shapes, images, categories)
    return folder


def _coco_parts(folder: Path) -> Path:
    for part in ("train", "valid"):
        images = [{"id": i, "file_name": name, "width": 50, "height": 40} for i, name in enumerate(NAMES)]
        shapes = [{"image_id": i, "category_id": 1, "bbox": [5, 6, 20, 10]} for i in range(3)]
        box.coco(_images(folder / part), shapes, images, name="_annotations.coco.json")
    return folder


def _voc(folder: Path) -> Path:
    from data.boxes import box_fixtures as fixtures

    for number, name in enumerate("abcde"):
        objects = [("cat", (1, 2, 30, 35)), ("dog", (3, 4, 20, 20))]
        fixtures.voc(folder, name, objects, part="train" if name < "d" else "val")
        make.image(folder / "JPEGImages" / f"{name}.png", seed=number, size=fixtures.SIZE)
    return folder


def _voc_beside(folder: Path) -> Path:
    _images(folder, "a.png", "b.png", "c.png")
    box.voc(folder, "a", [("cat", 1, 2, 30, 35)], size=(40, 50))
    for name in ("b", "c"):
        box.voc(folder, name, [("dog", 3, 4, 20, 20)])
    return folder


def _yolo(folder: Path) -> Path:
    for part in ("train", "val"):
        _images(folder / "images" / part, "a.png", "b.png", "c.png")
        box.write(folder / "labels" / part / "a.txt", "0 0.5 0.5 0.2 0.3\n1 0.2 0.2 0.1 0.1\n")
        box.write(folder / "labels" / part / "b.txt", "1 0.1 0.1 0.4 0.1 0.4 0.4\n")
    box.write(
        folder / "data.yaml", "path: .\ntrain: images/train\nval: images/val\nnc: 2\nnames: [cat, dog]\n"
    )
    return folder


def _yolo_file(folder: Path) -> Path:
    return _yolo(folder) / "data.yaml"


def _yolo_beside(folder: Path) -> Path:
    _images(folder)
    for name in ("a", "b", "c"):
        box.write(folder / f"{name}.txt", "0 0.5 0.5 0.2 0.3\n")
    box.write(folder / "classes.txt", "cat\ndog\n")
    return folder


def _csv(folder: Path) -> Path:
    lines = [f"{name},{i},2,{20 + i},30,{'cat' if i else 'dog'}" for i, name in enumerate(NAMES)]
    box.table(_images(folder), "filename,xmin,ymin,xmax,ymax,class", *lines)
    return folder


def _csv_sizes(folder: Path) -> Path:
    lines = [f'{name},"[{i}, 2, 10, 12]",cat,50,40' for i, name in enumerate(NAMES)]
    return box.table(_images(folder), "image,bbox,label,width,height", *lines)


def _csv_plain(folder: Path) -> Path:
    return box.table(_images(folder), *(f"{name},1,2,20,30,cat" for name in NAMES))


def _cvat(folder: Path) -> Path:
    shapes = (
        '<box label="cat" xtl="1" ytl="2" xbr="20" ybr="30" occluded="0"/>'
        '<polygon label="dog" points="1,1;9,1;9,9"/>'
        '<mask label="cat" left="1" top="1" width="3" height="3" rle="1, 8"/>'
        '<ellipse label="dog" cx="20" cy="20" rx="5" ry="9" rotation="90"/>'
    )
    images = "".join(
        f'<image id="{i}" name="{n}" width="50" height="40">{shapes}</image>' for i, n in enumerate(NAMES)
    )
    box.write(
        _images(folder) / "annotations.xml", f"<annotations><version>1.1</version>{images}</annotations>"
    )
    return folder


def _cvat_video(folder: Path) -> Path:
    _images(folder, *(f"frame_{i:06}.png" for i in range(3)))
    track = '<track id="0" label="cat">' + "".join(
        f'<box frame="{i}" keyframe="1" outside="0" occluded="0" xtl="1" ytl="2" xbr="20" ybr="30"/>'
        for i in range(3)
    )
    size = "<meta><task><original_size><width>50</width><height>40</height></original_size></task></meta>"
    box.write(folder / "annotations.xml", f"<annotations>{size}{track}</track></annotations>")
    return folder


def _labelme(folder: Path) -> Path:
    for name in ("a", "b", "c"):
        content = {
            "shapes": [RECTANGLE, POLYGON],
            "imagePath": f"{name}.png",
            "imageWidth": 50,
            "imageHeight": 40,
        }
        box.write(folder / f"{name}.json", {**content, "imageData": None})
    return _images(folder, "a.png", "b.png", "c.png")


def _via(folder: Path) -> Path:
    shape = {"name": "rect", "x": 1, "y": 2, "width": 8, "height": 7}
    outline = {"name": "polygon", "all_points_x": [1, 20, 20], "all_points_y": [1, 1, 30]}
    regions = [{"shape_attributes": one, "region_attributes": {"class": "cat"}} for one in (shape, outline)]
    content = {
        f"{name}{i}": {"filename": name, "size": i, "regions": regions} for i, name in enumerate(NAMES)
    }
    box.write(_images(folder) / "via.json", content)
    return folder


def _via_csv(folder: Path) -> Path:
    shape = json.dumps({"name": "rect", "x": 1, "y": 2, "width": 8, "height": 7}).replace('"', '""')
    label = json.dumps({"class": "cat"}).replace('"', '""')
    head = (
        "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes"
    )
    lines = [f'{name},10,"{{}}",1,0,"{shape}","{label}"' for name in NAMES]
    box.table(_images(folder), head, *lines, name="via.csv")
    return folder


def _label_studio(folder: Path) -> Path:
    value = {"x": 10, "y": 20, "width": 30, "height": 60, "rotation": 0, "rectanglelabels": ["cat"]}
    region = {
        "id": "1",
        "type": "rectanglelabels",
        "original_width": 50,
        "original_height": 40,
        "value": value,
    }
    content = [
        {"id": i, "data": {"image": name}, "annotations": [{"result": [region]}]}
        for i, name in enumerate(NAMES)
    ]
    box.write(_images(folder) / "export.json", content)
    return folder


def _createml(folder: Path) -> Path:
    shape = {"label": "cat", "coordinates": {"x": 25, "y": 20, "width": 30, "height": 18}}
    box.write(_images(folder) / "x.json", [{"image": name, "annotations": [shape]} for name in NAMES])
    return folder


def _image_folder(folder: Path) -> Path:
    lines = [
        json.dumps({"file_name": name, "objects": {"bbox": [[1, 2, 9, 9]], "categories": [i]}})
        for i, name in enumerate(NAMES)
    ]
    box.write(_images(folder) / "metadata.jsonl", "\n".join(lines))
    return folder


BUILDERS: dict[str, Callable[[Path], Path]] = {
    "coco": coco,
    "coco-parts": _coco_parts,
    "voc": _voc,
    "voc-beside": _voc_beside,
    "yolo": _yolo,
    "yolo-file": _yolo_file,
    "yolo-beside": _yolo_beside,
    "csv": _csv,
    "csv-sizes": _csv_sizes,
    "csv-plain": _csv_plain,
    "cvat": _cvat,
    "cvat-video": _cvat_video,
    "labelme": _labelme,
    "via": _via,
    "via-csv": _via_csv,
    "label-studio": _label_studio,
    "createml": _createml,
    "image-folder": _image_folder,
}
