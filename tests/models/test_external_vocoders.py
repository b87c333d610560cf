import pytest
import torch

from pngnat.audio.config import AudioConfig
from pngnat.errors import PngnatError
from pngnat.models.vocoder.external import (
    ExternalVocoder,
    FramesFirst,
    HifiGanConfig,
    VocosConfig,
    VocosNetwork,
    hifigan,
)
from pngnat.models.vocoder.streaming import stream

# The generators of "V1" (arXiv 2010.05646) and of microsoft/speecht5_hifigan, and the Vocos of
# charactr/vocos-mel-24khz.
DILATIONS = [[1, 3, 5]] * 3
V1 = HifiGanConfig(80, 22050, 512, [8, 8, 2, 2], [16, 16, 4, 4], [3, 7, 11], DILATIONS, 0.1, False)
SPEECHT5 = HifiGanConfig(80, 16000, 512, [4, 4, 4, 4], [8, 8, 8, 8], [3, 7, 11], DILATIONS, 0.1, True)
VOCOS = VocosConfig(input_channels=100, dim=512, intermediate_dim=1536, num_layers=8, n_fft=1024, hop_length=256)


def hifigan_vocoder(config: HifiGanConfig) -> ExternalVocoder:
    torch.manual_seed(0)
    try:
        network = hifigan(config).eval()
    except PngnatError as error:
        pytest.skip(str(error))
    for weight in network.parameters():
        # Fresh weights are so small that nothing would reach far.
        if weight.dim() > 1:
            torch.nn.init.normal_(weight, std=0.8 / weight[0].numel() ** 0.5)
    audio = AudioConfig(sample_rate=config.sampling_rate, hop_length=config.hop_length, n_mels=config.model_in_dim)
    return ExternalVocoder("HiFi-GAN", audio, FramesFirst(network), config.reach)


def vocos_vocoder() -> ExternalVocoder:
    torch.manual_seed(0)
    network = VocosNetwork(VOCOS).eval()
    audio = AudioConfig(n_fft=1024, window_length=1024, hop_length=256, n_mels=100)
    return ExternalVocoder("Vocos", audio, network, VOCOS.reach)


VOCODERS = pytest.mark.parametrize(
    "make", [lambda: hifigan_vocoder(V1), lambda: hifigan_vocoder(SPEECHT5), vocos_vocoder]
)


@pytest.mark.slow
@VOCODERS
def test_frames_become_hops_complete_or_in_pieces(make):
    vocoder = make()
    frames = 2 * vocoder.reach + 24
    mel = torch.randn(1, vocoder.audio.n_mels, frames, generator=torch.Generator().manual_seed(1)) * 2 - 5
    with torch.inference_mode():
        whole = vocoder(mel)
        pieces = list(stream(vocoder, mel, first=8))
    assert whole.shape == (1, frames * 256) and whole.dtype == torch.float32 and 1e-3 < whole.std() < 0.5
    assert len(pieces) > 2 and pieces[0].shape[1] == 8 * 256
    assert (torch.cat(pieces, 1) - whole).abs().max() < 1e-4


@pytest.mark.slow
@VOCODERS
def test_reach_covers_every_sample_that_a_frame_changes(make):
    vocoder = make()
    frames = 2 * vocoder.reach + 4
    mel = torch.randn(1, vocoder.audio.n_mels, frames, generator=torch.Generator().manual_seed(1))
    other = mel.clone()
    other[:, :, 0] += 20
    with torch.inference_mode():
        moved = (vocoder(mel) - vocoder(other)).abs()[0] > 1e-6
    assert moved[:256].any() and not moved[(vocoder.reach + 1) * 256 :].any()


def test_a_vocoder_without_pitch_says_so():
    network = torch.nn.Identity()
    vocoder = ExternalVocoder("the HiFi-GAN in folder", AudioConfig(), network, 3)
    mel = torch.zeros(1, 128, 4)
    for asked in ({"semitones": 1.0}, {"f0": torch.ones(1, 4)}):
        with pytest.raises(PngnatError, match="the HiFi-GAN in folder cannot change the pitch"):
            vocoder(mel, **asked)
        with pytest.raises(PngnatError, match="cannot change the pitch"):
            next(stream(vocoder, mel, **asked))


@pytest.mark.parametrize(
    "changed",
    [{"upsample_kernel_sizes": [16, 16, 4]}, {"upsample_kernel_sizes": [16, 16, 4, 5]}, {"resblock_kernel_sizes": [3]}],
)
def test_generators_whose_frames_would_not_be_hops(changed):
    with pytest.raises(ValueError):
        HifiGanConfig(**{**vars(V1), **changed})
