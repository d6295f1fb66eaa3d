from __future__ import annotations

import pytest


def photo_of(images):
    return sorted(images.rglob("*.png"))[0]


def test_drawings_and_a_page_in_a_new_folder(cli, image_run, images):
    answer = cli("visualize", image_run, photo_of(images), "--kind", "grad-cam,integrated-gradients")
    assert answer.code == 0, answer.err
    assert "correlation with the map of random weights" in answer.out
    assert "the attributions sum to the difference of the scores" in answer.out
    assert answer.out.rstrip().endswith("2 files, and a page of them: visualization/index.html")
    again = cli("visualize", image_run, photo_of(images), "--kind", "occlusion")
    assert "visualization-2/index.html" in again.out


def test_json_lists_files_and_checks(cli, image_run, images):
    photo = photo_of(images)
    answer = cli(
        "visualize", image_run, photo, "--kind", "integrated-gradients,occlusion", "--json", "--out", "maps"
    )
    assert answer.json["page"] == "maps/index.html"
    assert len(answer.json["files"]) == 2
    gradients, occlusion = answer.json["checks"]
    assert gradients["completeness_error"] <= 0.01
    assert gradients["input"] == str(photo)
    assert occlusion["kind"] == "occlusion"


def test_a_table_gives_csv_files(cli, iris_run, tmp_path):
    from sklearn.datasets import load_iris

    names = [column.name for column in __import__("hibiscus").load(iris_run).preparation["table"].columns]
    frame = load_iris(as_frame=True).data.set_axis(names, axis=1)
    frame.iloc[:20].to_csv("rows.csv", index=False)
    answer = cli("visualize", iris_run, "rows.csv", "--out", "maps", "--json")
    assert answer.code == 0, answer.err
    assert {"maps/integrated-gradients.csv", "maps/occlusion.csv"} <= set(answer.json["files"])


@pytest.mark.parametrize(
    ("code", "said", "words"),
    [
        (2, ["--kind gradcam", "did you mean grad-cam"], ["--kind", "gradcam"]),
        (2, ["--class Ziffer", "Ziffer 0 é"], ["--class", "Ziffer"]),
        (4, ["layer=conv9: no layer of this network", "one of: 0, 1, 2"], ["--layer", "conv9"]),
    ],
)
def test_what_cannot_be_explained(fails, image_run, images, code, said, words):
    fails(code, said, "visualize", image_run, photo_of(images), *words, untouched=image_run)


def test_no_input_and_a_folder_that_is_not_empty(fails, image_run, images, tmp_path):
    fails(2, "no inputs", "visualize", image_run)
    fails(3, "exists already", "visualize", image_run, photo_of(images), "--out", images, untouched=images)


def test_a_run_on_a_table_has_no_maps(fails, diabetes_run, iris_run, tmp_path):
    fails(2, "cgan", "visualize", diabetes_run, "--kind", "cgan")
    fails(3, "no such file", "visualize", iris_run, "missing.csv")
