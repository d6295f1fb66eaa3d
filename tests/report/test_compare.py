import pytest
import sample_runs as sample

from hibiscus.errors import RunError, UsageError
from hibiscus.report import compare_runs


def two(tmp_path):
    first = sample.complete(tmp_path / "a", name="run-a")
    info = sample.make_info(
        name="run-b", config={**sample.make_info()["config"], "learning_rate": 0.01}, seed=7
    )
    info["best"] = {"epoch": 20, "value": 0.952}
    metrics = {"test/accuracy": 0.991, "test/nll": 0.05, "test/odd": 3}
    return first, sample.write(tmp_path / "b", info, sample.log(seed=4), sample.evaluation(metrics=metrics))


def test_runs_side_by_side(tmp_path, read_page):
    page = read_page(compare_runs(two(tmp_path), tmp_path / "compare.html"))
    assert "run-a is best on validation: accuracy is 98.1 %, compared with 95.2 % for the next." in page.text
    assert "Loss, validation" in page.text or "loss, validation" in page.text
    assert page.tags.count("svg") == 3  # the flower and two plots


def test_only_the_best_on_validation_is_marked(tmp_path):
    source = compare_runs(two(tmp_path))
    assert '<td class="n best">98.1\u00a0%</td><td class="n">95.2\u00a0%</td>' in source
    assert '<td class="n">98.0\u00a0%</td><td class="n">99.1\u00a0%</td>' in source  # the test part
    assert '<td class="n">0.0712\u00a0nats</td><td class="n">0.05\u00a0nats</td>' in source
    assert '<td class="n">–</td><td class="n">3</td>' in source


def test_only_differences_are_listed(tmp_path, read_page):
    text = read_page(compare_runs(two(tmp_path))).text
    settings = text[text.index("Differences") :]
    assert "rate" in settings
    assert "seed" in settings
    assert "weight_decay" not in settings
    same = sample.complete(tmp_path / "c")
    assert "the runs have the same options" in compare_runs([same, same])


def test_runs_of_different_kinds_are_not_ranked(tmp_path, read_page):
    folders = [
        sample.complete(tmp_path / "a"),
        sample.regression(tmp_path / "b"),
        sample.adversarial(tmp_path / "c"),
    ]
    text = read_page(compare_runs(folders)).text
    assert "so they are not ranked" in text
    assert "different selection metrics" in text


def test_other_data_and_broken_runs_are_noticed(tmp_path, read_page):
    other = sample.make_info(names=sample.HOSTILE, name=sample.HOSTILE[0])
    other["data"]["fingerprint"] = "other"
    folders = [
        sample.complete(tmp_path / "a"),
        sample.write(tmp_path / "b", other),
        sample.write(tmp_path / "c", {"format": 1}),
    ]
    text = read_page(compare_runs(folders)).text
    assert "fingerprints differ" in text
    assert "trained on different data, so they are not ranked" in text
    assert "<script>alert(1)</script>: log.jsonl is missing" in text


def test_one_run_and_many(tmp_path, read_page):
    first = sample.complete(tmp_path / "a")
    read_page(compare_runs([first]))
    read_page(compare_runs([first] * 11))
    with pytest.raises(UsageError):
        compare_runs([])
    with pytest.raises(RunError):
        compare_runs([first, tmp_path / "absent"])
