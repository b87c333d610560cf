import math
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from pngnat.audio.config import AudioConfig
from pngnat.models.vocoder import PitchConfig, Vocoder, VocoderConfig
from pngnat.models.vocoder.streaming import stream

AUDIO = AudioConfig()
TINY = VocoderConfig(
    width=16, hidden=32, blocks=2, corrections=2, pitch=PitchConfig(width=16, hidden=16, blocks=1, bins=32)
)


@pytest.fixture
def vocoder():
    torch.manual_seed(0)
    vocoder = Vocoder(AUDIO, TINY)
    # Fresh networks give constants; these give every frame another sound.
    torch.nn.init.normal_(vocoder.net.proj_out.weight, std=0.1)
    return vocoder


@pytest.fixture
def raw():
    """A fresh vocoder whose sound is not corrected, with its source alone."""
    torch.manual_seed(0)
    vocoder = Vocoder(AUDIO, replace(TINY, corrections=0))
    with torch.no_grad():
        vocoder.net.proj_out.weight.zero_()
        vocoder.net.proj_out.bias.split(vocoder.outputs)[2].fill_(-20.0)
    return vocoder


def seeded(seed=0):
    return np.random.default_rng(seed)


def mels(*shape):
    return torch.from_numpy(seeded(9).standard_normal(shape, dtype=np.float32)) * 2 - 5


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 17, 60])
def test_frames_become_hops(vocoder, frames):
    made = vocoder(mels(2, 128, frames))
    assert made.shape == (2, 300 * frames)
    assert made.dtype == torch.float32
    assert torch.isfinite(made).all()


def test_half_precision_mels_are_no_half_precision_sound(vocoder):
    with torch.autocast("cpu", torch.bfloat16):
        assert vocoder(mels(1, 128, 5)).dtype == torch.float32


def test_a_seed_is_a_sound(vocoder):
    mel = mels(1, 128, 20)
    assert torch.equal(vocoder(mel, generator=seeded(1)), vocoder(mel, generator=seeded(1)))
    assert not torch.equal(vocoder(mel, generator=seeded(1)), vocoder(mel, generator=seeded(2)))


def test_noise_in_parts_is_the_noise_at_once(vocoder):
    whole, generator = vocoder.noise(1, 9, seeded()), seeded()
    parts = [vocoder.noise(1, frames, generator) for frames in (1, 3, 5)]
    assert torch.equal(torch.cat(parts, dim=3), whole)


def test_given_pitch_is_audible(raw):
    with torch.no_grad():
        made = raw(mels(1, 128, 80), f0=torch.full((1, 80), 200.0))[0]
    spectrum = torch.fft.rfft(made * torch.hann_window(len(made))).abs()
    bins = spectrum.topk(20).indices * 24000 / len(made)
    assert ((bins / 200 - (bins / 200).round()).abs() < 0.02).all()


def test_without_voice_the_source_is_noise_as_loud_as_the_pulses(raw):
    with torch.no_grad():
        # A given f0 of 0 leaves the guess, and says that there is no voice; the predicted voicing of a fresh network is
        # about one half.
        mel = mels(1, 128, 400)
        buzz = raw(mel, generator=seeded())
        aperiodic = raw(mel, torch.zeros(1, 400), generator=seeded())
    assert (aperiodic.square().mean() / buzz.square().mean()).item() == pytest.approx(1, rel=0.1)

    def peak(samples):  # of pulses it is many times the RMS, of noise four
        return (samples.abs().max() / samples.square().mean().sqrt()).item()

    assert peak(aperiodic) < 5.5 < peak(buzz)


def test_semitones_raise_the_pitch(vocoder):
    mel = mels(1, 128, 12)
    pitch = vocoder.choose_f0(mel)[0]
    raised = vocoder.choose_f0(mel, semitones=12)[0]
    torch.testing.assert_close(raised, 2 * pitch)
    given, voicing, _ = vocoder.choose_f0(mel, torch.tensor([[0.0, 110.0] * 6]), semitones=-12)
    torch.testing.assert_close(given[:, 1::2], torch.full((1, 6), 55.0))
    torch.testing.assert_close(given[:, 0::2], pitch[:, 0::2] / 2)
    assert torch.equal(voicing[0, :2], torch.tensor([0.0, 1.0]))


