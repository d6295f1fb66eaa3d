import pytest
import torch

import hibiscus
from hibiscus.training.denormals import DENORMAL, flushed_denormals


def flushed():
    return bool(torch.tensor(DENORMAL, dtype=torch.float64) * 1 == 0)


@pytest.fixture(autouse=True)
def restored():
    yield
    torch.set_flush_denormal(False)


@pytest.mark.parametrize("before", [False, True])
def test_the_setting_of_the_caller_is_restored(before):
    if not torch.set_flush_denormal(before):
        pytest.skip("this processor cannot flush denormal numbers")
    with flushed_denormals():
        assert flushed()
        with flushed_denormals():
            assert flushed()
        assert flushed()
    assert flushed() == before
    with pytest.raises(RuntimeError), flushed_denormals():
        raise RuntimeError
    assert flushed() == before


def test_training_and_prediction_leave_it_as_it_was(tmp_path):
    torch.set_flush_denormal(False)
    options = {"net": "linear", "epochs": 1, "max_rounds": 2}
    run = hibiscus.train("classify", "digits", out=tmp_path / "run", quiet=True, **options)
    run.evaluate()
    run.predict("digits")
    assert not flushed()
