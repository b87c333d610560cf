from dataclasses import replace

import numpy as np
import pytest
import torch
from damage import cut_in_half

from pngnat.audio.config import AudioConfig
from pngnat.data.features import FeatureStore
from pngnat.data.prosody import token_prosody
from pngnat.errors import PngnatError
from pngnat.models.decoder import DecoderConfig, PostNetConfig
from pngnat.models.durations import PredictorConfig
from pngnat.models.png_bert import PngBertConfig
from pngnat.models.png_nat import PngNat, PngNatConfig
from pngnat.models.prosody import ProsodyConfig
from pngnat.models.vocoder import PitchConfig, Vocoder, VocoderConfig
from pngnat.training.discriminators import AdversarialConfig, DiscriminatorConfig
from pngnat.training.export import VocoderStart, vocoder_start
from pngnat.training.predicted_mels import PredictedMels, Teacher, find_teacher
from pngnat.training.runs import RunConfig
from pngnat.training.schedule import ScheduleConfig
from pngnat.training.vocoder import VocoderTraining, VocoderTrainingConfig
from pngnat.training.vocoder_data import SegmentConfig, Segments
from pngnat.training.vocoder_job import VocoderJob, train_vocoder

AUDIO = AudioConfig()
VOCODER = VocoderConfig(width=16, hidden=16, blocks=1, pitch=PitchConfig(width=8, hidden=8, blocks=1, bins=16))
SEGMENTS = SegmentConfig(frames=16, margin=0, gain=0.0, mel_noise=0.0, predicted=1.0)
LOUD, QUIET = 0.0, -10.0


class Caricature(PngNat):
    """Says of each frame whether its token has a sound: LOUD or QUIET in all bins."""

    silent: frozenset[int] = frozenset()

    def encode(self, tokens):
        self.ids = tokens.phoneme_ids[0]
        return super().encode(tokens)

    def generate_mel(self, encoded, speaker, durations):
        token = self.alignment(encoded, speaker, durations)[0].argmax(-1)
        levels = torch.tensor([QUIET if int(i) in self.silent else LOUD for i in self.ids[token]])
        return levels[None, None].expand(1, AUDIO.n_mels, -1)


def teacher(corpus, kind=PngNat, speakers=("a", "b")) -> Teacher:
    torch.manual_seed(0)
    vocabulary = corpus.tokenizer.vocabulary_size
    config = PngNatConfig(
        encoder=PngBertConfig(vocabulary, width=16, layers=1, heads=2, feedforward=32),
        speakers=len(speakers),
        speaker_width=4,
        predictor=PredictorConfig(units=8, layers=1),
        decoder=DecoderConfig("parallel", width=16, layers=1, kernel=3, feedforward=32),
        postnet=PostNetConfig(width=8, layers=2),
    )
    return Teacher(kind(config).eval(), corpus.tokenizer, speakers)


@pytest.fixture(scope="module")
def store(tmp_path_factory, toy_corpus):
    store = FeatureStore(tmp_path_factory.mktemp("features"), AUDIO, "dio")
    list(store.measure(toy_corpus.recordings))
    return store


def test_predicted_frames_lie_on_the_samples_that_they_are_about(toy_corpus, store, tmp_path):
    model = teacher(toy_corpus, Caricature)
    symbols = {}
    for recording in toy_corpus.recordings:
        symbols |= dict(zip(model.tokens(recording), recording.symbols, strict=False))
    model.model.silent = frozenset(identity for identity, symbol in symbols.items() if not symbol[0].isalpha())
    predicted = PredictedMels(tmp_path, store, model)
    list(predicted.measure(toy_corpus.recordings))
    for recording in toy_corpus.recordings:
        features = predicted.load(recording)
        assert features.mel.shape == (128, len(features.f0)) and len(features.samples) == 300 * len(features.f0)
    batch = Segments(store, toy_corpus.recordings, 16, SEGMENTS, predicted=predicted).batch(0)
    is_loud = batch.samples.reshape(16, 16, 300).square().mean(-1) > 0.01
    said_loud = batch.mel[:, 0] == LOUD
    assert (is_loud == said_loud).float().mean() > 0.85
    for shift in (1, -1):
        assert (is_loud == said_loud).float().mean() > (is_loud == said_loud.roll(shift, 1)).float().mean()


