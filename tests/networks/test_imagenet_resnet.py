import pytest
import torch
from torch.nn import functional

from hibiscus.networks import build_network, count_parameters


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("resnet18", 11_689_512),
        ("resnet34", 21_797_672),
        ("resnet50", 25_557_032),
        ("resnet101", 44_549_160),
        ("resnet152", 60_192_808),
    ],
)
def test_parameters_are_those_of_the_published_networks(name, count):
    with torch.device("meta"):
        network = build_network_without_weights(name)
    assert count_parameters(network) == count


def build_network_without_weights(name):
    from hibiscus.networks.imagenet_resnet import ImageNetResNet

    return ImageNetResNet(3, 1000, int(name.removeprefix("resnet")))


def norm(name, width):
    shapes = dict.fromkeys(("weight", "bias", "running_mean", "running_var"), (width,))
    return {f"{name}.{key}": shape for key, shape in shapes.items()} | {f"{name}.num_batches_tracked": ()}


def published_tensors(blocks, convolutions, expansion):
    """The names and shapes in torchvision's files of weights.

    `convolutions` holds the kernel size and the number of output channels, relative to the stage's filters,
    of each convolution of a block.
    """
    tensors = {"conv1.weight": (64, 3, 7, 7), **norm("bn1", 64)}
    channels = 64
    for stage, count in enumerate(blocks, 1):
        filters = 32 * 2**stage
        for block in range(count):
            name, before = f"layer{stage}.{block}", channels
            for index, (kernel, factor) in enumerate(convolutions, 1):
                tensors[f"{name}.conv{index}.weight"] = (filters * factor, before, kernel, kernel)
                tensors |= norm(f"{name}.bn{index}", filters * factor)
                before = filters * factor
            if block == 0 and channels != filters * expansion:
                tensors[f"{name}.downsample.0.weight"] = (filters * expansion, channels, 1, 1)
                tensors |= norm(f"{name}.downsample.1", filters * expansion)
            channels = filters * expansion
    return tensors | {"fc.weight": (1000, channels), "fc.bias": (1000,)}


@pytest.mark.parametrize(
    ("name", "blocks", "convolutions", "expansion"),
    [
        ("resnet18", (2, 2, 2, 2), ((3, 1), (3, 1)), 1),
        ("resnet34", (3, 4, 6, 3), ((3, 1), (3, 1)), 1),
        ("resnet50", (3, 4, 6, 3), ((1, 1), (3, 1), (1, 4)), 4),
        ("resnet101", (3, 4, 23, 3), ((1, 1), (3, 1), (1, 4)), 4),
        ("resnet152", (3, 8, 36, 3), ((1, 1), (3, 1), (1, 4)), 4),
    ],
)
def test_published_weights_fit(name, blocks, convolutions, expansion):
    with torch.device("meta"):
        network = build_network_without_weights(name)
    shapes = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    assert shapes == published_tensors(blocks, convolutions, expansion)


def test_a_few_names_as_torchvision_writes_them():
    """Spelled out, so that `published_tensors` cannot be wrong in the same way as the network."""
    with torch.device("meta"):
        shapes = {
            key: tuple(value.shape)
            for key, value in build_network_without_weights("resnet50").state_dict().items()
        }
    assert len(shapes) == 320
    assert shapes["layer1.0.downsample.0.weight"] == (256, 64, 1, 1)
    assert shapes["layer3.5.conv3.weight"] == (1024, 256, 1, 1)
    assert shapes["layer4.0.downsample.1.running_var"] == (2048,)
    assert shapes["layer4.2.bn2.num_batches_tracked"] == ()
    assert shapes["fc.weight"] == (1000, 2048)


def reference_resnet18(x, t):
    """The forward pass of table 1 by torch's functions alone, from the tensors `t`."""

    def conv_norm(x, conv, bn, stride=1, padding=1):
        x = functional.conv2d(x, t[f"{conv}.weight"], stride=stride, padding=padding)
        statistics = t[f"{bn}.running_mean"], t[f"{bn}.running_var"]
        return functional.batch_norm(x, *statistics, t[f"{bn}.weight"], t[f"{bn}.bias"])

    x = functional.relu(conv_norm(x, "conv1", "bn1", 2, 3))
    x = functional.max_pool2d(x, 3, 2, 1)
    for stage in (1, 2, 3, 4):
        for block in (0, 1):
            name, stride = f"layer{stage}.{block}", 2 if stage > 1 and block == 0 else 1
            y = functional.relu(conv_norm(x, f"{name}.conv1", f"{name}.bn1", stride))
            y = conv_norm(y, f"{name}.conv2", f"{name}.bn2")
            if stride == 2:
                x = conv_norm(x, f"{name}.downsample.0", f"{name}.downsample.1", 2, 0)
            x = functional.relu(x + y)
    return functional.linear(x.mean((2, 3)), t["fc.weight"], t["fc.bias"])


def test_outputs_of_resnet18():
    network = build_network("resnet18", (3, 64, 64), 5).eval()
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(
            network(x), reference_resnet18(x, network.state_dict()), rtol=1e-4, atol=1e-4
        )


def test_the_stride_of_a_bottleneck_is_in_its_3x3_convolution():
    with torch.device("meta"):
        block = build_network_without_weights("resnet50").layer2[0]
    assert (block.conv1.stride, block.conv2.stride, block.downsample[0].stride) == ((1, 1), (2, 2), (2, 2))
