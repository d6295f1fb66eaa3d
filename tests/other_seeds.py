"""A learning test holds for a method, not for a seed: if it fails, two other seeds decide.

The result of a training depends on the seed, and with the same seed on the processor and the version of a
library, so that a test which holds for 98 of 100 seeds fails somewhere. A test marked `slow` that fails is
repeated with two other seeds and passes if both pass, that is, for two of three seeds. A method that does not
learn fails all of them.
"""

import functools

import pytest
from _pytest.runner import runtestprotocol

from hibiscus import api

OTHER_SEEDS = (100, 200)  # are added to those of the test, which may train with several seeds itself


class OtherSeeds:
    """The plugin; `repeated` has the tests that failed once, with what the other seeds gave."""

    def __init__(self):
        self.repeated: dict[str, str] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item, nextitem):
        """Runs a slow test, and again with two other seeds if it fails."""
        if item.get_closest_marker("slow") is None:
            return None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        if _failed_call(reports):
            others = [_repeated(item, nextitem, seed) for seed in OTHER_SEEDS]
            passed = not any(_failed(other) for other in others)
            self.repeated[item.nodeid] = _summary(reports, others)
            reports = others[-1] if passed else reports
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def pytest_terminal_summary(self, terminalreporter):
        """Names the tests that failed for the first seed, whatever the others gave."""
        for name, summary in self.repeated.items():
            terminalreporter.write_line(f"repeated with other seeds: {name}: {summary}")


def _repeated(item, nextitem, seed):
    """The reports of a test whose trainings have other seeds."""
    item._initrequest()  # new fixtures, such as an empty tmp_path
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "train", _with_seed(api.train, seed))
        return runtestprotocol(item, nextitem=nextitem, log=False)


def _with_seed(train, seed):
    @functools.wraps(train)
    def trained(*arguments, **options):
        return train(*arguments, **{**options, "seed": options.get("seed", 0) + seed})

    return trained


def _failed(reports):
    return any(report.failed for report in reports)


def _failed_call(reports):
    return any(report.failed and report.when == "call" for report in reports)


def _summary(first, others):
    outcomes = ["failed" if _failed(reports) else "passed" for reports in (first, *others)]
    seeds = zip((0, *OTHER_SEEDS), outcomes, strict=True)
    text = ", ".join(f"seed {seed} {outcome}" for seed, outcome in seeds)
    reason = next(report for report in first if report.failed).longrepr
    crash = getattr(reason, "reprcrash", None)
    return f"{text}; first: {crash.message.splitlines()[0] if crash else reason}"
