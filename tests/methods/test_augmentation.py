"""The options that methods on pictures share: hibiscus.methods.augmentation."""

from hibiscus.data.images.augment import Augment
from hibiscus.methods.augmentation import PictureConfig


def test_they_describe_the_random_changes():
    config = PictureConfig(rotation=15, zoom=0.1, flip=True, fill="zero")
    assert config.build_augment() == Augment(rotation=15, zoom=0.1, flip=True, fill="zero")
    assert not PictureConfig().build_augment().active