def test_samples_and_pitch_stay_the_recordings(toy_corpus, store, tmp_path):
    predicted, recording = PredictedMels(tmp_path, store, teacher(toy_corpus)), toy_corpus.recordings[0]
    list(predicted.measure(toy_corpus.recordings[:1]))
    true, made = store.load(recording), predicted.load(recording)
    assert np.array_equal(true.samples, made.samples) and np.array_equal(true.f0, made.f0)
    assert not np.allclose(true.mel, made.mel, atol=0.5)


def test_a_model_with_prosody_speaks_with_the_recordings(toy_corpus, store, tmp_path):
    model = teacher(toy_corpus)
    torch.manual_seed(0)
    melodic = PngNat(replace(model.model.config, prosody=ProsodyConfig(width=8, layers=1))).eval()
    torch.nn.init.normal_(melodic.prosody.embedding.weight)
    model, recording = replace(model, model=melodic), toy_corpus.recordings[0]
    predicted, features = PredictedMels(tmp_path, store, model), store.load(recording)
    list(predicted.measure([recording]))
    found = predicted.load(recording).mel
    own = token_prosody(features.f0, features.mel.T, recording.durations, AUDIO.frame_rate)
    np.testing.assert_allclose(found, model.mel(recording, own)[:, : found.shape[1]], atol=0.01)
    assert not np.allclose(found, model.mel(recording)[:, : found.shape[1]], atol=0.01)


def test_mels_are_rebuilt_only_after_a_change(toy_corpus, store, tmp_path):
    recordings, model = toy_corpus.recordings[:3], teacher(toy_corpus)
    predicted = PredictedMels(tmp_path, store, model)
    assert predicted.missing(recordings) == recordings
    list(predicted.measure(recordings))
    assert PredictedMels(tmp_path, store, teacher(toy_corpus)).missing(recordings) == []

    longer = replace(recordings[0], durations=recordings[0].durations * np.float32(1.001))
    other_text = replace(recordings[1], utterance=toy_corpus.recordings[5].utterance)
    assert predicted.missing([longer, other_text, recordings[2]]) == [longer, other_text]

    trained = teacher(toy_corpus)
    with torch.no_grad():
        trained.model.decoder.proj_out.bias[0] += 1e-3
    assert PredictedMels(tmp_path, store, trained).missing(recordings) == recordings
    assert PredictedMels(tmp_path, store, teacher(toy_corpus, speakers=("b", "a"))).missing(recordings) == recordings


def test_truncated_mel_is_reported_and_rebuilt(toy_corpus, store, tmp_path, caplog):
    recording = toy_corpus.recordings[0]
    predicted = PredictedMels(tmp_path, store, teacher(toy_corpus))
    list(predicted.measure([recording]))
    mel = predicted.load(recording).mel
    (path,) = predicted.folder.iterdir()
    cut_in_half(path)
    assert predicted.missing([recording]) == [recording]
    assert len(caplog.messages) == 1 and f"{path} is made again: it is damaged" in caplog.messages[0]
    with pytest.raises(PngnatError, match="no predicted mel; run the same command again"):
        predicted.load(recording)
    list(predicted.measure([recording]))
    np.testing.assert_array_equal(predicted.load(recording).mel, mel)


def test_unusable_recordings_raise_with_a_reason(toy_corpus, store, tmp_path):
    recording, model = toy_corpus.recordings[0], teacher(toy_corpus)
    predicted = PredictedMels(tmp_path, store, model)
    for broken, message in (
        (replace(recording, speaker="zoe"), "no speaker 'zoe'; it knows a, b"),
        (replace(recording, durations=recording.durations[1:]), "durations for"),
        (replace(recording, durations=recording.durations * 2), "frames, its sound"),
    ):
        with pytest.raises(PngnatError, match=message):
            list(predicted.measure([broken]))


