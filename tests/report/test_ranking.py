"""Runs are ranked by one metric on the validation part, whatever the test part says."""

import math

import sample_runs as sample

from hibiscus.report.load import read_run
from hibiscus.report.ranking import rank_by_validation


def run(folder, name, value, metric="accuracy", lines=()):
    info = sample.make_info(
        name=name,
        selection_metric={"name": metric, "higher_is_better": metric == "accuracy"},
        best={"epoch": 2, "value": value},
    )
    return read_run(sample.write(folder / name, info, list(lines), sample.evaluation()))


def line(epoch, **metrics):
    terms = {f"val/{name}": value for name, value in metrics.items()}
    return {"event": "epoch", "epoch": epoch, "round": epoch, "stage": 0, "seconds": 1.0, **terms}


def test_the_selection_metric_that_all_runs_have(tmp_path):
    ranking = rank_by_validation([run(tmp_path, "a", 0.7), run(tmp_path, "b", 0.9), run(tmp_path, "c", 0.8)])
    assert (ranking.metric, ranking.higher, ranking.order) == ("accuracy", True, [1, 2, 0])


def test_one_metric_for_runs_whose_selection_metric_depends_on_an_option(tmp_path):
    """A loss with another weight of a term is another quantity, so that the ELBO ranks them."""
    lines = [line(1, loss=90.0, neg_elbo=80.0), line(2, loss=60.0, neg_elbo=75.0)]
    beta = run(tmp_path, "beta", 60.0, "loss", lines)
    plain = run(tmp_path, "plain", 78.0, "neg_elbo", lines)
    ranking = rank_by_validation([beta, plain])
    assert (ranking.metric, ranking.higher, ranking.values) == ("neg_elbo", False, (75.0, 78.0))
    assert ranking.order == [0, 1]


def test_no_common_metric_ranks_nothing(tmp_path):
    for second in (run(tmp_path, "b", 3.0, "rmse"), run(tmp_path, "c", math.nan)):
        assert rank_by_validation([run(tmp_path, "a", 0.7), second]).metric == ""
