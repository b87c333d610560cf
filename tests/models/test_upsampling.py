import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pngnat.models.durations import frame_counts, gaussian_weights, position_in_token, upsample

DURATIONS = st.lists(st.one_of(st.just(0.0), st.floats(0.05, 30.0)), min_size=1, max_size=20).filter(
    lambda d: sum(d) >= 1
)


def test_weights_match_a_direct_evaluation_in_numpy():
    rng = np.random.default_rng(0)
    durations, ranges = rng.uniform(0.5, 8.0, 7), rng.uniform(0.4, 3.0, 7)
    frames = int(durations.sum().round())
    expected = np.zeros((frames, 7))
    for t in range(frames):
        for i in range(7):
            centre = durations[i] / 2 + durations[:i].sum()
            sigma = ranges[i]
            expected[t, i] = np.exp(-((t + 0.5 - centre) ** 2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
        expected[t] /= expected[t].sum()
    weights = gaussian_weights(torch.tensor(durations)[None], torch.tensor(ranges)[None], frames)[0]
    np.testing.assert_allclose(weights.numpy(), expected, atol=1e-5)


@given(DURATIONS, st.floats(0.3, 5.0))
@settings(max_examples=50, deadline=None)
def test_weights_sum_to_one_and_are_zero_without_duration(durations, sigma):
    frames = max(1, round(sum(durations)))
    weights = gaussian_weights(torch.tensor([durations]), torch.full((1, len(durations)), sigma), frames)[0]
    assert torch.allclose(weights.sum(1), torch.ones(frames), atol=1e-5)
    assert weights[:, torch.tensor(durations) == 0].abs().sum() == 0


def test_tiny_ranges_give_each_frame_to_one_token():
    durations = torch.tensor([[2.0, 0.0, 2.0, 2.0]])
    weights = gaussian_weights(durations, torch.full((1, 4), 1e-2), 6)[0]
    expected = torch.eye(4)[torch.tensor([0, 0, 2, 2, 3, 3])]
    torch.testing.assert_close(weights, expected)


@given(DURATIONS)
@settings(max_examples=50, deadline=None)
def test_position_in_token_counts_from_the_start_of_its_token(durations):
    frames = max(1, round(sum(durations)))
    found = position_in_token(torch.tensor([durations]), frames)[0].numpy()
    ends = np.cumsum(np.array(durations, np.float32).astype(np.float64))
    for t in range(min(frames, int(ends[-1]))):
        token = min(int((ends <= t + 0.5).sum()), len(durations) - 1)
        expected = t + 0.5 - (ends[token] - np.float32(durations[token]))
        assert abs(found[t] - max(expected, 0)) < 1e-3


def test_rounding_applies_to_the_utterance_and_not_to_each_token():
    # 100 tokens of 0.4 frames: rounded one by one, nothing would be left.
    assert frame_counts(torch.full((1, 100), 0.005), 80.0).tolist() == [40]


def test_gradients_are_finite_with_zero_durations_and_the_smallest_ranges():
    hidden = torch.randn(2, 5, 8, requires_grad=True)
    ranges = torch.full((2, 5), 0.3, requires_grad=True)
    durations = torch.tensor([[0.0, 0.3, 0.0, 4.0, 0.0], [0.1, 0.0, 0.0, 0.0, 0.0]], requires_grad=True)
    frames, counts = upsample(hidden, durations, ranges, 80.0)
    assert counts.tolist() == [344, 8]
    frames.square().sum().backward()
    for tensor in (hidden, ranges, durations):
        assert torch.isfinite(tensor.grad).all()


def test_frames_past_the_end_of_an_utterance_are_zero():
    frames, counts = upsample(
        torch.randn(2, 3, 4), torch.tensor([[0.1, 0.1, 0.1], [0.1, 0.0, 0.0]]), torch.ones(2, 3), 80.0
    )
    assert counts.tolist() == [24, 8]
    assert frames.shape == (2, 24, 4 + 32)
    assert frames[1, 8:].abs().sum() == 0