def test_fraction_of_the_segments_is_predicted(toy_corpus, store, tmp_path):
    predicted = PredictedMels(tmp_path, store, teacher(toy_corpus))
    list(predicted.measure(toy_corpus.recordings))
    true = {recording.id: store.load(recording).mel for recording in toy_corpus.recordings}
    batch = Segments(store, toy_corpus.recordings, 60, replace(SEGMENTS, predicted=0.75), predicted=predicted).batch(0)
    own = [_occurs(true[identity], mel.numpy()) for identity, mel in zip(batch.ids, batch.mel, strict=True)]
    assert 5 < sum(own) < 25 and [not known for known in own] == batch.is_predicted.tolist()


@pytest.mark.slow
def test_it_is_learned_which_mels_to_trust(toy_corpus, store, tmp_path):
    predicted = PredictedMels(tmp_path, store, teacher(toy_corpus))
    list(predicted.measure(toy_corpus.recordings))
    config = VocoderTrainingConfig(
        autocast=False, pitch_weight=0.0, stft_weight=0.0, mel_weight=0.0, complex_weight=0.0, trust_weight=2.0
    )
    torch.manual_seed(0)
    training = VocoderTraining(AUDIO, VOCODER, config, store, toy_corpus.recordings, toy_corpus.recordings, predicted)
    batch = Segments(store, toy_corpus.recordings, 8, replace(SEGMENTS, predicted=0.5), predicted=predicted).batch(0)
    assert 0 < batch.is_predicted.sum() < 8
    losses = training.losses(batch)
    assert losses["loss"].item() == pytest.approx(2 * losses["trust"].item()) and losses["trust"] > 0.5
    optimizer = torch.optim.Adam(training.parameters(), 0.02)
    for _ in range(60):
        optimizer.zero_grad()
        training.losses(batch)["loss"].backward()
        optimizer.step()
    assert training.losses(batch)["trust"] < 0.1
    f0, voicing = training.vocoder.predict_f0(batch.mel)
    trust = training.vocoder.filters(batch.mel, f0, voicing).correction_gate.mean((1, 2))
    assert ((trust > 0.5) == ~batch.is_predicted).all()


def _occurs(mel: np.ndarray, segment: np.ndarray) -> bool:
    frames = segment.shape[1]
    return any(
        np.allclose(mel[:, start : start + frames], segment, atol=0.01) for start in range(mel.shape[1] - frames + 1)
    )


def test_a_voice_can_teach():
    found = find_teacher("english")
    assert found.audio == AUDIO and "af_heart" in found.speakers and len(found.fingerprint) == 16


@pytest.mark.slow
def test_second_job_continues_one_on_predicted_mels(toy_corpus, tmp_path):
    training = VocoderTrainingConfig(
        batch_size=2,
        autocast=False,
        segments=SegmentConfig(frames=16, margin=0),
        adversarial=AdversarialConfig(discriminators=DiscriminatorConfig(windows=(256,), channels=4)),
    )
    job = VocoderJob(
        run_dir=tmp_path / "first",
        recordings=toy_corpus.recordings,
        features=tmp_path / "features",
        model=VOCODER,
        teacher=teacher(toy_corpus),
        training=training,
        schedule=ScheduleConfig(warmup=1, steps=2),
        run=RunConfig(accelerator="cpu", threads=1, validate_every=2),
        pitch="dio",
        validate_clips=1,
    )
    first = train_vocoder(job)
    start = vocoder_start(tmp_path / "first")
    assert torch.equal(start.vocoder.net.proj_out.bias, first.net.proj_out.bias) and start.discriminators
    second = train_vocoder(
        replace(job, run_dir=tmp_path / "second", start=start, schedule=ScheduleConfig(learning_rate=0.0, steps=1))
    )
    torch.testing.assert_close(second.net.proj_out.bias, first.net.proj_out.bias)
    with pytest.raises(PngnatError, match="start from has other audio"):
        train_vocoder(replace(job, start=VocoderStart(Vocoder(AudioConfig(n_mels=20), VOCODER))))
