import numpy as np

from hibiscus.data.dataset import Dataset
from hibiscus.data.raw_fields import raw_field


def test_labels_serve_as_what_a_method_needs():
    labels = np.array(["a", "b"])
    dataset = Dataset("d", "d", {"label": labels}, ["1", "2"], np.arange(2, dtype=np.uint64))
    for name in ("label", "labels", "target", "domain"):
        assert raw_field(dataset, name) is labels
    assert raw_field(dataset, "mask") is None
    dataset.fields["target"] = np.array([1.0, 2.0])
    assert raw_field(dataset, "target") is dataset.fields["target"]
