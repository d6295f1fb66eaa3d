from hibiscus.data.lazy_source import LazySource


class Numbers:
    batches_per_epoch = 3

    def __init__(self):
        self.at = 0

    def next(self):
        self.at += 1
        return self.at

    def position(self):
        return {"at": self.at}

    def restore(self, position):
        self.at = position["at"]


def test_it_is_built_once_when_it_is_first_used():
    built = []

    def build():
        built.append(1)
        return Numbers()

    source = LazySource(build)
    assert not built
    source.restore({"at": 5})
    assert (source.next(), source.position(), source.batches_per_epoch) == (6, {"at": 6}, 3)
    assert built == [1]
