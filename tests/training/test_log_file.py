"""The log: cut back to the checkpoint, its lines chained by digests."""

import json

import pytest

from hibiscus.errors import HibiscusWarning, RunError
from hibiscus.log_lines import LogLines
from hibiscus.training.log_file import LogFile


def epoch(number, **values):
    return {"event": "epoch", "epoch": number, **values}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log.jsonl"


def test_log_is_cut_back_to_the_checkpoint_and_has_no_nan(path):
    log = LogFile(path)
    log.on_epoch(None, epoch(1, **{"train/loss": float("nan")}))
    kept = log.state()
    log.on_epoch(None, epoch(2))
    log.restore(kept)
    assert LogLines(path.read_text()).lines == [epoch(1, **{"train/loss": None})]


def test_a_resumed_log_is_the_log_of_a_run_that_was_never_stopped(path, tmp_path):
    whole = LogFile(tmp_path / "whole.jsonl")
    for number in (1, 2, 3):
        whole.on_epoch(None, epoch(number))
    log = LogFile(path)
    log.on_epoch(None, epoch(1))
    kept = log.state()
    with open(path, "a") as file:
        file.write('{"event": "epo')  # killed while writing
    again = LogFile(path)
    again.restore(kept)
    for number in (2, 3):
        again.on_epoch(None, epoch(number))
    assert path.read_text() == (tmp_path / "whole.jsonl").read_text()
    assert again.digest == whole.digest == LogLines(path.read_text()).digest


def test_a_log_without_digests_goes_on_with_digests_of_all_lines(path):
    path.write_text(json.dumps(epoch(1, value=0.5)) + "\n")
    log = LogFile(path)
    log.restore({"bytes": path.stat().st_size})
    log.on_epoch(None, epoch(2))
    assert [line["epoch"] for line in LogLines(path.read_text()).lines] == [1, 2]
    changed = LogLines(path.read_text().replace("0.5", "0.6"))
    assert changed.fault == "line 2, or one before it, was changed or removed"


def test_a_changed_or_shortened_log_is_not_continued(path):
    log = LogFile(path)
    log.on_epoch(None, epoch(1, value=0.25))
    kept = log.state()
    text = path.read_text()
    for damage in (text.replace("0.25", "0.75"), text[:-1], ""):
        path.write_text(damage)
        with pytest.raises(RunError, match=r"log\.jsonl: (line 1|the last lines)") as caught:
            LogFile(path).restore(kept)
        assert "delete it" in caught.value.fix
    path.unlink()
    with pytest.warns(HibiscusWarning, match="a new log begins"):
        LogFile(path).restore(kept)
