from pathlib import Path

import numpy as np
import pytest

from pngnat.engine.loading import load_voice
from pngnat.errors import PngnatError
from pngnat.evaluation import blending, commands, judges, similarity
from pngnat.evaluation.judges import Judges, SpeakerSimilarity, SpokenSentence, installed_judges
from pngnat.evaluation.tracks import Track
from pngnat.voice.card import Blend

SYMBOLS = ("[CLS]", "K", "AE1", "T", " ", "S", "IY1", ".")


def spoken(id: str, value: float = 1.0, pause: float = 0.0) -> SpokenSentence:
    seconds = np.array([0.1, 0.1, 0.2, 0.1, pause, 0.1, 0.2, 0.3])
    return SpokenSentence(id, "cat see", np.full(2400, value, np.float32), 24000, (Track(SYMBOLS, seconds),))


def embed(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """A sound's level as an angle."""
    angle = float(samples[0])
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


def test_similarity_is_the_cosine_with_the_others_centre():
    similarity_to_person = SpeakerSimilarity(embed, [spoken("a", 0.0), spoken("b", 0.2), spoken("c", 0.4)])
    assert similarity_to_person.of(spoken("x", 0.2)) == pytest.approx(1.0)
    assert similarity_to_person.of(spoken("x", 0.2 + np.pi / 2)) == pytest.approx(0.0, abs=1e-6)
    # Nobody is compared with themselves: what is left of a, b and c without a lies at 0.3.
    assert similarity_to_person.of(spoken("a", 0.0)) == pytest.approx(np.cos(0.3))
    assert similarity_to_person.of(spoken("a", 0.3)) == pytest.approx(1.0)


def test_one_recording_says_nothing_about_likeness():
    with pytest.raises(PngnatError, match="two or more"):
        SpeakerSimilarity(embed, [spoken("a")])


def test_a_row_has_what_is_judged():
    similarity_to_person = SpeakerSimilarity(embed, [spoken("a", 0.1), spoken("b", 0.1)])
    row = Judges(similarity=similarity_to_person).row("x", [spoken("a", 0.1, pause=0.3), spoken("b", 0.1, pause=0.05)])
    assert row["sentences"] == 2 and row["similarity"] == pytest.approx(1.0)
    assert row["phonemes/s"] == pytest.approx(10 / (0.7 * 2 + 0.35))
    assert row["pauses outside punctuation, % of time"] == pytest.approx(100 * 0.3 / 1.75)
    assert row["% of boundaries"] == pytest.approx(50.0) and row["pauses there"] == 1
    assert row["silence there, % of time"] == pytest.approx(100 * 0.35 / 1.75)
    assert row["WER %"] is None and row["DistilMOS"] is None


def test_words_are_counted_over_all_sentences():
    class Deaf:
        def transcribe(self, samples, sample_rate):
            return type("Heard", (), {"text": "cat"})

    assert Judges(recognizer=Deaf()).row("x", [spoken("a"), spoken("b")])["WER %"] == pytest.approx(50.0)


def test_what_is_not_installed_does_not_judge(monkeypatch):
    def missing(*_):
        raise PngnatError("not installed")

    for name in ("asr.Recognizer", "mos.MosPredictor", "SpeakerEncoder"):
        monkeypatch.setattr(f"pngnat.evaluation.judges.{name}", missing)
    assert installed_judges([spoken("a"), spoken("b")]) == Judges()
    with pytest.raises(PngnatError, match="not installed"):
        judges.judges([spoken("a"), spoken("b")])


@pytest.fixture
def real(stub_voice) -> list[SpokenSentence]:
    """What the stub's professional says, as if it were recordings."""
    sentences = [
        SpokenSentence(str(n), text, np.zeros(1), 24000, ())
        for n, text in enumerate(("The quick fox jumps.", "How are you today, dog?"))
    ]
    return similarity.speak(load_voice(stub_voice), sentences, blend=Blend("pro", 1.0))


def test_the_table_of_weights(stub_voice, real):
    judge = Judges(similarity=SpeakerSimilarity(lambda samples, rate: np.array([1.0, 0.0]), real))
    rows = blending.by_weight(load_voice(stub_voice), "pro", blending.WEIGHTS, real, judge)
    assert [row[""] for row in rows] == [
        "recordings",
        "own rhythm",
        "blended 0.25",
        "blended 0.5",
        "blended 0.75",
        "professional durations",
    ]
    rates = [row["phonemes/s"] for row in rows[1:]]
    assert rates == sorted(rates, reverse=rates[0] > rates[-1])
    assert rows[-1]["phonemes/s"] == pytest.approx(rows[0]["phonemes/s"])
    promised = blending.checks(rows)
    assert promised["rate"] == pytest.approx(1.0, abs=0.1) and promised["similarity"] == pytest.approx(0.0)
    assert promised["WER"] == "not measured"


def test_promises_need_all_three_weights(stub_voice, real):
    assert blending.checks(blending.by_weight(load_voice(stub_voice), "pro", [0.0, 0.5], real, Judges())) == {}


def test_known_answers_of_the_promises():
    time, count, silence = "pauses outside punctuation, % of time", "pauses there", "silence there, % of time"
    own = {"": "own rhythm", "phonemes/s": 4.0, time: 10.0, count: 8, silence: 12.0, "WER %": 5.0, "similarity": 0.9}
    half = {"": "blended 0.5", "phonemes/s": 6.0, time: 4.0, count: 2, silence: 3.0, "WER %": 4.0, "similarity": 0.89}
    last = {
        "": "professional durations",
        "phonemes/s": 9.0,
        time: 0.0,
        count: 0,
        silence: 0.0,
        "WER %": 3.0,
        "similarity": 0.8,
    }
    expected = {"rate": 1.0, "pauses": 0.4, "pause count": 0.25, "silence": 0.25, "WER": -1.0, "similarity": 0.01}
    assert blending.checks([own, half, last]) == pytest.approx(expected)
    fluent = own | {time: 0.0, count: 0}
    assert blending.checks([fluent, half, last])["pause count"] == "2, where the own rhythm has none"
    found = blending.checks([fluent, half | {time: 0.0, count: 0}, last])
    assert found["pauses"] == found["pause count"] == "none in either" and found["silence"] == pytest.approx(0.25)


def test_a_sentence_is_drawn(stub_voice, tmp_path, capsys):
    sentence = "Today, I consider myself the luckiest man on the face of the earth."
    picture = tmp_path / "tracks.png"
    assert (
        commands.main(
            "blending",
            ["--voice", str(stub_voice), "--professional", "pro", "--sentence", sentence, "--picture", str(picture)],
        )
        == 0
    )
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "tracks-0.wav").exists() and (tmp_path / "tracks-0.5.wav").exists()
    assert (
        commands.main("blending", ["--voice", str(stub_voice), "--sentence", "One. Two.", "--picture", str(picture)])
        == 2
    )
    assert "several" in capsys.readouterr().err
    assert commands.main("blending", ["--voice", str(stub_voice)]) == 2
    assert "--corpus" in capsys.readouterr().err


def test_both_ends_of_the_scale(stub_voice, real):
    voice = load_voice(stub_voice)
    judge = Judges(
        similarity=SpeakerSimilarity(lambda samples, rate: embed(np.array([len(samples) / 1e5]), rate), real)
    )
    rows = similarity.compare(real, [voice], str(stub_voice), judge)
    assert [row[""] for row in rows[:3]] == ["recordings", voice.name, "professionals, mean"]
    assert {row[""] for row in rows[3:]} == {"ada", "bob"} and rows[3]["similarity"] >= rows[4]["similarity"]
    assert rows[2]["similarity"] == pytest.approx((rows[3]["similarity"] + rows[4]["similarity"]) / 2)


def test_commands_name_what_is_missing(tmp_path, capsys):
    assert commands.main("similarity", [str(tmp_path)]) == 2
    assert commands.main("similarity", [str(tmp_path), "--corpus", str(Path(tmp_path))]) == 2
    assert capsys.readouterr().err.count("error:") == 2
