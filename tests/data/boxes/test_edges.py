"""The edges of one box."""

from hibiscus.data.boxes.edges import check_edges, formatted


def test_faults_and_repairs():
    assert check_edges((1, 2, 3, 4), (40, 60)) == ([1, 2, 3, 4], [])
    edges, found = check_edges((70, 30, -5, 2), (40, 60))
    assert edges == [0, 2, 60, 30]
    assert [fault for fault, _ in found] == ["reversed", "clipped"]
    for bad, fault in (
        ((1, 1, 1, 5), "zero area"),
        ((61, 1, 70, 5), "outside"),
        ((1, 1, float("nan"), 5), "not a number"),
    ):
        edges, found = check_edges(bad, (40, 60))
        assert (edges, found[0][0]) == (None, fault)
    assert formatted((1.0, 2.5)) == "(1, 2.5)"
