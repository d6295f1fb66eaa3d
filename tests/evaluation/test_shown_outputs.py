import numpy as np

from hibiscus.evaluation.shown_outputs import ShownOutputs


def test_the_largest_errors_of_all_batches_and_typical_items_are_kept():
    errors = np.array([1, 5, 2, 5, 0, 4, 5, 3], np.float32)
    outputs = np.arange(8)[:, None]
    for sizes in ([8], [3, 3, 2], [1] * 8):
        shown, start = ShownOutputs(np.array([0, 4]), 3), 0
        for size in sizes:
            shown.add(outputs[start : start + size], errors[start : start + size])
            start += size
        assert shown.largest.tolist() == np.argsort(-errors, kind="stable")[:3].tolist() == [1, 3, 6]
        assert [int(value[0]) for value in shown.of([*shown.largest, 0, 4])] == [1, 3, 6, 0, 4]
        assert len(shown.outputs) == 5


def test_fewer_items_than_shown():
    shown = ShownOutputs([0], 4)
    shown.add(np.ones((2, 2)), np.array([0.5, 1.0]))
    assert shown.largest.tolist() == [1, 0]
    assert len(shown.of(shown.largest)) == 2
