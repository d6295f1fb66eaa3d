import csv

import numpy as np
import pandas as pd
import pytest
import torch

import hibiscus
from hibiscus.errors import ConfigError, UsageError
from hibiscus.runs.visualization import INPUT_KINDS, check_kinds
from hibiscus.runs.visualization_files import checks_of, write_visualization
from hibiscus.runs.visualize_run import visualize_run

SMALL = {"x": np.random.default_rng(0).integers(0, 256, (64, 8, 8, 1)).astype(np.uint8)}


def trained(factory, method, data, **options):
    return hibiscus.train(
        method, data, out=factory.mktemp(method) / "run", quiet=True, evaluate=False, **options
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return trained(tmp_path_factory, "classify", "digits", net="cnn", epochs=1, ema_decay=0.9)


@pytest.fixture(scope="module")
def table_run(tmp_path_factory):
    return trained(tmp_path_factory, "classify", "iris", epochs=2, batch_size=16)


def digit(count=1):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, 8, 8, 1)).astype(np.uint8)


def rows_like(run, count):
    """Random rows with the columns of a run."""
    rng = np.random.default_rng(0)
    columns = run.preparation["table"].columns
    return pd.DataFrame({column.name: rng.normal(column.center, column.scale, count) for column in columns})


def test_everything_about_an_image(run, tmp_path):
    shown = run.visualize(digit(2), out=tmp_path / "v")
    predicted = run.predict(digit(2))
    assert [one.name for one in shown.heatmaps[::4]] == predicted["label"]
    np.testing.assert_allclose(
        [one.amount for one in shown.heatmaps[::4]], predicted["probability"], rtol=1e-4
    )
    assert [one.kind for one in shown.heatmaps[:4]] == list(INPUT_KINDS[2:])
    assert shown.heatmaps[2].values.shape == (8, 8)
    assert {one.item for one in shown.activations} == {0, 1}
    assert shown.filters.images.dtype == np.uint8
    assert all(path.is_file() for path in shown.files)
    assert shown.files[0].name == "index.html"
    page = shown.files[0].read_text()
    assert page.count("data:image/") == len(shown.files) - 1


def test_the_ema_copy_is_explained_and_left_as_it_is(run):
    method = run.method()
    before = {name: value.clone() for name, value in method.nets["ema"].state_dict().items()}
    run.visualize(digit(), ["grad-cam", "filters", "integrated-gradients"])
    assert all(torch.equal(value, before[name]) for name, value in method.nets["ema"].state_dict().items())
    assert not any(module._forward_hooks for module in method.nets["ema"].modules())
    assert all(parameter.grad is None for parameter in method.nets["ema"].parameters())


def test_an_image_becomes_a_tensor_of_four_dimensions(run):
    (batch,) = run.prepare(digit()[0]).iterate("inputs")
    assert batch.image.shape == (1, 1, 8, 8)
    image = run.preparation["image"]
    expected = (digit()[0, ..., 0] / 255 - image.mean[0]) / image.std[0]
    np.testing.assert_allclose(batch.image[0, 0].numpy(), expected, atol=1e-5)


def test_the_same_call_gives_the_same_result(run):
    first, second = (run.visualize(digit(), ["grad-cam", "filters", "occlusion"]) for _ in range(2))
    np.testing.assert_array_equal(first.filters.images, second.filters.images)
    for one, other in zip(first.heatmaps, second.heatmaps, strict=True):
        np.testing.assert_array_equal(one.values, other.values)
        assert one.checks == other.checks


def test_a_class_and_a_layer_can_be_chosen(run):
    shown = run.visualize(digit(), ["grad-cam", "activations"], class_name="7", layer="0")
    assert [one.name for one in shown.heatmaps] == ["7"]
    assert shown.heatmaps[0].checks["layer"] == "0"
    assert [one.layer.name for one in shown.activations] == ["0"]


def test_a_limit_says_what_is_left_out(run):
    shown = run.visualize(digit(5), ["occlusion"], limit=2)
    assert len(shown.ids) == 2
    assert shown.notes == ["the first 2 of 5 images (--limit)"]


