"""The report: reads a run folder, and nothing else, and writes one self-contained page."""

from hibiscus.report.compare import compare_runs
from hibiscus.report.page import write_report

__all__ = ["compare_runs", "write_report"]
