import numpy as np

from hibiscus.report.series_page import write_series_page
from hibiscus.report.series_plots import SeriesView
from hibiscus.series import describe_series


def test_the_page_is_self_contained_and_escapes_names(tmp_path):
    values = np.random.default_rng(0).normal(size=60)
    one = SeriesView("<b>sales</b>", np.zeros(0, "datetime64[ns]"), values, describe_series(values))
    path = write_series_page(tmp_path / "a.html", "a<i>.csv", ["series: 60 rows", "next: <x>"], [one])
    text = path.read_text()
    assert "&lt;b&gt;sales" in text
    assert "<b>sales" not in text
    assert "next: &lt;x&gt;" in text
    assert "data:image/png;base64," in text
    assert "http://" not in text.replace("http://www.w3.org", "")
