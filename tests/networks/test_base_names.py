import pytest

from hibiscus.networks.base_names import has_description, may_be_code, names_base


@pytest.mark.parametrize("name", ["run:runs/iic-001", "hub:microsoft/resnet-18", "w.safetensors", "run:r"])
def test_names_of_bases(name):
    assert names_base(name)
    assert has_description(name, {"base": {"source": name}})
    assert not has_description(name, {})
    assert not has_description(name, {"base": "text"})


@pytest.mark.parametrize("name", ["cnn", "efficientnet-lite0", "mynets:build", "runs:build"])
def test_other_names(name):
    assert not names_base(name)
    assert not has_description(name, {"base": {}})


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("mynets:build", {}, True),
        ("mynets:build", {"base": {}}, True),
        ("run:build", {}, True),  # the function of a module named run
        ("run:build", {"base": {"source": "run:build"}}, False),
        ("run:build", {"base": 3}, True),
        ("run:build", None, True),
        ("run:runs/a-001", {}, False),
        ("hub:owner/name", {}, False),
        ("cnn", {}, False),
    ],
)
def test_only_some_names_may_be_code(name, options, expected):
    assert may_be_code(name, options) is expected
