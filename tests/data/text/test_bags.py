import numpy as np

from hibiscus.data.text.bags import bag_of_words


def test_rare_and_special_tokens_do_not_count():
    tokens = np.array([[4, 6, 6, 0], [1, 5, 900, 3]], np.int32)
    np.testing.assert_array_equal(bag_of_words(tokens, top=3), [[1, 0, 1], [0, 1, 0]])