def test_filters_need_no_input(run):
    shown = run.visualize(None, ["filters"])
    assert len(shown.filters.channels) == 12
    with pytest.raises(UsageError, match="no inputs"):
        run.visualize(None)
    with pytest.raises(UsageError, match="no inputs"):
        run.visualize(None, ["grad-cam"])


def test_embeddings_need_no_input_and_join_other_kinds(run, tmp_path):
    shown = run.visualize(None, ["embedding"], out=tmp_path / "v", part="val")
    assert set(shown.embedding.parts) == {"val"}
    assert [path.name for path in shown.files] == [
        "index.html",
        "embedding-principal-components.png",
        "embedding-t-sne.png",
        "embedding.csv",
    ]
    both = run.visualize(digit(2), ["embedding", "occlusion"])
    assert [one.kind for one in both.heatmaps] == ["occlusion"] * 2
    assert both.embedding.parts[-3:] == ["test", "input", "input"]
    assert run.visualize(digit()).embedding is None


def test_a_part_without_a_map_of_embeddings(run):
    with pytest.raises(UsageError, match="--part val without a map of embeddings"):
        run.visualize(digit(), ["occlusion"], part="val")
    with pytest.raises(UsageError, match="part=tset"):
        run.visualize(None, ["embedding"], part="tset")


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"kinds": ["gradcam"]}, UsageError, "did you mean grad-cam"),
        ({"class_name": "seven"}, UsageError, "--class seven"),
        ({"layer": "99"}, ConfigError, "layer=99: no layer"),
    ],
)
def test_what_there_is_not(run, options, error, said):
    with pytest.raises(error, match=said):
        run.visualize(digit(), **options)


def test_an_mlp_has_no_maps_but_scores(tmp_path_factory):
    run = trained(tmp_path_factory, "classify", "digits", net="mlp", epochs=1)
    shown = run.visualize(digit())
    assert [one.kind for one in shown.heatmaps] == ["integrated-gradients", "occlusion"]
    assert "no grad-cam: this network has no convolutional layers" in shown.notes
    with pytest.raises(UsageError, match=r"--kind grad-cam: this network has no convolutional layers"):
        run.visualize(digit(), ["grad-cam"])


def test_two_classes_and_a_single_output(tmp_path_factory, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (60, 8, 8, 1)).astype(np.uint8)
    np.savez(tmp_path / "data.npz", x=x, y=np.arange(60) % 2)
    run = trained(tmp_path_factory, "classify", str(tmp_path / "data.npz"), net="cnn", epochs=1)
    first, second = (run.visualize(x[:1], ["integrated-gradients"], class_name=name) for name in ("0", "1"))
    np.testing.assert_allclose(first.heatmaps[0].values, -second.heatmaps[0].values, atol=1e-6)
    assert first.heatmaps[0].amount + second.heatmaps[0].amount == pytest.approx(1)


@pytest.mark.parametrize(
    ("method", "data", "options", "amount"),
    [
        ("ssd", "scenes", {"epochs": 1, "width": 0.25, "levels": 2, "anchors_per_cell": 2}, "score"),
        ("unet", "scenes", {"epochs": 1, "width": 4}, "fraction of pixels"),
        (
            "fcn",
            "scenes",
            {"epochs": 1, "width": 4, "blocks": 1, "levels": 2, "filters": 8},
            "fraction of pixels",
        ),
        ("pspnet", "scenes", {"epochs": 1, "width": 4, "blocks": 1, "filters": 8}, "fraction of pixels"),
        ("iic", "digits", {"epochs": 1, "num_heads": 2, "num_overclusters": 12}, "probability"),
        ("autoencoder", "digits", {"epochs": 1, "filters": 4, "hidden": 8}, ""),
        (
            "vae",
            "digits",
            {"epochs": 1, "net": "cnn", "filters": 4, "hidden": 8, "importance_samples": 2},
            "",
        ),
    ],
)
def test_other_methods(tmp_path_factory, method, data, options, amount):
    run = trained(tmp_path_factory, method, data, batch_size=64, **options)
    image = run.preparation["image"]
    pixels = np.random.default_rng(0).integers(0, 256, (1, image.height, image.width, image.channels))
    shown = run.visualize(pixels.astype(np.uint8), ["grad-cam", "activations"] if amount else ["activations"])
    assert shown.quantity == amount
    assert bool(shown.heatmaps) == bool(amount)
    assert shown.activations
    if not amount:
        with pytest.raises(UsageError, match="has no scores of classes here"):
            run.visualize(pixels.astype(np.uint8), ["occlusion"])


