import pytest
import torch

from pngnat.models.decoder import DecoderConfig, LstmDecoder, build_decoder

CONFIGS = [
    DecoderConfig("lstm", reduction=2, width=16, layers=2, prenet=8),
    DecoderConfig("parallel", reduction=2, width=16, layers=2, kernel=3, feedforward=32),
    DecoderConfig("parallel", reduction=2, width=16, layers=2, kernel=3, feedforward=32, adaptive=True),
]
NAMES = ["lstm", "parallel", "adaptive"]
SPEAKERS = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("config", CONFIGS, ids=NAMES)
@pytest.mark.parametrize("frames", [1, 2, 7])
def test_makes_one_mel_frame_for_each_upsampled_frame(config, frames):
    decoder = build_decoder(12, 5, 4, config).eval()
    assert decoder(torch.randn(3, frames, 12), torch.tensor([frames] * 3), SPEAKERS).shape == (3, frames, 5)


@pytest.mark.parametrize("config", CONFIGS, ids=NAMES)
def test_padding_has_no_influence(config):
    decoder = build_decoder(12, 5, 4, config).eval()
    alone = torch.randn(1, 6, 12)
    # What is fed past the end is zero, as `upsample` makes it; the batch's other row is longer.
    batch = torch.cat([torch.nn.functional.pad(alone, (0, 0, 0, 5)), torch.randn(1, 11, 12)])
    together = decoder(batch, torch.tensor([6, 11]), SPEAKERS[:2])
    torch.testing.assert_close(together[:1, :6], decoder(alone, torch.tensor([6]), SPEAKERS[:1]), atol=1e-5, rtol=1e-5)


def test_lstm_in_steps_equals_its_teacher_forced_pass_on_its_own_output():
    decoder = build_decoder(12, 5, 4, CONFIGS[0]).eval()
    upsampled, counts = torch.randn(2, 9, 12), torch.tensor([9, 9])
    free = decoder(upsampled, counts, SPEAKERS[:2])
    assert isinstance(decoder, LstmDecoder)
    torch.testing.assert_close(decoder(upsampled, counts, SPEAKERS[:2], target=free), free, atol=1e-6, rtol=1e-5)
    assert not torch.allclose(decoder(upsampled, counts, SPEAKERS[:2], target=torch.randn(2, 9, 5)), free)


def test_lstm_never_sees_the_frames_it_is_to_make():
    decoder = build_decoder(12, 5, 4, CONFIGS[0]).eval()
    upsampled, counts, target = torch.randn(1, 8, 12), torch.tensor([8]), torch.randn(1, 8, 5)
    changed = target.clone()
    changed[:, 4:] += 1.0
    before, after = decoder(upsampled, counts, SPEAKERS[:1], target), decoder(upsampled, counts, SPEAKERS[:1], changed)
    torch.testing.assert_close(before[:, :6], after[:, :6])
    assert not torch.allclose(before[:, 6:], after[:, 6:])


def test_unknown_kind_is_named():
    with pytest.raises(ValueError, match="wavenet"):
        build_decoder(4, 2, 4, DecoderConfig("wavenet"))


def test_only_an_adaptive_decoder_hears_who_speaks_and_none_does_at_first():
    upsampled, counts = torch.randn(1, 8, 12), torch.tensor([8])
    plain, adaptive = (build_decoder(12, 5, 4, config).eval() for config in CONFIGS[1:])
    for decoder in (plain, adaptive):
        torch.testing.assert_close(decoder(upsampled, counts, SPEAKERS[:1]), decoder(upsampled, counts, SPEAKERS[1:2]))
    for block in adaptive.blocks:
        torch.nn.init.normal_(block.adapt.weight)
    assert not torch.allclose(
        adaptive(upsampled, counts, SPEAKERS[:1]), adaptive(upsampled, counts, SPEAKERS[1:2]), atol=1e-3
    )
