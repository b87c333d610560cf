import pytest
import torch

from pngnat.training import module


@pytest.mark.parametrize(
    ("wanted", "native", "dtype"),
    [(True, True, torch.bfloat16), (True, False, torch.float32), (False, True, torch.float32)],
)
def test_bfloat16_where_it_is_wanted_and_native(monkeypatch, wanted, native, dtype):
    monkeypatch.setattr(module, "_processor_has_bfloat16", lambda: native)
    with module.autocast(torch.device("cpu"), wanted):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype
