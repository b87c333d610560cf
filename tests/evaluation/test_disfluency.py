import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pngnat.data.corpus import Recording
from pngnat.errors import PngnatError
from pngnat.evaluation import commands
from pngnat.evaluation.disfluency import Disfluency, disfluency, recordings_of, summary, write
from pngnat.evaluation.tracks import Track, professional_tracks, professionals_of
from pngnat.text.frontend import Frontend

TEXTS = ["The quick brown fox jumps over the lazy dog.", "How are you today, my friend?"]


@pytest.fixture
def recordings(voice):
    """Recordings whose every sound is twice as long as the professional's, with a pause of 0.4 s at each plain
    boundary."""
    utterances = [utterance for text in TEXTS for utterance in Frontend().utterances(text)]
    made = []
    for number, (utterance, track) in enumerate(
        zip(utterances, professional_tracks(voice, ["pro"], utterances), strict=True)
    ):
        seconds = np.where(
            track.phonemes, 2 * track.durations, [0.4 if symbol == " " else 0.2 for symbol in track.symbols]
        )
        made.append(
            Recording(
                f"r{number}", "ann", "train", Path("none.wav"), utterance, seconds.astype(np.float32), track.symbols
            )
        )
    return made


def test_known_answers(voice, recordings):
    found = disfluency(recordings, voice, ["pro"])
    for row in found.classes:
        assert row.ratio == pytest.approx(2.0, rel=1e-3) and row.prolonged == 0.0
    rhythms = found.rhythms
    assert rhythms["recordings"].articulation_rate == pytest.approx(
        rhythms["professionals"].articulation_rate / 2, rel=1e-3
    )
    assert rhythms["blended"].articulation_rate == pytest.approx(
        rhythms["professionals"].articulation_rate / np.sqrt(2), rel=1e-3
    )
    assert rhythms["recordings"].stray_pauses == 1.0
    assert rhythms["blended"].stray_share < rhythms["recordings"].stray_share
    assert len(found.signs) == 2 and "phonemes a second" in found.signs[0] and "punctuation" in found.signs[1]


def test_the_limits_of_the_blend(voice, recordings):
    for weight, side in ((0.0, "own"), (1.0, "professional")):
        found = disfluency(recordings, voice, ["pro"], weight)
        for blended, expected in zip(found.blended, getattr(found, side), strict=True):
            assert np.array_equal(blended.durations, expected.durations)


def test_fluent_speech_needs_no_blending(voice, recordings):
    fluent = professional_tracks(voice, ["pro"], [recording.utterance for recording in recordings])
    same = [replace(recording, durations=track.durations) for recording, track in zip(recordings, fluent, strict=True)]
    found = disfluency(same, voice, ["pro"])
    assert not found.signs and "needs no blending" in summary(found)
    assert all(row.ratio == pytest.approx(1.0) for row in found.classes)


def test_several_professionals_are_joined(voice, recordings):
    utterances = [recording.utterance for recording in recordings]
    both = professional_tracks(voice, ["ada", "bob"], utterances)
    one, other = (professional_tracks(voice, [name], utterances) for name in ("ada", "bob"))
    for joined, a, b in zip(both, one, other, strict=True):
        sounds = joined.phonemes & (a.durations > 2e-3) & (b.durations > 2e-3)
        assert sounds.any() and np.allclose(
            joined.durations[sounds], np.sqrt(a.durations * b.durations)[sounds], rtol=1e-4
        )
    assert professionals_of(voice) == ["pro"] and disfluency(recordings, voice).names == ("pro",)


def test_what_cannot_be_compared(voice, recordings):
    with pytest.raises(PngnatError, match="nobody"):
        disfluency(recordings, voice, ["nobody"])
    other = replace(recordings[0], symbols=("[CLS]", *recordings[1].symbols[1:]), durations=recordings[1].durations)
    with pytest.raises(PngnatError, match="prepare the corpus again"):
        disfluency([other], voice, ["pro"])


def test_a_text_without_a_mark_at_its_end(voice, recordings):
    unmarked = [replace(recording, symbols=(*recording.symbols[:-1], " ")) for recording in recordings]
    assert disfluency(unmarked, voice, ["pro"]).rhythms == disfluency(recordings, voice, ["pro"]).rhythms


@pytest.mark.slow
def test_the_report_is_written(voice, recordings, tmp_path):
    text = write(tmp_path / "new" / "report", disfluency(recordings, voice))
    folder = tmp_path / "new" / "report"
    assert (folder / "disfluency.txt").read_text() == text and "stressed vowels" in text
    assert (folder / "disfluency.png").read_bytes().startswith(b"\x89PNG")
    content = json.loads((folder / "disfluency.json").read_text())
    assert [row[""] for row in content["rhythm"]] == ["recordings", "professionals", "blended"] and len(
        content["signs"]
    ) == 2
    (tmp_path / "file").write_text("")
    with pytest.raises(PngnatError, match="cannot be written"):
        write(tmp_path / "file" / "report", disfluency(recordings, voice))


def test_utterances_of_one_word_have_no_boundaries_and_still_a_report(tmp_path):
    track = Track(("[CLS]", "N", "OW1", "."), np.array([0.1, 0.1, 0.2, 0.1]))
    found = Disfluency(("r",), (track,), (track,), (track,), ("pro",), 0.5)
    assert "mean pause" in write(tmp_path, found)


def test_the_command(stub_voice, recordings, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("pngnat.evaluation.disfluency.recordings_of", lambda folder, split: recordings)
    assert commands.main("disfluency", [str(tmp_path), "--voice", str(stub_voice), "--out", str(tmp_path / "out")]) == 0
    assert "Blending will help" in capsys.readouterr().out and (tmp_path / "out" / "disfluency.png").exists()
    assert commands.main("disfluency", [str(tmp_path), "--weight", "2"]) == 2
    assert "--weight" in capsys.readouterr().err


def test_a_folder_that_holds_no_recordings(tmp_path):
    with pytest.raises(PngnatError, match=r"metadata.csv"):
        recordings_of(tmp_path)
