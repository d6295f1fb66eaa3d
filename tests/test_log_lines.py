"""The chain of digests in a log."""

import json

import pytest

from hibiscus.json_files import line_digest
from hibiscus.log_lines import LogLines, wrong_number


def written(count=4):
    digest, rows = "", []
    for number in range(1, count + 1):
        line = {"event": "epoch", "epoch": number, "val/loss": 1 / number}
        digest = line_digest(line, digest)
        rows.append(json.dumps({**line, "digest": digest}) + "\n")
    return rows, digest


def test_lines_come_back_without_their_digests():
    rows, last = written()
    log = LogLines("".join(rows), last)
    assert (log.fault, log.digest) == ("", last)
    assert log.lines[1] == {"event": "epoch", "epoch": 2, "val/loss": 0.5}


def test_a_changed_removed_or_moved_line_ends_what_is_read():
    rows, _ = written()
    changed = [rows[0], rows[1].replace("0.5", "0.4"), *rows[2:]]
    for damaged in (changed, [rows[0], *rows[2:]], [rows[0], rows[2], rows[1], rows[3]]):
        log = LogLines("".join(damaged))
        assert (log.fault, len(log.lines)) == ("line 2, or one before it, was changed or removed", 1)
    assert LogLines("".join(rows[1:])).fault.startswith("line 1,")


def test_one_digest_cannot_be_left_out():
    rows, last = written()
    for number in (1, 2, 3):  # the first line is part of the digest of the second
        without = {key: value for key, value in json.loads(rows[number]).items() if key != "digest"}
        text = "".join([*rows[:number], json.dumps(without) + "\n", *rows[number + 1 :]])
        assert LogLines(text, last).fault


@pytest.mark.parametrize(
    "row", ["{", "[1]", '{"epoch": 1}', '{"event": 1}', "[" * 100_000, '{"event": "a", "event": "b"}']
)
def test_what_is_no_line_is_named(row):
    rows, _ = written(1)
    log = LogLines(rows[0] + row + "\n")
    assert (log.fault, len(log.lines)) == ("line 2 cannot be read", 1)


def test_an_incomplete_last_line_is_of_a_process_that_was_killed():
    rows, last = written()
    assert LogLines("".join(rows) + '{"event": "ep').fault == ""
    assert LogLines("".join(rows[:3]) + rows[3][:-9], last).fault == "the last lines are missing"


@pytest.mark.parametrize(
    ("name", "value"),
    [("epoch", "1"), ("val/loss", [1]), ("val/loss", True), ("round", 10**400), ("lr/a", {})],
)
def test_what_is_no_number_is_named(name, value):
    line = {"event": "epoch", "epoch": 1, "val/loss": float("nan"), "train/loss": None, "note": "text"}
    assert wrong_number([line]) == ""
    assert wrong_number([line, {**line, name: value}]) == f"{name} in line 2 is not a number"
