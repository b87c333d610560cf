"""BiLstm: the same as PyTorch's packed sequences, whatever the padding holds."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from pngnat.models.layers import BiLstm, reversed_places


def packed_reference(model: BiLstm, inputs: int, units: int) -> nn.LSTM:
    """PyTorch's bidirectional LSTM with the model's weights."""
    reference = nn.LSTM(inputs, units, len(model.forwards), batch_first=True, bidirectional=True)
    weights = {}
    for layer, directions in enumerate(zip(model.forwards, model.backwards, strict=True)):
        for suffix, direction in zip(("", "_reverse"), directions, strict=True):
            weights |= {
                name.removesuffix("0") + f"{layer}{suffix}": value for name, value in direction.state_dict().items()
            }
    reference.load_state_dict(weights)
    return reference


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 3))
def test_equals_packed_sequences(lengths: list[int], layers: int) -> None:
    torch.manual_seed(0)
    model, lengths = BiLstm(5, 3, layers), torch.tensor(lengths)
    x = torch.randn(len(lengths), int(lengths.max()) + 2, 5)
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    wanted = pad_packed_sequence(packed_reference(model, 5, 3)(packed)[0], batch_first=True, total_length=x.shape[1])[0]
    torch.testing.assert_close(model(x, lengths), wanted)


def test_padding_has_no_influence_and_no_gradient() -> None:
    model, lengths = BiLstm(4, 3, 2), torch.tensor([5, 2])
    x = torch.randn(2, 5, 4, requires_grad=True)
    model(x, lengths).square().sum().backward()
    assert (x.grad[1, 2:] == 0).all() and (x.grad[1, :2] != 0).any()


def test_turning_twice_changes_nothing() -> None:
    places = reversed_places(torch.tensor([4, 1, 3]), 4)
    assert places.tolist() == [[3, 2, 1, 0], [0, 1, 2, 3], [2, 1, 0, 3]]
    assert torch.equal(places.gather(1, places), torch.arange(4).expand(3, 4))
