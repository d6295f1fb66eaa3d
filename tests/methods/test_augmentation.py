"""The options that methods on images share: hibiscus.methods.augmentation."""

from hibiscus.data.images.augment import Augment
from hibiscus.methods.augmentation import ImageConfig


def test_they_describe_the_random_changes():
    config = ImageConfig(rotation=15, scale_range=0.1, flip=True, padding_mode="zero")
    assert config.build_augment() == Augment(rotation=15, scale_range=0.1, flip=True, padding_mode="zero")
    assert not ImageConfig().build_augment().active
