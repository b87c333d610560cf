import numpy as np
import pytest
import torch

from pngnat.audio.config import AudioConfig
from pngnat.audio.wav import write
from pngnat.data.corpus import Recording
from pngnat.data.dataset import AcousticBatch, AcousticDataset
from pngnat.data.features import FeatureStore
from pngnat.errors import PngnatError
from pngnat.models.durations import frame_counts
from pngnat.text.tokenizer import PngTokenizer
from pngnat.text.utterance import Boundary, Utterance, Word

UTTERANCE = Utterance((Word("me", ("M", "IY1")),), (Boundary(), Boundary(".")))
TOKENIZER = PngTokenizer.train(["me."], 250)


def recording(folder, samples: int, durations: list[float], name: str = "r") -> Recording:
    path = folder / f"{name}.wav"
    write(path, 0.1 * np.random.default_rng(samples).standard_normal(samples).astype(np.float32), 24000)
    return Recording(name, "ann", "train", path, UTTERANCE, np.array(durations, np.float32))


def dataset(folder, *recordings: Recording) -> AcousticDataset:
    return AcousticDataset(recordings, TOKENIZER, ["ann"], FeatureStore(folder / "features", AudioConfig()))


@pytest.mark.parametrize("samples", [24000, 24001, 24149, 24151, 24299, 7211])
def test_durations_end_exactly_where_the_mel_ends(tmp_path, samples):
    seconds = samples / 24000
    example = dataset(tmp_path, recording(tmp_path, samples, [seconds / 4, seconds / 2, seconds / 4 - 0.01, 0.01]))[0]
    assert example.mel.shape == (samples // 300, 128)
    assert frame_counts(torch.from_numpy(example.durations)[None], 80.0).tolist() == [samples // 300]
    assert (example.durations >= 0).all()


def test_a_batch_is_padded_with_zeros(tmp_path):
    data = dataset(
        tmp_path, recording(tmp_path, 2400, [0.02, 0.03, 0.03, 0.02]), recording(tmp_path, 4800, [0.05] * 4, "longer")
    )
    batch = AcousticBatch.collate([data[0], data[1]])
    assert batch.ids == ("r", "longer")
    assert batch.mel.shape == (2, 32, 128)
    assert batch.tokens.ids.shape == (2, 16)
    assert batch.durations.shape == (2, 4)
    assert batch.frames.tolist() == [8, 16]
    assert batch.mel[0, 8:].abs().sum() == 0
    assert batch.seconds == pytest.approx(0.3)


def test_a_mel_is_computed_once_and_kept(tmp_path):
    data = dataset(tmp_path, recording(tmp_path, 2400, [0.02, 0.03, 0.03, 0.02]))
    first = data[0].mel
    data.recordings[0].path.unlink()
    np.testing.assert_allclose(data[0].mel, first, atol=0.01)


def test_a_kept_mel_of_another_recording_of_that_name_is_an_error(tmp_path):
    dataset(tmp_path, recording(tmp_path, 2400, [0.02, 0.03, 0.03, 0.02]))[0]
    prepared_again = recording(tmp_path, 4800, [0.05] * 4)
    with pytest.raises(
        PngnatError,
        match=r"^r: its mel in .*features.* has 0\.10 s, its durations 0\.20 s.*another folder for features",
    ):
        dataset(tmp_path, prepared_again)[0]


def test_durations_of_another_front_end_are_an_error(tmp_path):
    with pytest.raises(PngnatError, match="prepare the corpus again"):
        dataset(tmp_path, recording(tmp_path, 2400, [0.05, 0.05]))[0]


def test_an_unknown_speaker_is_named(tmp_path):
    with pytest.raises(PngnatError, match=r"'ann'.*bob"):
        AcousticDataset(
            [recording(tmp_path, 2400, [0.02] * 4)],
            TOKENIZER,
            ["bob"],
            FeatureStore(tmp_path / "features", AudioConfig()),
        )


@pytest.mark.parametrize("with_prosody", [False, True])
def test_what_is_measured_on_the_device_is_what_a_folder_keeps(toy_corpus, tmp_path, with_prosody):
    audio = AudioConfig()
    batches = []
    for folder in (tmp_path / "features", None):
        train = toy_corpus.recordings[:4]
        data = AcousticDataset(train, toy_corpus.tokenizer, ["a", "b"], FeatureStore(folder, audio), with_prosody)
        batches.append(data.collate([data[index] for index in range(4)]).measured(audio))
    kept, made = batches
    assert (
        made.samples is None and torch.equal(made.frames, kept.frames) and torch.equal(made.durations, kept.durations)
    )
    torch.testing.assert_close(made.mel, kept.mel, rtol=2e-3, atol=2e-3)  # what is kept has half precision
    assert (made.prosody is None) == (kept.prosody is None) == (not with_prosody)
    if with_prosody:
        torch.testing.assert_close(made.prosody, kept.prosody, rtol=1e-2, atol=1e-2)
