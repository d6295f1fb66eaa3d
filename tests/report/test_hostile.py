"""Reports of run folders that are damaged or hostile."""

import json
import os

import pytest
import sample_runs as sample

from hibiscus.errors import RunError
from hibiscus.report import write_report


def test_hostile_names_stay_words(tmp_path, read_page):
    folder = sample.complete(
        tmp_path / "run", names=sample.HOSTILE, title=sample.HOSTILE[0], advice=sample.HOSTILE[:4]
    )
    shown = json.loads((folder / "evaluation" / "report_items.json").read_text())["report_items"]
    for name in sample.HOSTILE:
        shown.append(
            {
                "kind": "curve",
                "title": name,
                "x_label": name,
                "y_label": name,
                "series": [{"name": name, "x": [0, 1], "y": [1, 2]}],
            }
        )
    shown.append(sample.matrix(sample.HOSTILE + [f"{name} {i}" for i in range(4) for name in sample.HOSTILE]))
    (folder / "evaluation" / "report_items.json").write_text(json.dumps(shown))
    source = write_report(folder).read_text(encoding="utf-8")
    page = read_page(source)
    assert "<script" not in source
    assert "$x_1^2$ and $" in page.text
    assert "日本語のクラス" in page.text
    assert "{{ 7*7 }}" in page.text
    assert "\u202e" not in source
    assert "\x00" not in source
    assert "long " * 40 not in source


@pytest.mark.parametrize("name", ["log.jsonl", "evaluation.json", "evaluation/report_items.json"])
@pytest.mark.parametrize("damage", ["half", "empty", "nonsense", "list"])
def test_a_broken_file_is_named_and_survived(tmp_path, read_page, name, damage):
    folder = sample.complete(tmp_path / "run")
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(
        {
            "half": whole[: len(whole) // 2],
            "empty": b"",
            "nonsense": b"\xff\xfe{]",
            "list": b"[[1], 2, null]",
        }[damage]
    )
    text = read_page(write_report(folder)).text
    if damage == "half":
        assert name in text
        assert "truncated" in text or "could not be read" in text


@pytest.mark.parametrize("value", [None, [], {}, "word", 7, [None, {"a": []}], -1e400, True])
@pytest.mark.parametrize("key", sorted(sample.make_info()))
def test_any_value_anywhere_in_run_json_is_survived(tmp_path, key, value):
    lines = (
        sample.log(2) if key in {"best", "selection_metric"} else None
    )  # the others have no part in the curves
    folder = sample.write(tmp_path / "run", sample.make_info(**{key: value}), lines, sample.evaluation())
    assert write_report(folder).stat().st_size > 10_000


@pytest.mark.parametrize("value", [None, [], "word", 7, {"a": [1]}, [{"b": None}]])
@pytest.mark.parametrize("key", ["part", "metrics", "baselines", "selection_metric", "spread", "epoch"])
def test_any_value_anywhere_in_the_evaluation_is_survived(tmp_path, key, value):
    write_report(sample.write(tmp_path / "run", sample.make_info(), None, sample.evaluation(**{key: value})))


@pytest.mark.parametrize("kind", ["matrix", "curve", "table", "gallery", "scatter"])
@pytest.mark.parametrize("value", [None, [], "word", 7, [[None]], [{"x": ["a"], "y": None}]])
def test_a_report_item_that_cannot_be_drawn_is_left_out(tmp_path, read_page, kind, value):
    keys = ("rows", "columns", "values", "series", "images", "captions", "x", "y")
    shown = [{"kind": kind, "title": "Odd one", **dict.fromkeys(keys, value)}, sample.report_items()[3]]
    text = read_page(
        write_report(sample.write(tmp_path / "run", sample.make_info(), None, sample.evaluation(), shown))
    ).text
    assert "Odd one" in text
    assert "By class" in text


def test_no_file_outside_the_folder_is_shown(tmp_path, read_page):
    sample.image(tmp_path / "secret.png")
    shown = [
        {
            "kind": "gallery",
            "title": "G",
            "images": ["../../secret.png", str(tmp_path / "secret.png"), "no.png", "fake.png", 3],
        }
    ]
    folder = sample.write(tmp_path / "run", sample.make_info(), None, sample.evaluation(), shown)
    (folder / "evaluation" / "fake.png").write_text("<svg onload=alert(1)>")
    page = read_page(write_report(folder))
    assert not any(link.startswith("data:") for link in page.links)
    assert "5 images missing or unreadable" in page.text


def test_a_key_of_colors_holds_colors_and_nothing_else(tmp_path):
    key = [
        ["road", "#123abc"],
        ["car", "red;background:url(//x.example)"],
        ["<b>x</b>", "#00ff00"],
        ["no colour"],
        3,
    ]
    shown = [{"kind": "gallery", "title": "G", "images": [], "key": key}]
    page = write_report(
        sample.write(tmp_path / "run", sample.make_info(), None, sample.evaluation(), shown)
    ).read_text()
    assert 'style="background: #123abc"></i>road' in page
    assert "x.example" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_a_folder_that_cannot_be_written_is_an_error_in_three_parts(tmp_path, monkeypatch):
    folder = sample.write(tmp_path / "run", sample.make_info())

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(RunError, match="cannot be written: Permission denied") as caught:
        write_report(folder)
    assert caught.value.expected
    assert caught.value.fix
    assert [path.name for path in folder.iterdir()] == ["run.json"]


@pytest.mark.parametrize("content", [None, "", "{", "[]"])
def test_no_run_is_an_error(tmp_path, content):
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(RunError, match=r"run\.json"):
        write_report(tmp_path)
    with pytest.raises(RunError, match="not a folder"):
        write_report(tmp_path / "absent")
