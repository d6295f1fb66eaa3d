"""Annotations as people have them: each is read right, or refused with its cause."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from cases.box_files import boxes_of, coco, images, notes_of, opened, table, voc, write
from hibiscus.data.boxes.box_reading import BoxReading
from hibiscus.data.boxes.formats import read_boxes
from hibiscus.data.open import open_data
from hibiscus.errors import DataError

CAT = ("cat", 10.0, 16.0, 40.0, 64.0)
SQUARE = {"a.png": [CAT]}


# Boxes held against their image


@pytest.mark.parametrize("format", ["csv", "coco", "voc"])
def test_shares_of_the_sides_are_scaled(tmp_path, format):
    images(tmp_path, "a.png")
    if format == "csv":
        table(tmp_path, "filename,xmin,ymin,xmax,ymax,class", "a.png,0.1,0.2,0.4,0.8,cat")
    elif format == "coco":
        box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0.1, 0.2, 0.3, 0.6]}
        coco(tmp_path, [box], [{"id": 1, "file_name": "a.png"}])
    else:
        voc(tmp_path, "a", [("cat", 0.1, 0.2, 0.4, 0.8)])
    assert boxes_of(tmp_path) == SQUARE
    assert "read as fractions of the image's sides (box_units=pixels" in notes_of(tmp_path)


def test_a_share_among_pixels_is_no_box_of_a_pixel(tmp_path):
    images(tmp_path, "a.png", "b.png")
    table(
        tmp_path, "filename,xmin,ymin,xmax,ymax,class",
        "a.png,10,16,40,64,cat", "b.png,0.1,0.2,0.4,0.8,cat", "b.png,10,16,40,64,cat",
    )  # fmt: skip
    found = read_boxes(tmp_path)
    assert (found.count, found.faults, found.lost) == (2, {"smaller than a pixel": 1}, 1)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("filename,width,height,class,x,y,w,h", "a.png,100,80,cat,10,16,30,48"),
        ("filename,x,y,width,height,class", "a.png,10,16,30,48,cat"),
        ("filename,cx,cy,w,h,class", "a.png,25,40,30,48,cat"),
        ("image_id,width,height,bbox,class", 'a,100,80,"[10.0, 16.0, 30.0, 48.0]",cat'),
        ("ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax", "a,x,cat,1,0.1,0.4,0.2,0.8"),
        ("filename,width,height,class,xmin,ymin,xmax,ymax", "a.png,100,80,cat,10,16,40,64"),
        ("path;left;top;right;bottom;label", "C:\\data\\a.png;10;16;40;64;cat"),
        ("path,xmin,ymin,xmax,ymax,label", "/home/someone/set/images/a.png,10,16,40,64,cat"),
        ("split,file,xmin,ymin,xmax,ymax,label", "train,a.png,10,16,40,64,cat"),
    ],
)
def test_columns_of_boxes(tmp_path, header, row):
    images(tmp_path / "images", "a.png")
    table(tmp_path, header, row)
    assert boxes_of(tmp_path) == {"images/a.png": [CAT]}


def test_x_and_y_are_the_center_where_only_that_fits(tmp_path):
    images(tmp_path, "a.png")
    table(tmp_path, "filename,x,y,width,height,class", "a.png,25,40,30,48,cat", "a.png,80,60,40,40,cat")
    assert boxes_of(tmp_path)["a.png"][1] == ("cat", 60, 40, 100, 80)
    assert "so boxes are read as center x, center y" in notes_of(tmp_path)
    ambiguous = images(tmp_path / "other", "a.png")
    table(ambiguous, "filename,x,y,width,height,class", "a.png,50,40,20,20,cat")
    assert boxes_of(ambiguous)["a.png"] == [("cat", 50, 40, 70, 60)]
    assert "box_edges=cxcywh for center x" in notes_of(ambiguous)
    assert boxes_of(ambiguous, BoxReading(edges="cxcywh"))["a.png"] == [("cat", 40, 30, 60, 50)]


def test_corners_that_may_be_sizes_are_refused(tmp_path):
    images(tmp_path, "a.png")
    table(tmp_path, "filename,xmin,ymin,xmax,ymax,class", "a.png,50,40,20,10,cat", "a.png,10,10,60,40,cat")
    with pytest.raises(
        DataError, match=r"(?s)1 of 2 boxes do not fit .* box_edges=xywh or box_edges=corners"
    ):
        read_boxes(tmp_path)
    assert boxes_of(tmp_path, BoxReading(edges="xywh"))["a.png"][0] == ("cat", 50, 40, 70, 50)
    assert boxes_of(tmp_path, BoxReading(edges="corners"))["a.png"][0] == ("cat", 20, 10, 50, 40)


def test_coco_with_corners(tmp_path):
    images(tmp_path, "a.png")
    found = [
        {"id": i, "image_id": 1, "category_id": 1, "bbox": box}
        for i, box in enumerate(([10, 16, 40, 64], [60, 20, 90, 70]))
    ]
    coco(tmp_path, found, [{"id": 1, "file_name": "a.png"}])
    assert boxes_of(tmp_path) == {"a.png": [CAT, ("cat", 60, 20, 90, 70)]}
    assert "so boxes are read as xmin, ymin, xmax, ymax" in notes_of(tmp_path)


def yolo(folder, *lines, yaml="train: images\nnc: 1\nnames: [cat]\n", name="a"):
    images(folder / "images", f"{name}.png")
    write(folder / "labels" / f"{name}.txt", "\n".join(lines) + "\n")
    return write(folder / "data.yaml", yaml)


@pytest.mark.parametrize(
    ("line", "more"),
    [
        ("0 .5 .5 .2 .4 .45 .45 .5 .5 .55 .52", ""),
        ("0 .5 .5 .2 .4 .45 .45 2 .5 .5 1 0 0 0", ""),
        ("0 .5 .5 .2 .4 .9 .9 .1 .1 .2 .2", "kpt_shape: [3, 2]\n"),
    ],
)
def test_keypoints_follow_their_box(tmp_path, line, more):
    yolo(tmp_path, line, yaml=f"train: images\nnames: {{0: cat}}\n{more}")
    assert boxes_of(tmp_path) == {"images/a.png": [("cat", 40, 24, 60, 56)]}
    assert "keypoints" in notes_of(tmp_path)


@pytest.mark.parametrize(
    "line", ["0 .1 .2 .4 .2 .4 .8 .1 .8", "0 .25 .2 .4 .5 .25 .8 .1 .5", "0 .25 .5 .3 .6"]
)
def test_rotated_boxes_and_outlines(tmp_path, line):
    yolo(tmp_path, line)
    assert boxes_of(tmp_path) == {"images/a.png": [CAT]}


def exif(folder, name, orientation, size=(60, 100)):
    """A photo with an orientation; `size` is (height, width) of the stored pixels."""
    folder.mkdir(parents=True, exist_ok=True)
    tags = Image.Exif()
    tags[0x0112] = orientation
    Image.fromarray(np.zeros((*size, 3), np.uint8)).save(folder / name, exif=tags)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_of_stored_pixels_turn_with_the_image(tmp_path, orientation):
    exif(tmp_path, "a.jpg", orientation)
    exif(tmp_path, "b.jpg", 6)
    voc(tmp_path, "a", [("cat", 10, 20, 40, 50)], size=(60, 100), filename="a.jpg")
    voc(tmp_path, "b", [("cat", 70, 20, 90, 50)], size=(60, 100), filename="b.jpg")
    mask = np.zeros((60, 100), np.uint8)
    mask[20:50, 10:40] = 255
    tags = Image.Exif()
    tags[0x0112] = orientation
    Image.fromarray(mask).save(tmp_path / "mask.png", exif=tags)
    from hibiscus.data.images.decode import open_image

    rows, columns = np.nonzero(open_image(tmp_path / "mask.png"))
    (tmp_path / "mask.png").unlink()
    expected = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert boxes_of(tmp_path)["a.jpg"] == [("cat", *map(float, expected))]
    assert boxes_of(tmp_path)["b.jpg"] == [("cat", 10, 70, 40, 90)]
    assert "refer to the stored pixels and are turned with the image" in notes_of(tmp_path)


def test_boxes_of_upright_photos_stay(tmp_path):
    exif(tmp_path, "a.jpg", 6)
    voc(tmp_path, "a", [("cat", 10, 20, 40, 50)], size=(100, 60), filename="a.jpg")
    assert boxes_of(tmp_path)["a.jpg"] == [("cat", 10, 20, 40, 50)]
    assert "EXIF orientation: their boxes are read as of the upright image" in notes_of(tmp_path)
    stored = boxes_of(tmp_path, BoxReading(orientation="stored"))
    assert stored["a.jpg"] == [("cat", 10, 10, 40, 40)]


def test_images_resized_after_annotation(tmp_path):
    images(tmp_path, "a.png", "b.png")
    voc(tmp_path, "a", [("cat", 20, 32, 80, 128)], size=(160, 200))
    voc(tmp_path, "b", [("cat", 150, 100, 200, 160)], size=(160, 200))
    assert boxes_of(tmp_path) == {"a.png": [CAT], "b.png": [("cat", 75, 50, 100, 80)]}
    assert "with which their boxes are scaled: 2" in notes_of(tmp_path)


def test_many_boxes_of_an_unknown_class_are_too_many(tmp_path):
    yolo(tmp_path, *["0 .5 .5 .2 .4"] * 1, *(f"7 .{i} .5 .2 .4" for i in range(2, 8)))
    yolo(tmp_path, "7 .5 .5 .2 .4", name="b")
    found = read_boxes(tmp_path)
    assert [image.name for image in found.images] == ["images/a.png"]  # the other is no background
    assert (found.lost, found.lost_images) == (7, 1)
    with pytest.raises(
        DataError, match=r"7 of 8 boxes cannot be used: boxes of an unknown class \(skipped\): 7"
    ) as e:
        opened(tmp_path)
    assert "a.txt, line 2: class 7" in str(e.value)
    assert "max_bad_fraction=0.88" in e.value.fix
    assert len(opened(tmp_path, max_bad_fraction=0.9)) == 1


def test_identical_boxes_count_once(tmp_path):
    yolo(tmp_path, "0 .25 .5 .3 .6", "0 .25 .5 .3 .6", "0 .5 .5 .3 .6")
    assert len(boxes_of(tmp_path)["images/a.png"]) == 2
    assert "identical to another of their image and class (counted once): 1" in notes_of(tmp_path)


# The cause is known, and the message carries it


@pytest.mark.parametrize(("image_id", "of_box", "category"), [("1", 1, "1"), (1, "1", 1.0), (1.0, 1, "1")])
def test_coco_ids_are_compared_as_text(tmp_path, image_id, of_box, category):
    images(tmp_path, "a.png")
    box = {"id": 1, "image_id": of_box, "category_id": category, "bbox": [10, 16, 30, 48]}
    coco(tmp_path, [box], [{"id": image_id, "file_name": "a.png"}])
    assert boxes_of(tmp_path) == SQUARE


@pytest.mark.parametrize(
    "segmentation",
    [
        [[10, 16, 40, 16, 40, 64, 10, 64]],
        [[10, 16, 20, 16, 20, 30], [30, 50, 40, 50, 40, 64]],
        {"size": [80, 100], "counts": [10 * 80 + 16, *([48, 32] * 30)[:-1], 80 * 60 + 16]},
    ],
)
@pytest.mark.parametrize("bbox", [[], None, [0, 0, 0, 0]])
def test_coco_outlines_without_boxes(tmp_path, segmentation, bbox):
    images(tmp_path, "a.png")
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": bbox, "segmentation": segmentation}
    coco(tmp_path, [box], [{"id": 1, "file_name": "a.png", "height": 80, "width": 100}])
    assert boxes_of(tmp_path) == SQUARE


@pytest.mark.parametrize("lines", [["1 .5 .5 .2 .4"], ["1 .5 .5 .2 .4", "2 .3 .3 .2 .2"]])
def test_class_ids_from_one(tmp_path, lines):
    names = ["cat", "dog"][: len(lines)]
    yolo(tmp_path, *lines, yaml=f"train: images\nnc: {len(lines)}\nnames: {names}\n")
    with pytest.raises(DataError, match=r"none of class 0, with nc: \d \(0 cat") as error:
        read_boxes(tmp_path)
    assert "class ids that count from 0" in str(error.value)


@pytest.mark.parametrize("place", ["", "images", "obj_train_data"])
def test_label_files_beside_the_images(tmp_path, place):
    images(tmp_path / place, "a.png", "b.png", "new.png")
    write(tmp_path / place / "a.txt", "1 .25 .5 .3 .6\n")
    write(tmp_path / place / "b.txt", "")
    names = (
        tmp_path
        / (place if place != "obj_train_data" else "")
        / ("classes.txt" if place != "obj_train_data" else "obj.names")
    )
    write(names, "dog\ncat\n")
    found = {name.rsplit("/", 1)[-1]: boxes for name, boxes in boxes_of(tmp_path).items()}
    assert found == {"a.png": [CAT], "b.png": []}
    assert "images without an annotation (left out): 1" in notes_of(tmp_path)


def test_cvat(tmp_path):
    images(tmp_path / "images", "a.png", "b.png", "frame_000003.png")
    shapes = '<box label="cat" xtl="10" ytl="16" xbr="40" ybr="64" occluded="0"/>'
    shapes += '<polygon label="dog" points="1,2;30,2;30,40"/><points label="eye" points="1,2"/>'
    shapes += '<box label="turned" xtl="40" ytl="30" xbr="60" ybr="50" rotation="90"/>'
    track = '<track id="0" label="cat"><box frame="3" outside="0" xtl="10" ytl="16" xbr="40" ybr="64"/>'
    track += '<box frame="4" outside="1" xtl="10" ytl="16" xbr="40" ybr="64"/></track>'
    write(
        tmp_path / "annotations.xml",
        f'<annotations><image id="0" name="a.png" width="100" height="80">{shapes}</image>'
        f'<image id="1" name="b.png" width="100" height="80"/>{track}</annotations>',
    )
    found = boxes_of(tmp_path)
    assert found["images/a.png"] == [CAT, ("dog", 1, 2, 30, 40), ("turned", 40, 30, 60, 50)]
    assert (found["images/b.png"], found["images/frame_000003.png"]) == ([], [CAT])
    assert "shapes without a box (skipped): 1" in notes_of(tmp_path)


@pytest.mark.parametrize("path", ["a.png", "..\\images\\a.png", "/home/someone/a.png", ""])
def test_labelme(tmp_path, path):
    images(tmp_path, "a.png")
    shapes = [
        {"label": "cat", "points": [[40, 64], [10, 16]], "shape_type": "rectangle"},
        {"label": "dog", "points": [[1, 1], [9, 1], [9, 9]], "shape_type": "polygon", "group_id": 4},
        {"label": "dog", "points": [[20, 20], [29, 20], [29, 30]], "shape_type": "polygon", "group_id": 4},
        {"label": "ball", "points": [[50, 40], [53, 44]], "shape_type": "circle"},
        {"label": "nose", "points": [[50, 40]], "shape_type": "point"},
    ]
    content = {"version": "5.0", "flags": {}, "shapes": shapes, "imagePath": path, "imageData": None}
    write(tmp_path / "a.json", {**content, "imageHeight": 80, "imageWidth": 100})
    found = boxes_of(tmp_path)
    assert found == {"a.png": [CAT, ("dog", 1, 1, 29, 30), ("ball", 45, 35, 55, 45)]}


VIA = [
    {"shape_attributes": {"name": "rect", "x": 10, "y": 16, "width": 30, "height": 48}},
    {"shape_attributes": {"name": "polygon", "all_points_x": [1, 30, 30], "all_points_y": [2, 2, 40]}},
    {"shape_attributes": {"name": "ellipse", "cx": 50, "cy": 40, "rx": 5, "ry": 10, "theta": 0}},
    {"shape_attributes": {"name": "point", "cx": 50, "cy": 40}},
]


@pytest.mark.parametrize("version", [1, 2, "project", "csv"])
def test_via(tmp_path, version):
    images(tmp_path, "a.png", "b.png")
    labels = [{"class": "cat"}, {"class": "dog"}, {"class": {"egg": True}}, {"class": "nose"}]
    regions = [{**region, "region_attributes": label} for region, label in zip(VIA, labels, strict=True)]
    as_given = {str(i): region for i, region in enumerate(regions)} if version == 1 else regions
    entries = {
        "a.png123": {"filename": "a.png", "size": 123, "regions": as_given, "file_attributes": {}},
        "b.png9": {
            "filename": "b.png",
            "size": 9,
            "regions": {} if version == 1 else [],
            "file_attributes": {},
        },
    }
    if version == "csv":
        lines = [
            "#filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes"
        ]
        for i, region in enumerate(regions):
            texts = [
                json.dumps(region[name]).replace('"', '""')
                for name in ("shape_attributes", "region_attributes")
            ]
            lines.append(f'a.png,123,"{{}}",4,{i},"{texts[0]}","{texts[1]}"')
        table(tmp_path, *lines, 'b.png,9,"{}",0,0,"{}","{}"', name="via.csv")
    else:
        content = {"_via_settings": {}, "_via_img_metadata": entries} if version == "project" else entries
        write(tmp_path / "via.json", content)
    found = boxes_of(tmp_path)
    assert found == {"a.png": [CAT, ("dog", 1, 2, 30, 40), ("egg", 45, 30, 55, 50)], "b.png": []}
    assert read_boxes(tmp_path).format == "via"


LABEL_STUDIO = {"x": 10, "y": 20, "width": 30, "height": 60, "rotation": 0, "rectanglelabels": ["cat"]}


@pytest.mark.parametrize(
    "image", ["/data/upload/3/1a2b3c4d-a.png", "/data/local-files/?d=photos/a.png", "s3://x/a.png"]
)
def test_label_studio(tmp_path, image):
    images(tmp_path / "images", "a.png", "b.png")
    sides = {"original_width": 100, "original_height": 80}
    polygon = {"points": [[10, 20], [40, 20], [40, 80]], "polygonlabels": ["dog"]}
    turned = {"x": 50, "y": 50, "width": 10, "height": 25, "rotation": 90, "rectanglelabels": ["turned"]}
    results = [
        {"id": "r", "type": "rectanglelabels", "value": LABEL_STUDIO, **sides},
        {"id": "s", "type": "polygonlabels", "value": polygon, **sides},
        {"id": "t", "type": "rectanglelabels", "value": turned, **sides},
        {"type": "relation", "from_id": "r", "to_id": "s", "direction": "right"},
    ]  # fmt: skip
    tasks = [
        {
            "id": 1,
            "data": {"image": image},
            "annotations": [{"was_cancelled": True, "result": []}, {"result": results}],
        },
        {"id": 2, "data": {"image": "b.png"}, "annotations": [{"result": []}]},
        {"id": 3, "data": {"image": "b.png"}, "annotations": []},
    ]
    write(tmp_path / "export.json", tasks)
    found = boxes_of(tmp_path)
    assert found["images/a.png"] == [CAT, ("dog", 10, 16, 40, 64), ("turned", 30, 40, 50, 50)]
    assert found["images/b.png"] == []
    assert "annotation is missing or was canceled (left out): 1" in notes_of(tmp_path)


def test_label_studio_min(tmp_path):
    images(tmp_path, "a.png")
    region = {**LABEL_STUDIO, "original_width": 100, "original_height": 80}
    write(
        tmp_path / "export.json",
        [{"image": "/data/upload/1a2b3c4d-a.png", "id": 1, "label": [region], "annotator": 1}],
    )
    assert boxes_of(tmp_path) == SQUARE


@pytest.mark.parametrize("kind", ["coco", "yolo", "voc", "csv", "createml", "darknet"])
def test_roboflow_exports(tmp_path, kind):
    for part in ("train", "valid"):
        folder = images(tmp_path / part / ("images" if kind == "yolo" else ""), "a.png")
        if kind == "coco":
            box = {"id": 0, "image_id": 0, "category_id": 1, "bbox": [10, 16, 30, 48], "area": 1440}
            both = [{"id": 0, "name": "animals", "supercategory": "none"}, {"id": 1, "name": "cat"}]
            coco(
                folder,
                [box],
                [{"id": 0, "file_name": "a.png", "height": 80, "width": 100}],
                both,
                "_annotations.coco.json",
            )
        elif kind == "yolo":
            write(tmp_path / part / "labels" / "a.txt", "0 0.25 0.5 0.3 0.6")
            write(
                tmp_path / "data.yaml",
                "train: ../train/images\nval: ../valid/images\ntest: ../test/images\nnc: 1\nnames: ['cat']\n",
            )
            (tmp_path / "test" / "images").mkdir(parents=True, exist_ok=True)
        elif kind == "voc":
            voc(folder, "a", [CAT], size=(80, 100))
        elif kind == "csv":
            table(
                folder,
                "filename,width,height,class,xmin,ymin,xmax,ymax",
                "a.png,100,80,cat,10,16,40,64",
                name="_annotations.csv",
            )
        elif kind == "createml":
            shape = {"label": "cat", "coordinates": {"x": 25, "y": 40, "width": 30, "height": 48}}
            write(folder / "_annotations.createml.json", [{"image": "a.png", "annotations": [shape]}])
        else:
            write(folder / "a.txt", "0 0.25 0.5 0.3 0.6")
            write(folder / "_darknet.labels", "cat\n")
    found = boxes_of(tmp_path)
    assert list(found.values()) == [[CAT], [CAT]]
    assert sorted(read_boxes(tmp_path).parts) == ["train", "val"]


@pytest.mark.parametrize(
    "row",
    ["{},10,16,40,64,cat", "{},cat,10,16,40,64", "TRAIN,{},cat,10,16,,,40,64,,", "{} 10 16 40 64 cat"],
)
def test_tables_without_a_header(tmp_path, row):
    images(tmp_path / "images", "a.png", "b.png")
    rows = [row.format(f"images/{name}.png") for name in "ab"]
    if " " in row:  # not a table
        table(tmp_path, *rows)
        with pytest.raises(DataError, match=r"no boxes in a known format; passed over: labels\.csv"):
            read_boxes(tmp_path)
        return
    if "TRAIN" in row:
        rows = [line.replace("10,16,,,40,64", "0.1,0.2,,,0.4,0.8") for line in rows]
    table(tmp_path, *rows)
    assert boxes_of(tmp_path) == {"images/a.png": [CAT], "images/b.png": [CAT]}
    assert "without a header, read as" in notes_of(tmp_path)


def test_a_table_without_a_header_and_class_numbers(tmp_path):
    images(tmp_path, "a.png")
    table(tmp_path, "a.png,10,16,40,64,2", "a.png,1,2,30,40,7")
    assert boxes_of(tmp_path) == {"a.png": [("2", 10, 16, 40, 64), ("7", 1, 2, 30, 40)]}


def test_image_folder_with_objects(tmp_path):
    images(tmp_path, "a.png", "b.png")
    lines = [
        {"file_name": "a.png", "objects": {"bbox": [[10, 16, 30, 48]], "categories": ["cat"]}},
        {"file_name": "b.png", "objects": {"bbox": [], "categories": []}},
    ]
    table(tmp_path, *map(json.dumps, lines), name="metadata.jsonl")
    assert boxes_of(tmp_path) == {"a.png": [CAT], "b.png": []}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.xml", "<scene><thing/></scene>", r"notes\.xml \(root <scene>\)"),
        ("data.json", '{"frames": [], "version": 3}', r"data\.json \(keys frames, version\)"),
        ("boxes.txt", "a.png 1 2 3 4", r"boxes\.txt \(first line 'a\.png 1 2 3 4'\)"),
    ],
)
def test_files_that_were_passed_over_are_named(tmp_path, name, content, said):
    write(images(tmp_path, "a.png") / name, content)
    with pytest.raises(DataError, match=f"passed over: {said}"):
        read_boxes(tmp_path)


@pytest.mark.parametrize(
    ("box", "said"),
    [
        ({"image_id": 5}, "annotations without an image"),
        ({"category_id": 5}, "boxes of an unknown class"),
        ({"bbox": [200, 200, 9, 9]}, "boxes completely outside their image"),
        ({"bbox": "x"}, "malformed entries"),
    ],
)
def test_data_without_a_usable_box_names_the_commonest_fault(tmp_path, box, said):
    images(tmp_path, "a.png", "b.png")
    sound = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 16, 30, 48]}
    pictures = [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "b.png"}]
    coco(tmp_path, [{**sound, **box}] * 3, pictures)
    with pytest.raises(DataError, match=rf"{said} \(skipped\): 3, first .*annotations\[0\]"):
        opened(tmp_path)


def test_a_class_that_vanishes_is_named(tmp_path):
    images(tmp_path, "a.png")
    table(
        tmp_path, "filename,xmin,ymin,xmax,ymax,class",
        "a.png,10,16,40,64,cat", "a.png,210,16,240,64,dog", "a.png,10,20,40,64,Cat",
    )  # fmt: skip
    notes = notes_of(tmp_path)
    assert "class dog: all of its boxes were skipped (1)" in notes
    assert "Cat and cat are different classes" in notes


# Paths


def test_lists_and_paths_of_another_machine(tmp_path):
    yolo(
        tmp_path,
        "0 .25 .5 .3 .6",
        yaml="path: /home/other/set\ntrain: /home/other/set/train.txt\nnames:\n  0: cat\n",
    )
    write(tmp_path / "train.txt", "/home/other/set/images/a.png\n")
    found = read_boxes(tmp_path)
    assert (found.parts, boxes_of(tmp_path)) == ({"train": [0]}, {"images/a.png": [CAT]})
    assert found.faults == {"path resolved": 1}


def test_one_name_in_two_folders(tmp_path):
    images(tmp_path, "x/a.png", "y/a.png")
    table(
        tmp_path, "filename,xmin,ymin,xmax,ymax,class",
        "a.png,10,16,40,64,cat", "x/a.png,10,16,40,64,dog", "/data/set/y/a.png,10,16,40,64,cow",
    )  # fmt: skip
    assert boxes_of(tmp_path) == {"x/a.png": [("dog", *CAT[1:])], "y/a.png": [("cow", *CAT[1:])]}
    assert "annotations without an image (skipped): 1" in notes_of(tmp_path)


def test_an_image_of_another_part_is_not_taken(tmp_path):
    images(tmp_path, "val/a.png", "val/b.png")
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 16, 30, 48]}
    found = [box, {**box, "id": 2, "image_id": 2}]
    coco(tmp_path, found, [{"id": 1, "file_name": "train/a.png"}, {"id": 2, "file_name": "val/b.png"}])
    assert boxes_of(tmp_path) == {"val/b.png": [CAT]}


def test_images_listed_without_boxes_are_background(tmp_path):
    images(tmp_path, "a.png", "b.png", "unlisted.png")
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 16, 30, 48]}
    coco(tmp_path, [box], [{"id": i, "file_name": f"{name}.png"} for i, name in ((1, "a"), (2, "b"))])
    assert boxes_of(tmp_path) == {"a.png": [CAT], "b.png": []}
    assert "images without an annotation (left out): 1" in notes_of(tmp_path)


def test_pixels_in_yolo_files_are_named(tmp_path):
    yolo(tmp_path, "0 25 40 30 48")
    with pytest.raises(DataError, match="not fractions of the image's sides"):
        opened(tmp_path)
    assert boxes_of(tmp_path, BoxReading(units="pixels")) == {"images/a.png": [CAT]}


def test_labels_that_do_not_spell_back_stay_text(tmp_path):
    images(tmp_path, "a.png")
    rows = [f"a.png,10,{16 + i},40,64,{label}" for i, label in enumerate(("1", "01", "1.0", "1e0"))]
    table(tmp_path, "filename,xmin,ymin,xmax,ymax,class", *rows)
    assert [label for label, *_ in boxes_of(tmp_path)["a.png"]] == ["1", "01", "1", "1e0"]


def test_options_and_files(tmp_path):
    """A file of annotations is data too, and the options of boxes reach it."""
    images(tmp_path, "a.png")
    file = table(tmp_path, "filename,x,y,width,height,class", "a.png,25,40,30,32,cat")
    by_option = opened(file, box_edges="cxcywh").fields["boxes"][0, 0]
    np.testing.assert_allclose(by_option, [0.1, 0.3, 0.4, 0.7, 0], atol=1e-6)
    np.testing.assert_allclose(opened(tmp_path).fields["boxes"][0, 0, :2], [0.25, 0.5], atol=1e-6)
    assert opened(file, target="class").fields["label"].tolist() == ["cat"]  # images with a label
    write(
        tmp_path / "x.xml",
        '<annotations><image name="a.png"><box label="b" xtl="1" ytl="2" xbr="3" ybr="9"/></image>'
        "</annotations>",
    )
    assert opened(tmp_path / "x.xml").names == {"boxes": ("b",)}


def test_numbers_up_to_a_hundred_in_large_images_are_questioned(tmp_path):
    images(tmp_path, "a.png", size=(400, 500))
    table(tmp_path, "filename,xmin,ymin,xmax,ymax,class", "a.png,10,20,40,80,cat")
    assert "box_units=percent if they are percent" in notes_of(tmp_path)
    assert boxes_of(tmp_path, BoxReading(units="percent")) == {"a.png": [("cat", 50, 80, 200, 320)]}


def test_decimal_commas(tmp_path):
    images(tmp_path, "a.png")
    table(
        tmp_path,
        "filename;xmin;ymin;xmax;ymax;class",
        "a.png;10,5;16;40;64,25;cat",
        "a.png;1,234;2;30;40;dog",
    )
    found = read_boxes(tmp_path)
    assert found.images[0].boxes.tolist() == [[10.5, 16, 40, 64.25]]
    assert found.faults == {"not a number": 1}  # a thousand, or one and a bit


def test_label_files_of_odd_names(tmp_path):
    yolo(tmp_path, "0 .25 .5 .3 .6")
    images(tmp_path / "images", "a.bmp", "b.png")
    write(tmp_path / "labels" / "b.TXT", "0 .25 .5 .3 .6")
    assert boxes_of(tmp_path)["images/b.png"] == [CAT]
    assert "the label file of another image, whose boxes they share: 1" in notes_of(tmp_path)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("0 .5 .5 .2 .4 .91", "6 numbers, expected class cx cy w h"),
        ("0 .5 .5 .2 .4 .91", "may be a confidence"),
        ("0,0.5,0.5,0.2,0.4", "contains ',', expected spaces"),
        ("0 0,5 0,5 0,2 0,4", "contains ',', expected spaces between the values, and decimal points"),
        ("cat .5 .5 .2 .4", "the class 'cat' is not an integer"),
    ],
)
def test_label_files_with_faulty_lines_are_no_class_folders(tmp_path, line, said):
    images(tmp_path / "images", "a.png")
    write(tmp_path / "labels" / "a.txt", line + "\n")
    with pytest.raises(DataError, match=re.escape(said)):
        opened(tmp_path)


def test_another_format_in_the_same_folder_is_named(tmp_path):
    yolo(tmp_path, "0 .25 .5 .3 .6")
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 16, 30, 48]}
    coco(tmp_path, [box], [{"id": 1, "file_name": "a.png"}])
    assert "read: COCO JSON; not read, though it is here as well: YOLO text files" in notes_of(tmp_path)


def test_found_images_without_a_usable_box_are_not_looked_for(tmp_path):
    (tmp_path / "images").mkdir()
    Image.new("RGB", (20, 10)).save(tmp_path / "images" / "a.png")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text("cell 0.5 0.5 0.2 0.4\n")
    (tmp_path / "data.yaml").write_text("train: images\nnc: 1\nnames: [cell]\n")
    with pytest.raises(DataError, match="the class 'cell' is not an integer") as caught:
        open_data(tmp_path)
    assert caught.value.fix == "correct the annotations"
