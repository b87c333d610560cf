import json

import numpy as np
import pytest

from pngnat.audio import wav
from pngnat.engine.loading import load_voice
from pngnat.evaluation import asr, commands, intelligibility, mos
from pngnat.evaluation.asr import Transcript
from pngnat.evaluation.beside import save_pairs
from pngnat.evaluation.intelligibility import RECORDINGS, VOICE, MeasuredSentence
from pngnat.evaluation.passages import Passage
from pngnat.evaluation.word_errors import WordErrors
from pngnat.synthesis.synthesize import synthesize


class LengthJudge:
    """A recognizer and a predictor of quality that judge by length alone."""

    def __init__(self, threads: int = 1):
        pass

    def transcribe(self, samples, sample_rate, with_words=False):
        return Transcript("Yes we can." if len(samples) > sample_rate // 2 else "Yes.")

    def score(self, samples, sample_rate):
        return 4.0


@pytest.fixture
def judges_by_length(monkeypatch):
    monkeypatch.setattr(asr, "Recognizer", LengthJudge)
    monkeypatch.setattr(mos, "MosPredictor", LengthJudge)


def measured(source: str, speaker: str, words: int, errors: int, score: float | None = None) -> MeasuredSentence:
    return MeasuredSentence("1", source, speaker, "", "", WordErrors(words, errors, 0, 0), 1.0, score)


def test_rates_pool_words_and_scores_average():
    rows = intelligibility.summarize([measured(VOICE, "ada", 10, 1, 4.0), measured(VOICE, "bob", 30, 1, 3.0)])
    assert [(row["speaker"], row["words"], row["WER %"], row["DistilMOS"]) for row in rows] == [
        ("all", 40, 5.0, 3.5),
        ("ada", 10, 10.0, 4.0),
        ("bob", 30, pytest.approx(100 / 30), 3.0),
    ]


def test_sources_stand_beside_each_other():
    rows = intelligibility.summarize([measured(RECORDINGS, "ada", 10, 0), measured(VOICE, "ada", 10, 1)])
    assert [(row["source"], row["speaker"], row["WER %"], row["DistilMOS"]) for row in rows] == [
        (RECORDINGS, "all", 0.0, None),
        (VOICE, "all", 10.0, None),
    ]


def test_each_sentence_keeps_its_speaker_where_the_voice_has_it(stub_voice, judges_by_length):
    from pngnat.engine.loading import load_voice

    voice, measurer = load_voice(stub_voice), intelligibility.Measurer()
    passages = [Passage("1", "Yes.", "bob"), Passage("2", "Yes.", "stranger"), Passage("3", "Yes.")]
    heard = [h.speaker for h in intelligibility.measure_voice(passages, measurer.measure, voice)]
    assert heard == ["bob", "ada", "ada"]
    assert [h.speaker for h in intelligibility.measure_voice(passages, measurer.measure, voice, "bob")] == ["bob"] * 3


def test_recordings_are_judged_like_the_voice(tmp_path, judges_by_length):
    path = tmp_path / "one.wav"
    wav.write(path, np.zeros(16000, np.float32), 16000)
    passages = [Passage("1", "Yes, we can.", "ada", path), Passage("2", "No recording.")]
    (heard,) = intelligibility.measure_recordings(passages, intelligibility.Measurer().measure)
    assert (heard.source, heard.speaker, heard.seconds, heard.errors.rate, heard.mos) == (
        RECORDINGS,
        "ada",
        1.0,
        0.0,
        4.0,
    )


def test_command_writes_table_and_json(stub_voice, tmp_path, judges_by_length, capsys):
    sentences, out = tmp_path / "list.txt", tmp_path / "report.json"
    sentences.write_text("Yes.\nYes, we can.\nNever.\n", encoding="utf-8")
    arguments = [
        "--voice",
        str(stub_voice),
        "--sentences",
        str(sentences),
        "--limit",
        "2",
        "--speaker",
        "bob",
        "--json",
        str(out),
    ]
    assert commands.main("intelligibility", arguments) == 0
    report = json.loads(out.read_text(encoding="utf-8"))
    assert [row["source"] for row in report["summary"]] == [VOICE]
    assert len(report["sentences"]) == 2 and report["mos"] == mos.NAME
    assert "| voice  | all " in capsys.readouterr().out


def test_pictures_have_recording_and_voice(stub_voice, tmp_path):
    path = tmp_path / "one.wav"
    wav.write(path, np.sin(np.arange(24000) / 20).astype(np.float32), 24000)
    voice = load_voice(stub_voice)
    pairs = list(
        intelligibility.pairs_of([Passage("1", "Yes, we can.", "ada", path), Passage("2", "No recording.")], voice)
    )
    assert [(pair.text, len(pair.recorded)) for pair in pairs] == [("Yes, we can.", 24000)]
    np.testing.assert_array_equal(pairs[0].spoken, synthesize("Yes, we can.", voice, speaker="ada").samples)
    save_pairs(tmp_path / "beside.png", pairs, voice.card.audio)
    assert (tmp_path / "beside.png").read_bytes().startswith(b"\x89PNG")


def test_recordings_only_needs_recordings(judges_by_length, capsys):
    assert commands.main("intelligibility", ["--recordings-only"]) == 2
    assert "--corpus" in capsys.readouterr().err


def test_a_picture_needs_a_voice(judges_by_length, capsys, tmp_path):
    arguments = ["--corpus", str(tmp_path), "--recordings-only", "--picture", str(tmp_path / "beside.png")]
    assert commands.main("intelligibility", arguments) == 2
    assert "leave --recordings-only out" in capsys.readouterr().err
