"""Intelligibility of a voice, and of the recordings that it was trained on, measured in the same way.

    pngnat evaluate intelligibility --corpus PREPARED_FOLDER --split test --picture beside.png
    pngnat evaluate intelligibility --sentences list.txt --voice VOICE --speaker NAME --json report.json

Word error rate by Whisper tiny.en, and predicted quality by DistilMOS, for each speaker and overall.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from tqdm import tqdm

from pngnat.audio import wav
from pngnat.audio.config import AudioConfig
from pngnat.engine.loading import load_voice
from pngnat.engine.voice import Voice
from pngnat.errors import PngnatError
from pngnat.evaluation import asr, mos, report
from pngnat.evaluation.beside import MOST, Pair, save_pairs
from pngnat.evaluation.commands import main
from pngnat.evaluation.passages import OtherEngines, Passage, chosen
from pngnat.evaluation.word_errors import WordErrors, compare_texts
from pngnat.synthesis.synthesize import synthesize

RECORDINGS, VOICE = "recordings", "voice"


@dataclass(frozen=True)
class MeasuredSentence:
    """A measured sentence.

    source: RECORDINGS, VOICE or the name of another engine. heard: the transcript. seconds: of sound. mos: 1 to 5, None
    if it is not measured.
    """

    id: str
    source: str
    speaker: str
    text: str
    heard: str
    errors: WordErrors
    seconds: float
    mos: float | None = None


class Measurer:
    """A measurer of words, with a recognizer, and with_mos of quality."""

    def __init__(self, threads: int = 1, with_mos: bool = True):
        self._recognizer = asr.Recognizer(threads)
        self._quality = mos.MosPredictor() if with_mos else None

    def measure(
        self, passage: Passage, source: str, speaker: str, samples: np.ndarray, sample_rate: int
    ) -> MeasuredSentence:
        """Measure samples (S,) in [-1, 1] at `sample_rate` Hz, whose text is `passage.text`."""
        heard = self._recognizer.transcribe(samples, sample_rate).text
        return MeasuredSentence(
            id=passage.id,
            source=source,
            speaker=speaker,
            text=passage.text,
            heard=heard,
            errors=compare_texts(passage.text, heard).errors,
            seconds=len(samples) / sample_rate,
            mos=self._quality.score(samples, sample_rate) if self._quality else None,
        )


Measure = Callable[[Passage, str, str, np.ndarray, int], MeasuredSentence]


def measure_recordings(passages: Iterable[Passage], measure: Measure) -> Iterator[MeasuredSentence]:
    """Measure the recordings of the passages that have one."""
    sample_rate = AudioConfig().sample_rate
    for passage in passages:
        if passage.recording is not None:
            yield measure(
                passage, RECORDINGS, passage.speaker or "", wav.read(passage.recording, sample_rate), sample_rate
            )


def measure_voice(
    passages: Iterable[Passage], measure: Measure, voice: Voice, speaker: str | None = None, watermark: bool = False
) -> Iterator[MeasuredSentence]:
    """Measure the passages synthesized by the voice: by `speaker`, else by the recorded speaker, else by the default
    speaker."""
    for passage in passages:
        name = _speaker(passage, voice, speaker)
        speech = synthesize(passage.text, voice, speaker=name, watermark=watermark)
        yield measure(passage, VOICE, name, speech.samples, speech.sample_rate)


def _speaker(passage: Passage, voice: Voice, asked: str | None) -> str:
    return asked or (passage.speaker if passage.speaker in voice.card.names else None) or voice.card.default_speaker


def pairs_of(passages: Iterable[Passage], voice: Voice, speaker: str | None = None) -> Iterator[Pair]:
    """Yield the passages with a recording, as recorded and as synthesized."""
    for passage in passages:
        if passage.recording is not None:
            recorded = wav.read(passage.recording, voice.sample_rate)
            yield Pair(
                passage.text,
                recorded,
                synthesize(passage.text, voice, speaker=_speaker(passage, voice, speaker)).samples,
            )


def summarize(sentences: Sequence[MeasuredSentence]) -> list[dict[str, Any]]:
    """Return the rows of the table: each source in all, then by speaker. Rates in percent; MOS is the mean over
    sentences."""
    rows = []
    for source in dict.fromkeys(sentence.source for sentence in sentences):
        of_source = [sentence for sentence in sentences if sentence.source == source]
        speakers = sorted({sentence.speaker for sentence in of_source})
        rows.append(_row(source, "all", of_source))
        if len(speakers) > 1:
            rows += [
                _row(source, name, [sentence for sentence in of_source if sentence.speaker == name])
                for name in speakers
            ]
    return rows


def _row(source: str, speaker: str, sentences: Sequence[MeasuredSentence]) -> dict[str, Any]:
    errors = sum((sentence.errors for sentence in sentences), WordErrors())
    scores = [sentence.mos for sentence in sentences if sentence.mos is not None]
    return {
        "source": source,
        "speaker": speaker,
        "sentences": len(sentences),
        "words": errors.words,
        "WER %": 100 * errors.rate,
        "substituted": errors.substitutions,
        "deleted": errors.deletions,
        "inserted": errors.insertions,
        "DistilMOS": float(np.mean(scores)) if scores else None,
    }


def _details(sentence: MeasuredSentence) -> dict[str, Any]:
    return {
        "id": sentence.id,
        "source": sentence.source,
        "speaker": sentence.speaker,
        "text": sentence.text,
        "heard": sentence.heard,
        "wer": round(sentence.errors.rate, 4),
        "seconds": round(sentence.seconds, 3),
        "mos": sentence.mos and round(sentence.mos, 3),
    }


def run(options: argparse.Namespace, others: OtherEngines | None = None) -> None:
    """Run the command, see `commands.MEASURES`. others: further engines to measure on the same passages."""
    if (options.recordings_only or options.picture) and not options.corpus:
        raise PngnatError("--recordings-only and --picture need --corpus")
    if options.recordings_only and options.picture:
        raise PngnatError("--picture draws a voice beside the recordings: leave --recordings-only out")
    passages = chosen(options)
    voice = None if options.recordings_only else load_voice(options.voice)
    if voice and options.picture:
        save_pairs(options.picture, list(islice(pairs_of(passages, voice, options.speaker), MOST)), voice.card.audio)
    measurer = Measurer(options.threads, not options.no_mos)
    sentences = [*measure_recordings(tqdm(passages, RECORDINGS, unit="", disable=not options.corpus), measurer.measure)]
    if voice is not None:
        sentences += measure_voice(
            tqdm(passages, VOICE, unit=""), measurer.measure, voice, options.speaker, options.watermark
        )
    if others is not None:
        sentences += [
            measurer.measure(passage, name, name, samples, rate) for name, passage, samples, rate in others(passages)
        ]
    rows = summarize(sentences)
    print(report.table(rows))
    if options.json:
        content = {
            "asr": asr.NAME,
            "mos": None if options.no_mos else mos.NAME,
            "voice": voice and voice.name,
            "summary": rows,
        }
        report.write_json(options.json, content | {"sentences": [_details(sentence) for sentence in sentences]})


if __name__ == "__main__":
    sys.exit(main("intelligibility"))
