"""Reading JSON within limits, and the digests of content."""

import json
import os

import pytest

from hibiscus.json_files import content_digest, parse_json, read_json, read_limited, without_digest


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 200_000, '{"a": 1, "a": 2}', "9" * 5000, '{"a": {"b": 1, "c": 2, "b": 1}}']
)
def test_no_json_is_a_value_error(text):
    with pytest.raises(ValueError):
        parse_json(text)


def test_only_regular_files_of_limited_size_are_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="not a regular file"):
        read_json(tmp_path / "pipe")
    with pytest.raises(IsADirectoryError):
        read_json(tmp_path)
    with open(tmp_path / "run.json", "wb") as file:
        file.truncate(2**30)
    with pytest.raises(ValueError, match="1,024 MB, more than 64 MB"):
        read_json(tmp_path / "run.json")
    (tmp_path / "latin.json").write_bytes(b'"\xe9"')
    with pytest.raises(ValueError, match="utf-8"):
        read_json(tmp_path / "latin.json")
    (tmp_path / "small.json").write_text("12345")
    with pytest.raises(ValueError, match="more than"):
        read_limited(tmp_path / "small.json", largest=4)


def test_the_digest_is_of_values_in_their_order():
    content = {"b": (1, 2.5), "a": {"name": "caf\u00e9 \udcff \U0001f33a", "not": float("nan")}, "n": None}
    read = json.loads(json.dumps(content, indent=3))
    assert content_digest(content) == content_digest(read)
    assert content_digest({"a": 1, "b": 2}) != content_digest({"b": 2, "a": 1})
    assert content_digest({"a": 0.1}) != content_digest({"a": 0.10000000000000002})


def test_content_with_another_digest_or_without_one_was_changed():
    content = {"format": 4, "value": 0.5}
    written = {**content, "digest": content_digest(content)}
    assert without_digest(written) == (content, True)
    assert without_digest({**written, "value": 0.6}) == ({**content, "value": 0.6}, False)
    assert not without_digest({**written, "format": 3})[1]
    assert not without_digest({**written, "digest": None})[1]
    assert not without_digest(content)[1]
    assert without_digest({"format": 3, "value": 1}) == ({"format": 3, "value": 1}, True)  # an older run
