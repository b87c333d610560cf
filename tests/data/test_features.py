"""What is measured in recordings is right, is measured once, and is told where it is spoilt or of something else."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from damage import cut_in_half
from toy_corpus import wordless

from pngnat.audio import wav
from pngnat.audio.config import AudioConfig
from pngnat.data.features import FeatureStore
from pngnat.errors import PngnatError
from pngnat.workers.pool import Workers

AUDIO = AudioConfig()
TIME = np.arange(24000 + 137) / 24000
VOWEL = np.concatenate(
    [np.zeros(2400), sum(np.sin(2 * np.pi * 110 * k * TIME) / k for k in range(1, 20)) * 0.2]
).astype(np.float32)
FRAMES = len(VOWEL) // 300


@pytest.fixture
def recordings(tmp_path):
    (tmp_path / "audio").mkdir()
    found = []
    for name in ("a", "b"):
        path = tmp_path / "audio" / f"{name}.wav"
        wav.write(path, VOWEL, 24000)
        found.append(wordless(name, path))
    return found


@pytest.fixture
def store(tmp_path):
    return FeatureStore(tmp_path / "features", AUDIO, "dio")


def silence(recording):
    """Another sound of the same length, which would be heard if it were measured again."""
    wav.write(recording.path, np.zeros_like(VOWEL), 24000)


def test_features_say_what_a_recording_sounds_like(store, recordings):
    features = store.load(recordings[0])
    assert (
        features.samples.shape == (FRAMES * 300,)
        and features.mel.shape == (128, FRAMES)
        and features.f0.shape == (FRAMES,)
    )
    voiced = features.f0[features.f0 > 0]
    assert len(voiced) > 0.8 * FRAMES and np.median(voiced) == pytest.approx(110, rel=0.01)
    np.testing.assert_allclose(features.samples, VOWEL[: FRAMES * 300], atol=1e-4)


@pytest.mark.parametrize("engine", ["local", pytest.param("processes", marks=pytest.mark.slow)])
def test_what_was_measured_is_not_measured_again(store, recordings, engine):
    assert store.missing(recordings) == recordings
    assert {recording.id for recording in store.measure(recordings, Workers(engine, jobs=2))} == {"a", "b"}
    silence(recordings[0])
    again = FeatureStore(store.folder, AUDIO, "dio")
    assert again.missing(recordings) == [] and again.load(recordings[0]).samples.any()
    assert again.missing([replace(recordings[0], id="new")])


def test_a_part_is_measured_as_the_whole_is(store, recordings):
    whole, nothing_kept = store.load(recordings[0]), FeatureStore(None, AUDIO, "dio")
    for seed in range(8):
        expected, found = (
            source.draw(recordings[0], 30, np.random.default_rng(seed)) for source in (store, nothing_kept)
        )
        np.testing.assert_array_equal(found.samples, expected.samples)
        assert len(found.f0) == len(expected.f0) == 30 and found.mel.shape == expected.mel.shape == (128, 30)
        # At its ends a window hears what lies outside of it.
        np.testing.assert_allclose(found.mel[:, 4:-4], expected.mel[:, 4:-4], atol=0.01)
        voiced = (found.f0[4:-4] > 0) & (expected.f0[4:-4] > 0)
        np.testing.assert_allclose(found.f0[4:-4][voiced], expected.f0[4:-4][voiced], rtol=0.02)
    long = nothing_kept.draw(recordings[0], 2 * FRAMES, np.random.default_rng(0))
    np.testing.assert_array_equal(long.samples, whole.samples)


def test_shares_together_are_the_whole(store, recordings):
    shares = [list(store.measure(recordings, Workers(partition=(share, 2)))) for share in (1, 2)]
    assert shares == [recordings[:1], recordings[1:]] and store.missing(recordings) == []


def test_each_feature_is_measured_when_it_is_asked_for_and_shared(store, recordings):
    one = recordings[0]
    mel = store.mel(one)
    with np.load(store.path(one)) as kept:
        assert kept.files == ["mel"]
    assert store.missing([one]) == [one]
    np.testing.assert_array_equal(store.load(one).mel, mel)
    silence(one)
    np.testing.assert_array_equal(FeatureStore(store.folder, AUDIO, "dio").load(one).mel, mel)


def test_two_ways_to_measure_pitch_lie_beside_each_other(store, recordings):
    one = recordings[0]
    by_dio, by_harvest = store.f0(one, "dio"), store.f0(one, "harvest")
    assert not np.array_equal(by_dio, by_harvest)
    silence(one)
    np.testing.assert_array_equal(store.load(one).f0, by_dio)
    np.testing.assert_array_equal(FeatureStore(store.folder, AUDIO, "harvest").load(one).f0, by_harvest)


@pytest.mark.parametrize(
    "spoil", [cut_in_half, lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"nothing" * 99)]
)
def test_a_spoilt_file_is_named_and_made_again(store, recordings, caplog, spoil):
    before = store.load(recordings[0])
    path = store.path(recordings[0])
    spoil(path)
    assert store.missing(recordings[:1]) == recordings[:1] and not caplog.messages
    list(store.measure(recordings[:1]))
    assert len(caplog.messages) == 1 and f"{path} is made again: it is damaged" in caplog.messages[0]
    after = store.load(recordings[0])
    for name in ("samples", "mel", "f0"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))


def test_other_settings_are_refused(store):
    with pytest.raises(PngnatError, match=r"other settings \(audio\.n_mels: 128, now 80\)"):
        FeatureStore(store.folder, AudioConfig(n_mels=80))
    with pytest.raises(PngnatError, match="measure pitch"):
        FeatureStore(store.folder, AUDIO, "guessing")


def test_what_an_older_version_kept_is_read_or_refused(tmp_path, recordings):
    arrays = {"samples": np.ones(600, np.int16), "mel": np.ones((128, 2), np.float16), "f0": np.ones(2, np.float32)}
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(PngnatError, match=r"no settings\.json"):
        FeatureStore(tmp_path, AUDIO)
    (tmp_path / "settings.json").write_text(json.dumps({"audio": asdict(AUDIO), "pitch": "harvest"}))
    np.testing.assert_array_equal(FeatureStore(tmp_path, AUDIO).load(recordings[0]).f0, arrays["f0"])
    (tmp_path / "settings.json").write_text(json.dumps({"audio": asdict(AUDIO), "pitch": "dio"}))
    with pytest.raises(PngnatError, match="pitch: dio, now harvest"):
        FeatureStore(tmp_path, AUDIO)


def test_a_recording_without_a_frame_is_named(store, recordings):
    wav.write(recordings[0].path, np.zeros(299, np.float32), 24000)
    with pytest.raises(PngnatError, match=r"a\.wav: is shorter than one frame"):
        store.mel(recordings[0])