def test_each_frame_is_raised_by_its_own_number(vocoder):
    mel, raised = mels(1, 128, 30), torch.linspace(-3, 3, 30)[None]
    plain, given = vocoder.choose_f0(mel)[0], vocoder.choose_f0(mel, semitones=raised)[0]
    assert torch.allclose(12 * (given / plain).log2(), raised, atol=1e-3)


def test_pitch_is_read_between_the_classes(vocoder):
    net = vocoder.pitch
    for f0 in (90.0, 121.7, 333.3, 480.0):
        spacing = net.log_centres[1] - net.log_centres[0]
        logits = -0.5 * ((math.log(f0) - net.log_centres) / spacing).square()
        assert net.decode(logits[None, None]).item() == pytest.approx(f0, rel=0.003)


def test_a_pitch_between_two_classes_does_not_jump(vocoder):
    net = vocoder.pitch
    bins = torch.arange(net.config.bins)
    logits = (-0.5 * (bins - 60.5).square()).clamp(min=-6.0)
    found = [net.decode((logits + 1e-5 * sign * (bins == 60))[None, None]).item() for sign in (1, -1)]
    assert found[0] == pytest.approx(found[1], rel=1e-5)


def test_pitch_loss_falls_to_its_floor_at_the_right_answer(vocoder):
    net = vocoder.pitch
    f0 = torch.tensor([[0.0, 120.0]])
    spacing = net.log_centres[1] - net.log_centres[0]
    right = -0.5 * ((torch.log(f0.clamp(min=55))[..., None] - net.log_centres) / spacing).square()
    wrong = right.roll(5, dims=-1)
    voicing = torch.tensor([[-9.0, 9.0]])
    assert net.loss(right, voicing, f0)[0] < net.loss(wrong, voicing, f0)[0]
    assert net.loss(right, voicing, f0)[1] < 1e-3 < net.loss(right, -voicing, f0)[1]


def test_gradients_are_finite_where_voice_is_certain(vocoder):
    mel = mels(1, 128, 9)
    with torch.no_grad():
        vocoder.pitch.net.proj_out.bias[-1] = 30.0
    vocoder(mel).square().mean().backward()
    assert all(torch.isfinite(weight.grad).all() for weight in vocoder.parameters() if weight.grad is not None)


@pytest.mark.parametrize("level", [math.log(1e-5), -2.0])
def test_gradients_are_finite_without_any_voice(vocoder, level):
    mel = torch.full((2, 128, 9), level)
    classes, voicing = vocoder.classify_pitch(mel)
    losses = vocoder.pitch.loss(classes, voicing, torch.zeros(2, 9))
    made = vocoder(mel, torch.zeros(2, 9))
    (made.square().mean() + sum(losses)).backward()
    assert all(torch.isfinite(weight.grad).all() for weight in vocoder.parameters() if weight.grad is not None)
    assert losses[0] == 0


def test_config_survives_a_dictionary():
    assert VocoderConfig.from_dict(asdict(TINY)) == TINY


