import itertools
import json
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from killing import train_between_kills

from pngnat.audio.config import AudioConfig
from pngnat.data.corpus import Recording
from pngnat.errors import PngnatError
from pngnat.finetune.selection import (
    BEST,
    HISTORY,
    BestBySpeech,
    SpeechJudgement,
    ValidationHistory,
    ValidationSentences,
    best_model,
    make_judge,
    to_speak,
)
from pngnat.models.decoder import DecoderConfig, PostNetConfig
from pngnat.models.durations import PredictorConfig
from pngnat.models.png_bert import PngBertConfig
from pngnat.models.png_nat import PngNatConfig
from pngnat.text.utterance import Boundary, Utterance, Word
from pngnat.training.acoustic import AcousticTraining, AcousticTrainingConfig
from pngnat.training.callbacks import Ema
from pngnat.training.checkpoints import LAST
from pngnat.training.export import AcousticRun
from pngnat.training.runs import RunConfig, fit
from pngnat.training.schedule import ScheduleConfig, WarmupCosine

PHONEMES = {"see": "S IY1", "me": "M IY1", "two": "T UW1", "now": "N AW1"}
RUN = RunConfig(accelerator="cpu", threads=1, validate_every=100)


class Given:
    """A judge that gives the scores that it was told to."""

    name = "given"

    def __init__(self, *scores):
        self.scores = list(scores)

    def score(self, spoken):
        return {"score": self.scores.pop(0)}


class Silent:
    """Sentences of which nothing is spoken; notes the weights of those who should have."""

    def __init__(self):
        self.biases = []

    def spoken(self, voice, speaker):
        self.biases.append(voice.duration_predictor.project.bias.item())
        return []


def train(corpus, folder, judge, steps=8, sentences=None):
    torch.manual_seed(0)
    config = PngNatConfig(
        encoder=PngBertConfig(
            corpus.tokenizer.vocabulary_size, width=16, layers=1, heads=2, feedforward=32, dropout=0.0
        ),
        speakers=2,
        speaker_width=4,
        predictor=PredictorConfig(units=8, layers=1),
        decoder=DecoderConfig("parallel", width=16, layers=1, kernel=3, feedforward=32, dropout=0.0),
        postnet=PostNetConfig(width=8, layers=2, dropout=0.0),
    )
    training = AcousticTrainingConfig(batch_seconds=2.0, autocast=False, pictures=0)
    module = AcousticTraining(config, training, corpus.dataset("train"), corpus.dataset("valid"))
    AcousticRun(config, ("a", "b")).save(folder)
    ema = Ema("model", 0.9)
    said, sentences = [], sentences or Silent()
    judgement = SpeechJudgement(judge, sentences, lambda model: model, "b", times=4)
    best = BestBySpeech(judgement, ema, folder, said.append)
    fit(module, folder, RUN, ScheduleConfig(learning_rate=3e-3, warmup=1, steps=steps), [ema, best])
    return best.history, said, sentences.biases


def test_the_best_model_is_kept(toy_corpus, tmp_path):
    history, said, biases = train(toy_corpus, tmp_path, Given(-5.0, -3.0, -4.0, -3.5))
    assert [figures["step"] for figures in history.validations] == [2, 4, 6, 8] and history.best == 1
    model, speakers = best_model(tmp_path)
    assert model.duration_predictor.project.bias.item() == float(np.float16(biases[1])) and speakers == ("a", "b")
    assert biases[1] != biases[3]
    assert len(said) == 4 and "(best)" in said[1] and "(best)" not in said[2]
    assert ValidationHistory.load(tmp_path) == history


