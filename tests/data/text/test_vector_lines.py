import pytest

from hibiscus.data.text.vector_lines import HEADER, numbers_in


@pytest.mark.parametrize(
    ("line", "count"),
    [(b"cat 1 -2.5 3e-4\n", 3), (b"at the 1 2", 2), (b"7 8", 1), (b"cat", 0), (b"", 0), (b"a 1 1_0", 0)],
)
def test_numbers_at_the_end_of_a_line(line, count):
    assert numbers_in(line) == count


def test_a_header_is_two_counts():
    assert HEADER.fullmatch(b"400000 300\r\n")
    assert not HEADER.fullmatch(b"400000 0.5\n")
    assert not HEADER.fullmatch(b"4 3 2\n")
