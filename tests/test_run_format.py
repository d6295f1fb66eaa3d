import pytest

from hibiscus.run_format import upgrade


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("resnet50", "resnet-cifar-50"),
        ("resnet152", "resnet-cifar-152"),
        ("resnet8", "resnet-cifar-8"),
        ("resnet50-v1", "resnet-cifar-50-v1"),
        ("resnet101-v2", "resnet-cifar-101-v2"),
        ("resnet20", "resnet20"),
        ("resnet164-v2", "resnet164-v2"),
        ("cnn", "cnn"),
        ("mypackage:resnet50", "mypackage:resnet50"),
    ],
)
def test_residual_networks_of_former_versions_stay_what_they_were(version, old, new):
    run = {"format": version, "config": {"net": old}, "data_options": {}}
    assert upgrade("run.json", run)["config"]["net"] == new
    sweep = {
        "format": version,
        "options": {"net": old},
        "settings": [{"setting": {"net": old}, "figures": {}}],
    }
    upgraded = upgrade("sweep.json", sweep)
    assert upgraded["options"]["net"] == upgraded["settings"][0]["setting"]["net"] == new


def test_a_run_of_today_keeps_its_network():
    assert upgrade("run.json", {"format": 3, "config": {"net": "resnet50"}})["config"]["net"] == "resnet50"


def test_former_regressions_have_no_classes():
    data = {"fields": {}, "classes": {"7.2": {"train": 1}}}
    run = {"format": 2, "method": "regress", "config": {}, "data": data}
    assert upgrade("run.json", run)["data"] == {"fields": {}, "classes": {}}
    assert upgrade("run.json", {**run, "method": "classify"})["data"] == data