def test_a_stopped_run_goes_on_and_forgets_nothing(toy_corpus, tmp_path):
    whole, *_ = train(toy_corpus, tmp_path / "whole", Given(-5.0, -3.0, -4.0, -3.5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WarmupCosine, "on_train_batch_end", _stop_at(5))
        with pytest.raises(Stopped):
            train(toy_corpus, tmp_path / "halves", Given(-5.0, -3.0))
    later = Given(-4.0, -3.5)
    resumed, *_ = train(toy_corpus, tmp_path / "halves", later)
    assert resumed == whole and not later.scores
    for (name, expected), found in zip(
        best_model(tmp_path / "whole")[0].state_dict().items(),
        best_model(tmp_path / "halves")[0].state_dict().values(),
        strict=True,
    ):
        torch.testing.assert_close(found, expected, rtol=0, atol=0, msg=f"{name} differs")


class Stopped(Exception):
    pass


def _stop_at(step):
    def stop(self, trainer, *rest):
        if trainer.global_step == step:
            raise Stopped

    return stop


def test_no_validation_no_model(tmp_path):
    AcousticRun(PngNatConfig(PngBertConfig(100, width=16, layers=1, heads=2, feedforward=32), 1), ("a",)).save(tmp_path)
    with pytest.raises(PngnatError, match="judged"):
        best_model(tmp_path)
    assert (
        ValidationHistory.load(tmp_path) is None
        and not (tmp_path / BEST).exists()
        and not (tmp_path / HISTORY).exists()
    )


def test_which_judge(toy_corpus, monkeypatch):
    sentences = ValidationSentences(toy_corpus.recordings, 16)
    assert make_judge("mel_cepstra", sentences, AudioConfig()).name == "mel_cepstra"
    with pytest.raises(PngnatError, match="nose"):
        make_judge("nose", sentences, AudioConfig())

    def missing(*_):
        raise PngnatError("not installed")

    monkeypatch.setattr("pngnat.finetune.selection.asr.Recognizer", missing)
    said = []
    assert make_judge("auto", sentences, AudioConfig(), say=said.append).name == "mel_cepstra"
    assert said == ["speech cannot be judged by words, quality and speaker similarity: not installed"]
    with pytest.raises(PngnatError, match="not installed"):
        make_judge("listeners", sentences, AudioConfig())


class Told:
    """A recognizer that hears what it is told to, one text after the other."""

    def __init__(self, *texts):
        self.texts = list(texts)

    def transcribe(self, samples, sample_rate):
        return SimpleNamespace(text=self.texts.pop(0))


@pytest.mark.parametrize(
    ("made", "score"), [("see me now two", 5.0), ("see me now cats", 5.0), ("cats cats cats cats", 4.25)]
)
def test_nobody_need_be_clearer_than_the_person(toy_corpus, voice, monkeypatch, made, score):
    real = [replace(recording, utterance=_said("see me now two")) for recording in toy_corpus.recordings[:2]]
    recognizer = Told("see me now cats", made)
    monkeypatch.setattr("pngnat.finetune.selection.asr.Recognizer", lambda threads: recognizer)
    embedding = SimpleNamespace(embed=lambda samples, sample_rate: np.array([1.0, 0.0]))
    monkeypatch.setattr("pngnat.finetune.selection.SpeakerEncoder", lambda: embedding)
    monkeypatch.setattr(
        "pngnat.finetune.selection.MosPredictor", lambda: SimpleNamespace(score=lambda samples, sample_rate: 4.0)
    )
    sentences = ValidationSentences(real, 16)
    figures = make_judge("listeners", sentences, AudioConfig()).score(sentences.spoken(voice, "ada"))
    assert figures["score"] == pytest.approx(score) and figures["WER of recordings"] == pytest.approx(0.25)
    assert figures["similarity"] == pytest.approx(1.0) and not recognizer.texts


def named(*texts):
    """Recordings r0, r1 ... of these texts."""
    nothing = np.zeros(1, np.float32)
    return [Recording(f"r{n}", "ann", "valid", Path("x"), _said(text), nothing) for n, text in enumerate(texts)]


def test_sentences_are_drawn_by_their_names_each_text_once():
    recordings = named(
        *(" ".join(words) for words in itertools.permutations(PHONEMES, 3)), *["see me now"] * 30, *PHONEMES
    )
    drawn = to_speak(recordings, 16)
    assert len({recording.utterance.text for recording in drawn}) == 16
    assert all(len(recording.utterance.words) == 3 for recording in drawn)
    assert drawn == to_speak(recordings[::-1], 16), "the order of lines does not matter"
    assert drawn[:5] == to_speak(recordings, 5) and drawn[:5] != recordings[:5]


def test_short_texts_are_better_than_too_few():
    long, short = named("see me now", "me now two"), named(*PHONEMES)
    assert to_speak(long + short, 16)[:2] == sorted(long, key=to_speak(long, 16).index)
    assert len(to_speak(long + short, 16)) == 6 and len(to_speak(long + short, 3)) == 3


def _said(text):
    words = tuple(Word(word, tuple(PHONEMES[word].split())) for word in text.split())
    return Utterance(words, (*(Boundary() for _ in words), Boundary(".")))


def test_the_history_survives_a_file(tmp_path):
    history = ValidationHistory("given")
    for score in (-2.0, -1.0, -3.0):
        history.add({"score": score, "share": 0.8})
    (tmp_path / HISTORY).write_text(json.dumps(history.__dict__))
    assert ValidationHistory.load(tmp_path) == history == replace(history) and history.best == 1


class Judge:
    """A judge whose score depends on the weights alone, and goes up and down."""

    name = "judge"

    def __init__(self):
        self.sentences = Silent()

    def score(self, spoken):
        return {"score": float(np.sin(1e5 * self.sentences.biases[-1]))}


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_kills_at_any_moment_change_nothing(toy_corpus, tmp_path):
    def tune(folder):
        judge = Judge()
        train(toy_corpus, folder, judge, sentences=judge.sentences)

    tune(tmp_path / "whole")
    assert train_between_kills(lambda: tune(tmp_path / "killed")) > 5
    assert ValidationHistory.load(tmp_path / "killed") == ValidationHistory.load(tmp_path / "whole")
    for name in (BEST, LAST):
        same(tmp_path / "whole" / name, tmp_path / "killed" / name)


def same(path, other):
    """Whether two files of weights hold the same to the bit."""
    if path.suffix == ".safetensors":
        assert path.read_bytes() == other.read_bytes()
    else:
        expected, found = (torch.load(one, weights_only=False)["state_dict"] for one in (path, other))
        assert expected.keys() == found.keys() and all(
            torch.equal(value, found[name]) for name, value in expected.items()
        )
