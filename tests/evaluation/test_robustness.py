import json

import numpy as np
import pytest

from pngnat.evaluation import asr, commands, robustness
from pngnat.evaluation.asr import TranscribedWord, Transcript
from pngnat.evaluation.word_errors import compare_texts
from pngnat.synthesis.speech import Speech
from pngnat.synthesis.timings import TimedWord

RATE = 24000


def heard(*words: tuple[str, float, float]) -> Transcript:
    return Transcript(" ".join(word for word, _, _ in words), tuple(TranscribedWord(*word) for word in words))


def speech(samples: np.ndarray, *words: tuple[str, float, float]) -> Speech:
    timed = [TimedWord(*word) for word in words]
    return Speech(samples, RATE, " ".join(word for word, _, _ in words), timed, [])


def tone(seconds: float) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * 200 * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


@pytest.mark.parametrize(
    ("written", "heard", "unheard"),
    [
        ("the old man went home", "the old man went home", []),
        ("the old man went home", "the man went home", ["old"]),
        ("the old man went home", "the home", ["old man went"]),
        ("it was seen by every one there", "it was seen by everyone there", []),
        ("a warder came in", "a water came in", []),
        ("all is lost", "", ["all is lost"]),
    ],
)
def test_unheard_words_leave_nothing_in_their_place(written, heard, unheard):
    assert list(robustness.deleted_runs(compare_texts(written, heard))) == unheard


@pytest.mark.parametrize(
    ("written", "heard", "repeated"),
    [
        ("the old man went home", "the old man went home", []),
        ("the old man went home", "the old old man went home", ["old"]),
        ("the old man went home", "the old man the old man went home", ["the old man"]),
        ("the old man went home", "the old man went home home home", ["home"]),
        ("up and up and up", "up and up and up", []),
        ("up and up and up", "up and up and up and up", ["and up"]),
        ("the old man went home", "the old man then went home", []),
        ("the old man went home", "the cold man went home", []),
    ],
)
def test_repeated_words_stand_beside_themselves(written, heard, repeated):
    assert list(robustness.repeated_runs(compare_texts(written, heard))) == repeated


def test_all_aligned_where_each_word_is_heard_in_time():
    words = heard(("Press", 0.1, 0.5), ("one.", 0.6, 0.9))
    assert robustness.unaligned_seconds("Press one.", words.words, 1.2) == 0


def test_wrong_words_align_and_babble_does_not():
    words = heard(("A", 0.1, 0.3), ("cat", 0.3, 0.6), ("blah", 0.7, 1.4), ("blah", 1.4, 2.6), ("sat.", 2.7, 3.0))
    assert robustness.unaligned_seconds("The cat sat.", words.words, 3.2) == pytest.approx(2.1)


@pytest.mark.parametrize(("start", "seconds", "unaligned"), [(0.9, 1.9, 0), (1.5, 2.5, 1.5), (1.5, 4.5, 1.5 + 2.0)])
def test_only_stretches_over_a_second_count(start, seconds, unaligned):
    words = heard(("Yes", start, start + 0.5 if seconds < 4 else 2.5))
    assert robustness.unaligned_seconds("Yes.", words.words, seconds) == pytest.approx(unaligned)


def test_silence_is_wholly_unaligned():
    assert robustness.unaligned_seconds("Yes.", (), 3.0) == 3.0


def test_words_without_time_or_sound_are_unspoken():
    samples = np.concatenate([tone(0.5), np.zeros(RATE // 2, np.float32), tone(0.5)])
    result = speech(samples, ("loud", 0.0, 0.5), ("silent", 0.55, 0.95), ("gone", 1.0, 1.0), ("loud", 1.0, 1.5))
    assert list(robustness.unspoken_words(result)) == ["silent", "gone"]


def test_a_quiet_voice_is_no_silence():
    assert not list(robustness.unspoken_words(speech(tone(0.5) * 0.001, ("soft", 0.0, 0.5))))


def test_skipped_joins_both_witnesses():
    samples = tone(2.0)
    account = speech(samples, ("The", 0.0, 0.4), ("old", 0.4, 0.4), ("man", 0.4, 0.9), ("went", 0.9, 1.2))
    finding = robustness.examine(
        "The old man went home.", heard(("The", 0.0, 0.4), ("man", 0.4, 0.9)), samples, RATE, account
    )
    assert finding.unread == ["home"]
    assert finding.unspoken == ["old"]
    assert finding.unheard == ["old", "went home"]
    assert finding.skipped == ["home", "old", "went home"]


def test_summary_pools_sentences():
    whole = robustness.examine(
        "Yes, we can.", heard(("Yes,", 0.0, 0.5), ("we", 0.5, 0.7), ("can.", 0.7, 1.0)), tone(1.0), RATE
    )
    empty = robustness.examine("No.", heard(), tone(3.0), RATE)
    row = robustness.summarize("voice", [whole, empty])
    assert (row["sentences"], row["words"], row["WDR %"], row["UDR %"]) == (2, 4, 25.0, 75.0)
    assert (row["skipped"], row["repeated"], row["single words unheard"]) == (0, 0, 1)


class Echo:
    """A recognizer that hears the same in every sound."""

    def __init__(self, threads: int = 1):
        pass

    def transcribe(self, samples, sample_rate, with_words=False):
        return heard(("Yes.", 0.0, 0.3))


def test_command_measures_a_voice(stub_voice, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(asr, "Recognizer", Echo)
    sentences, out = tmp_path / "list.txt", tmp_path / "report.json"
    sentences.write_text("# two\nYes.\n\nWhy should he?\n", encoding="utf-8")
    assert (
        commands.main("robustness", ["--voice", str(stub_voice), "--sentences", str(sentences), "--json", str(out)])
        == 0
    )
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["summary"][0]["sentences"] == 2
    assert [sentence["text"] for sentence in report["sentences"]] == ["Yes.", "Why should he?"]
    assert not any(sentence["unread"] for sentence in report["sentences"])
    assert "| voice " in capsys.readouterr().out


def test_command_names_what_is_wrong(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(asr, "Recognizer", Echo)
    assert commands.main("robustness", ["--sentences", str(tmp_path / "none.txt")]) == 2
    assert "none.txt" in capsys.readouterr().err
