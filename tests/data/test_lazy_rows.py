import numpy as np
import pytest

from hibiscus.data.lazy_rows import LazyRows, as_rows, chunks, joined

VALUES = np.arange(60, dtype=np.float32).reshape(10, 3, 2)
ITEMS = np.array([7, 2, 9, 0, 5])


def lazy(items=ITEMS, read=None):
    return LazyRows(read or (lambda chosen: VALUES[chosen]), items)


@pytest.mark.parametrize(
    "rows",
    [3, -1, slice(1, 4), [4, 0], np.array([[0, 1], [2, 3]]), np.array([True, False, True, False, False])],
)
def test_rows_are_those_of_the_array(rows):
    np.testing.assert_array_equal(lazy()[rows], VALUES[ITEMS][rows])
    assert (lazy().shape, lazy().dtype, len(lazy())) == ((5, 3, 2), np.float32, 5)
    assert [row[0, 0] for row in lazy()] == VALUES[ITEMS][:, 0, 0].tolist()


def test_only_chosen_rows_are_read():
    read = []
    rows = lazy(read=lambda chosen: read.append(len(chosen)) or VALUES[chosen])
    assert rows[1:3].shape == (2, 3, 2)
    assert read == [1, 2]  # the first to know the shape


def test_chunks_are_all_rows_in_order():
    for rows in (lazy(), VALUES[ITEMS]):
        places, values = zip(*chunks(rows, 13), strict=True)
        assert [place.stop - place.start for place in places] == [2, 2, 1]
        np.testing.assert_array_equal(np.concatenate(values), VALUES[ITEMS])
    assert len(list(chunks(lazy(), 1))) == 5
    assert not list(chunks(lazy(np.zeros(0, int))))


def test_joined_rows_follow_each_other():
    both = joined(lazy(), lazy(np.array([1, 3])))
    np.testing.assert_array_equal(both[:], VALUES[[*ITEMS, 1, 3]])
    np.testing.assert_array_equal(both[4:6], VALUES[[5, 1]])
    np.testing.assert_array_equal(both[6], VALUES[3])


def test_arrays_are_converted_and_lazy_rows_are_not():
    assert as_rows([[1, 2]]).dtype == np.float32
    rows = lazy()
    assert as_rows(rows) is rows
