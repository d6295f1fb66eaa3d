from hibiscus.plurals import plural


def test_one_and_many():
    assert (plural(1, "item"), plural(2000, "item"), plural(0, "item")) == (
        "1 item",
        "2,000 items",
        "0 items",
    )
    assert (plural(1, "class is", "classes are"), plural(2, "class is", "classes are")) == (
        "1 class is",
        "2 classes are",
    )
