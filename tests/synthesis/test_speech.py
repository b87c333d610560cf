import base64
import io
import re

import numpy as np
import pytest
import soundfile

from pngnat.errors import PngnatError
from pngnat.synthesis.speech import Speech
from pngnat.synthesis.timings import TimedPhoneme, TimedWord


def speech(seconds: float = 0.5, text: str = "I.") -> Speech:
    phonemes = [TimedPhoneme("[CLS]", 0.0, 0.1), TimedPhoneme("AY1", 0.1, 0.3, 0), TimedPhoneme(".", 0.3, seconds)]
    samples = np.sin(np.arange(round(24000 * seconds)) / 10).astype(np.float32) * 0.5
    return Speech(samples, 24000, text, [TimedWord("I", 0.1, 0.3, ".")], phonemes, voice="stub", speaker="ada")


def test_join_moves_times_and_word_indices():
    joined = Speech.join([speech(), speech(0.7, "<I>?")])
    assert joined.duration == pytest.approx(1.2) and len(joined.samples) == 28800
    assert joined.normalized_text == "I. <I>?"
    assert [word.start for word in joined.words] == pytest.approx([0.1, 0.6])
    assert [phoneme.word for phoneme in joined.phonemes] == [None, 0, None, None, 1, None]
    assert joined.phonemes[-1].end == pytest.approx(1.2)
    assert joined.durations.sum() == pytest.approx(1.2)


def test_nothing_to_join():
    with pytest.raises(PngnatError):
        Speech.join([])


@pytest.mark.parametrize("ending", [".wav", ".flac", ".ogg", ".mp3", ".opus", ".WAV"])
def test_saved_sound_is_the_sound_and_names_its_maker(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    speech().save(path)
    with soundfile.SoundFile(path) as file:
        assert file.samplerate == 24000 and file.channels == 1
        assert "pngnat" in file.comment and "voice: stub" in file.comment and "Synthetic" in file.comment
        samples = file.read(dtype="float32")
    assert len(samples) == 12000
    inner = slice(0, -240)  # Opus rings where a tone is cut off
    assert np.abs(samples - speech().samples)[inner].max() < (1e-4 if ending.lower() in (".wav", ".flac") else 0.1)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_unknown_endings_and_places(tmp_path):
    for name in ("a.aac", "a", "nowhere/a.wav"):
        with pytest.raises(PngnatError, match=name):
            speech().save(tmp_path / name)
    (tmp_path / "folder.wav").mkdir()
    with pytest.raises(PngnatError, match="folder"):
        speech().save(tmp_path / "folder.wav")


def test_save_timings(tmp_path):
    speech().save_timings(tmp_path / "a.TextGrid")
    assert '"AY1"' in (tmp_path / "a.TextGrid").read_text()


def test_plays_itself_in_a_notebook():
    page = speech(text="<I> & you")._repr_html_()
    sound = base64.b64decode(re.search(r'src="data:audio/wav;base64,([^"]+)"', page)[1])
    samples, rate = soundfile.read(io.BytesIO(sound))
    assert rate == 24000 and len(samples) == 12000
    assert "&lt;I&gt; &amp; you" in page


def test_repr_is_short():
    assert len(repr(speech(text="word " * 1000))) < 200
