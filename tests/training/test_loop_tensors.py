from __future__ import annotations

import torch

from hibiscus.training.loop_tensors import collect_tensors, restore_tensors
from training.toy_methods import Growing, make_loop


def test_collected_tensors_restore_optimizer_and_random_state(tmp_path):
    loop = make_loop(Growing, tmp_path, epochs=1)
    loop.run()
    assert loop.stage is not None
    (player,) = loop.stage.players
    position = loop.stage.source.position()
    tensors = collect_tensors(loop.method, loop.stage, position, loop.device)
    tensors = {name: value.clone() for name, value in tensors.items()}
    assert {name.split("/")[0] for name in tensors} >= {"network", "optimizer", "random"}
    expected = torch.rand(3)
    for value in player.optimizer.tensors().values():
        value.zero_()
    source = {name: value for name, value in position.items() if not isinstance(value, torch.Tensor)}
    restore_tensors(loop.stage, tensors, {"lr_factors": {player.name: 0.25}, "source": source}, loop.device)
    assert torch.equal(torch.rand(3), expected)
    assert player.lr_factor == 0.25
    for name, value in player.optimizer.tensors().items():
        assert torch.equal(value, tensors[f"optimizer/{player.name}/{name}"])