def test_prototypes_need_a_support_set(tmp_path_factory, tmp_path):
    from PIL import Image

    for name in range(2):
        (tmp_path / "support" / str(name)).mkdir(parents=True)
        Image.fromarray(digit(2)[name, ..., 0]).save(tmp_path / "support" / str(name) / "a.png")
    run = trained(
        tmp_path_factory,
        "protonet",
        "digits",
        epochs=1,
        episodes=2,
        way=4,
        queries=2,
        eval_way=2,
        eval_episodes=5,
    )
    shown = run.visualize(digit(), ["grad-cam"], support=str(tmp_path / "support"))
    assert shown.heatmaps[0].name in ("0", "1")
    with pytest.raises(UsageError, match="--support FOLDER"):
        run.visualize(digit(), ["grad-cam"])


def test_a_method_without_networks_to_explain(tmp_path_factory):
    run = trained(tmp_path_factory, "denoiser", SMALL, epochs=1, width=4)
    with pytest.raises(UsageError, match="denoiser has no network"):
        run.visualize(digit())


def test_the_columns_of_a_table(table_run, tmp_path):
    frame = rows_like(table_run, 40)
    shown = table_run.visualize(frame, out=tmp_path / "v")
    gradients, occlusion = shown.columns
    assert gradients.columns == list(frame.columns)
    assert gradients.values.shape == (40, 4)
    assert gradients.names == table_run.predict(frame)["label"]
    assert gradients.checks["median_completeness_error"] <= 0.01
    assert occlusion.checks == {"replaced_by": "other rows"}
    with (tmp_path / "v" / "integrated-gradients.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["id", "explained", "probability", *frame.columns]
    assert len(rows) == 41
    np.testing.assert_allclose([float(cell) for cell in rows[1][3:]], gradients.values[0], rtol=1e-4)
    single = table_run.visualize(frame.iloc[:1], ["occlusion"])
    assert single.columns[0].checks == {"replaced_by": "the mean of the training part"}
    assert [check["kind"] for check in checks_of(shown)] == ["integrated-gradients", "occlusion"]


def test_maps_of_a_table_are_refused(table_run):
    with pytest.raises(UsageError, match="--kind grad-cam for a run on a table"):
        table_run.visualize(rows_like(table_run, 3), ["grad-cam"])


def test_a_regressor_explains_its_target(tmp_path_factory):
    run = trained(tmp_path_factory, "regress", "diabetes", epochs=2)
    frame = rows_like(run, 5)
    shown = run.visualize(frame, ["integrated-gradients"])
    assert shown.quantity == "value"
    np.testing.assert_allclose(shown.columns[0].amounts, run.predict(frame)["value"][:, 0], rtol=1e-4)


def test_kinds_are_put_in_order():
    assert check_kinds(["occlusion", "activations"]) == ["activations", "occlusion"]
    assert check_kinds(None) is None


def test_names_of_files_do_not_leave_the_folder(run, tmp_path):
    shown = run.visualize(digit(), ["occlusion"])
    shown.ids = ["../../evil\n name/.. .png"]
    files = write_visualization(shown, tmp_path / "v", "run")
    assert {path.parent for path in files} == {tmp_path / "v"}


def test_the_function_is_the_method(run):
    one, other = visualize_run(run, digit(), ["occlusion"]), run.visualize(digit(), ["occlusion"])
    np.testing.assert_array_equal(one.heatmaps[0].values, other.heatmaps[0].values)
