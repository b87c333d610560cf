import json
import os
import shutil

import numpy as np
import pytest
import soundfile
from formant_speech import formant_speech

from pngnat.data import prepare_shards as preparing
from pngnat.data.corpus import manifest_lines, read_manifest
from pngnat.data.prepare import PrepareConfig, one_utterance
from pngnat.data.prepare_shards import prepare
from pngnat.data.recordings import read_corpus
from pngnat.data.sources import Skipped, Source, read_folder
from pngnat.errors import PngnatError
from pngnat.stamps import STAMP
from pngnat.text.utterance import Boundary, Utterance, Word
from pngnat.workers.sharded import RowFolder

RATE = 24000


def babble(rate: int) -> np.ndarray:
    return formant_speech([("", 0.5), ("OW", 0.3), ("N", 0.28), ("OW", 0.32), ("", 0.5)], rate)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """A folder with one recording of each fault."""
    folder = tmp_path_factory.mktemp("recordings")
    wavs = folder / "wavs"
    wavs.mkdir()
    soundfile.write(wavs / "good.wav", babble(RATE), RATE)
    soundfile.write(wavs / "stereo.wav", np.stack([babble(48000)] * 2, axis=1), 48000)
    soundfile.write(wavs / "eight.wav", babble(16000), 16000, subtype="PCM_U8")
    soundfile.write(wavs / "short.wav", babble(RATE)[:600], RATE)
    soundfile.write(wavs / "empty.wav", np.zeros(0), RATE)
    soundfile.write(wavs / "silent.wav", np.zeros(RATE), RATE)
    soundfile.write(wavs / "crowded.wav", babble(RATE)[12000:16000], RATE)
    soundfile.write(wavs / "mute.wav", babble(RATE), RATE)
    (wavs / "damaged.wav").write_bytes(b"RIFF" + os.urandom(2000))
    crowded = "many words that nobody can say " * 8
    texts = dict.fromkeys(["good", "stereo", "eight", "short", "empty", "silent", "damaged", "missing"], "oh no") | {
        "crowded": crowded,
        "mute": "¤",
    }
    (folder / "metadata.csv").write_text("".join(f"{name}|{text}\n" for name, text in texts.items()), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def prepared(recordings, tmp_path_factory):
    out = tmp_path_factory.mktemp("prepared") / "corpus"
    sources, skipped = read_folder(recordings, "nobody")
    return prepare(
        [Source(s.id, s.path, s.text, s.speaker, "train") for s in sources], skipped, PrepareConfig(out)
    ), out


def test_every_fault_is_named_and_counted(prepared):
    report, _ = prepared
    reasons = {item["id"]: item["reason"] for item in report["failed"]}
    assert set(reasons) == {"short", "empty", "silent", "damaged", "missing", "crowded", "mute"}
    assert report["left out"] == 7 and report["prepared"] == 3
    expected = {
        "short": "too short",
        "empty": "no sound",
        "silent": "silent",
        "damaged": "damaged",
        "missing": "no sound file",
    }
    for name, part in (expected | {"crowded": "do not fit", "mute": "nothing that can be spoken"}).items():
        assert part in reasons[name], name


def test_other_forms_are_converted_and_counted(prepared):
    report, out = prepared
    assert report["converted"] == {"resampled": 2, "mixed to mono": 1}
    for recording in read_corpus(out):
        info = soundfile.info(recording.path)
        assert (info.samplerate, info.channels) == (RATE, 1)


def test_durations_add_up_to_the_sound_and_ends_are_trimmed(prepared):
    for recording in read_corpus(prepared[1], "train"):
        samples = soundfile.info(recording.path).frames
        assert round(recording.seconds * RATE) == samples
        assert len(recording.durations) == len(recording.symbols) == 1 + 2 + 2 * 1 + 1
        assert recording.durations[0] <= 0.1001 and recording.durations[-1] <= 0.1001
        assert recording.symbols[0] == "[CLS]" and [word.text for word in recording.utterance.words] == ["oh", "no"]
        assert recording.measures["leading"] > 0.3


def test_recordings_of_chosen_speakers_are_read(prepared):
    everything = read_corpus(prepared[1])
    speaker = everything[0].speaker
    found = read_corpus(prepared[1], speakers=[speaker, "ann"])
    assert [r.id for r in found] == [r.id for r in everything if r.speaker == speaker]
    with pytest.raises(PngnatError, match="none of the speakers ann"):
        read_corpus(prepared[1], "train", ["ann"])


def test_lhotse_reads_the_manifest(prepared):
    from lhotse import CutSet

    cuts = list(CutSet.from_file(prepared[1] / "cuts.jsonl.gz").with_recording_path_prefix(prepared[1]))
    assert {cut.id for cut in cuts} == {"good", "stereo", "eight"}
    for cut in cuts:
        assert cut.load_audio().shape == (1, cut.num_samples)
        phonemes = cut.supervisions[0].alignment["phoneme"]
        assert sum(item.duration for item in phonemes) == pytest.approx(cut.duration, abs=1e-4)


def test_a_second_run_does_nothing_again(prepared, recordings, monkeypatch):
    report, out = prepared
    monkeypatch.setattr(preparing, "Preparer", None)
    sources, skipped = read_folder(recordings, "nobody")
    assert (
        prepare([Source(s.id, s.path, s.text, s.speaker, "train") for s in sources], skipped, PrepareConfig(out))
        == report
    )


def test_a_stopped_run_goes_on(prepared, recordings, tmp_path, monkeypatch):
    _, out = prepared
    finished = [json.loads(line) for line in manifest_lines(out)][:2]
    shutil.copy(out / STAMP, tmp_path)
    RowFolder(tmp_path / "parts").write("000000-x.jsonl", [{"id": cut["id"], "cut": cut} for cut in finished])
    (tmp_path / "parts" / ".000001-x.0a.jsonl").write_text('{"id": "cru')
    worked = []

    class Again:
        def __init__(self, config):
            pass

        def __call__(self, source):
            worked.append(source.id)
            raise PngnatError("not now")

    monkeypatch.setattr(preparing, "Preparer", Again)
    sources, skipped = read_folder(recordings, "nobody")
    report = prepare(sources, skipped, PrepareConfig(tmp_path))
    assert report["prepared"] == 2
    assert set(worked) == {source.id for source in sources} - {cut["id"] for cut in finished}
    assert not (tmp_path / "parts").exists()


def test_other_settings_are_refused(prepared):
    with pytest.raises(PngnatError, match=r"other settings \(sample_rate: 24000, now 16000\)"):
        prepare([], [], PrepareConfig(prepared[1], sample_rate=16000))


def test_what_another_version_began_is_not_gone_on_with(tmp_path):
    (tmp_path / "progress.jsonl").write_text('{"sample_rate": 24000}\n')
    with pytest.raises(PngnatError, match=r"no settings\.json that says what they were made of.*another version"):
        prepare([], [], PrepareConfig(tmp_path))


def test_nothing_usable_is_an_error(tmp_path):
    with pytest.raises(PngnatError, match=r"none of 1 recordings.*a: no file"):
        prepare([], [Skipped("a", "no file")], PrepareConfig(tmp_path / "out"))


@pytest.mark.parametrize("content", [b"", b"no gzip", None])
def test_a_folder_that_is_no_corpus(tmp_path, content):
    if content is not None:
        (tmp_path / "cuts.jsonl.gz").write_bytes(content)
    with pytest.raises(PngnatError):
        read_corpus(tmp_path)


def test_sentences_are_joined_with_their_marks():
    word = Word("a", ("AH0",))
    first = Utterance((word,), (Boundary(), Boundary(".")))
    second = Utterance((word,), (Boundary('"'), Boundary('!"')), ends_paragraph=True)
    joined = one_utterance([first, second])
    assert (
        [boundary.marks for boundary in joined.boundaries] == ["", '. "', '!"']
        and joined.text == 'a. "a!"'
        and joined.ends_paragraph
    )
    with pytest.raises(PngnatError, match="nothing"):
        one_utterance([])


def test_the_lexicon_decides_and_an_edited_one_is_another(recordings, tmp_path):
    sources = [source for source in read_folder(recordings, "nobody")[0] if source.id == "good"]
    prepare(sources, [], PrepareConfig(tmp_path / "corpus", lexicon={"oh": ("OW2",)}))
    assert read_manifest(tmp_path / "corpus")[0].utterance.words[0].phonemes == ("OW2",)
    with pytest.raises(PngnatError, match=r"other settings \(lexicon"):
        prepare(sources, [], PrepareConfig(tmp_path / "corpus", lexicon={"oh": ("OW0",)}))