@pytest.mark.parametrize("frames", [1, 2, 3, 5, 40, 41, 60, 199])
@pytest.mark.parametrize("first", [2, 7, 40])
@torch.inference_mode()
def test_joined_stream_equals_the_complete_sound(vocoder, frames, first):
    mel = mels(1, 128, frames)
    # The pitch is raised in the voiced frames of the first half, where the mel is then no guide.
    f0 = torch.where(torch.arange(frames) < frames // 2, 150.0, vocoder.predict_f0(mel)[0])
    whole = vocoder(mel, f0, generator=seeded(), semitones=1.5)
    pieces = list(stream(vocoder, mel, f0, generator=seeded(), semitones=1.5, first=first, longest=50))
    assert all(piece.shape[1] > 0 for piece in pieces)
    torch.testing.assert_close(torch.cat(pieces, dim=1), whole, atol=1e-4, rtol=0)


@torch.inference_mode()
def test_a_stream_begins_before_it_ends(vocoder):
    pieces = [piece.shape[1] for piece in stream(vocoder, mels(1, 128, 300), first=10)]
    assert pieces[0] < 10 * 300
    assert len(pieces) > 3


def test_a_stream_is_of_one_mel(vocoder):
    with pytest.raises(ValueError, match="one mel"):
        next(stream(vocoder, mels(2, 128, 5)))
    with pytest.raises(ValueError, match="two frames"):
        next(stream(vocoder, mels(1, 128, 5), first=1))


@torch.inference_mode()
def test_source_and_sound_may_share_their_noise():
    shared, apart = (Vocoder(AUDIO, replace(TINY, shared_noise=shared)) for shared in (True, False))
    assert shared.noise(2, 5, seeded()).shape == (2, 1, 601, 5)
    drawn = apart.noise(2, 5, seeded())
    assert drawn.shape == (2, 2, 601, 5) and not torch.equal(drawn[:, 0], drawn[:, 1])
    # Of variance 2, one in each part, however it is drawn.
    assert shared.noise(1, 200, seeded()).abs().square().mean().item() == pytest.approx(2, rel=0.02)


@torch.inference_mode()
def test_voiced_frames_have_no_noise_below_the_maximum_voiced_frequency():
    vocoder, mel, f0 = (
        Vocoder(AUDIO, replace(TINY, max_voiced_frequency=3000.0)).eval(),
        mels(1, 128, 6),
        torch.full((1, 6), 120.0),
    )
    voicing = torch.tensor([[0.0, 0.0, 0.1, 0.2, 0.7, 1.0]])
    aperiodic = vocoder.filters(mel, f0, voicing).aperiodic[0]
    # 3 kHz is the 150th of 601 frequencies.
    assert aperiodic[:150, 3:].max() == 0 and aperiodic[150:].min() > 0 and aperiodic[:, :3].min() > 0
    everywhere = Vocoder(AUDIO, replace(TINY, max_voiced_frequency=0.0))
    everywhere.load_state_dict(vocoder.state_dict())
    full = everywhere.filters(mel, f0, voicing).aperiodic[0]
    torch.testing.assert_close(aperiodic[150:], full[150:])
    torch.testing.assert_close(aperiodic[:150, :3], full[:150, :3] * torch.tensor([1.0, 1.0, 0.5]))
    assert torch.equal(vocoder.train().filters(mel, f0, voicing).aperiodic[0], full), "it learns with the noise"


@torch.inference_mode()
def test_cut_filters_give_the_spectrum_of_their_frames(vocoder):
    mel = mels(2, 128, 20)
    f0, voicing, keeps_mel_pitch = vocoder.choose_f0(mel)
    filters, source, noise = (
        vocoder.filters(mel, f0, voicing),
        vocoder.stft(vocoder.pulses(f0)),
        vocoder.noise(2, 20, seeded()),
    )
    whole = vocoder.spectrum(filters, voicing, source, noise)
    part = vocoder.spectrum(filters.cut(5, 9), voicing[:, 5:9], source[..., 5:9], noise[..., 5:9])
    torch.testing.assert_close(part, whole[..., 5:9])
    assert keeps_mel_pitch.all() and torch.equal(
        filters.gated(keeps_mel_pitch).correction_gate, filters.correction_gate
    )


@torch.inference_mode()
def test_a_mel_is_no_guide_to_another_pitch(vocoder):
    mel = mels(2, 128, 20)
    predicted_f0, predicted_voicing = vocoder.predict_f0(mel)
    voiced = predicted_voicing > 0.5
    assert vocoder.choose_f0(mel, torch.where(voiced, predicted_f0, 0))[2].all()
    keeps_mel_pitch = vocoder.choose_f0(mel, semitones=2.0)[2]
    assert torch.equal(keeps_mel_pitch, ~voiced)
    assert not vocoder.choose_f0(mel, torch.where(voiced, 0, predicted_f0))[2].any()
    assert vocoder.filters(mel, predicted_f0, predicted_voicing).gated(torch.zeros(2, 20)).correction_gate.max() == 0
