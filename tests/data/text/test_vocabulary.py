from hibiscus.data.text.vocabulary import learn_vocabulary


def test_order_is_by_count_then_alphabet():
    assert learn_vocabulary(["b a", "a b", "c"], str.split, 10) == ("a", "b", "c")
    assert learn_vocabulary(["c c b a"], str.split, 2) == ("c", "a")


def test_stop_words_and_common_words():
    texts = ["the cat", "the dog", "the the the sun of"]
    assert learn_vocabulary(texts, str.split, 10, stop_words=True) == ("cat", "dog", "sun")
    kept = learn_vocabulary(texts, str.split, 10, min_tfidf=0.6)
    assert "cat" in kept
    assert "of" not in kept
