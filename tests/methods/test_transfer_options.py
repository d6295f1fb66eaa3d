"""Which options of transfer learning do not go together."""

from __future__ import annotations

import pytest

from hibiscus.errors import ConfigError
from hibiscus.methods.supervised import SupervisedConfig
from hibiscus.methods.transfer_options import check_unused


@pytest.mark.parametrize(
    ("name", "value"), [("unfreeze", 1), ("layer_decay", 1), ("head_epochs", 1), ("head_lr_factor", 0.5)]
)
def test_options_of_fine_tuning_have_no_effect_elsewhere(name, value):
    config = SupervisedConfig(**{name: value})
    check_unused(config, "fine-tune")
    with pytest.raises(ConfigError, match=f"{name} with transfer=none"):
        check_unused(config, "none")
