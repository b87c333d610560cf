"""Skipped and repeated words of a voice.

    pngnat evaluate robustness --voice VOICE --json report.json
    pngnat evaluate robustness --corpus PREPARED_FOLDER

The first command synthesizes 200 sentences of 1 to 60 words. The second transcribes a corpus's recordings, to show the
recognizer's own errors. Measures of Non-Attentive Tacotron (arXiv 2010.04301): UDR, the fraction of sound in stretches
over 1 s that do not align with the text, and WDR, the fraction of words that a recognizer deletes. Each word is checked
in the transcript and in the synthesizer's timings.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

from pngnat.audio import wav
from pngnat.audio.config import AudioConfig
from pngnat.engine.loading import load_voice
from pngnat.evaluation import asr, report
from pngnat.evaluation.commands import main
from pngnat.evaluation.passages import OtherEngines, Passage, chosen
from pngnat.evaluation.word_errors import Comparison, WordErrors, compare_texts, compare_words, plain_words
from pngnat.synthesis.speech import Speech
from pngnat.synthesis.synthesize import synthesize

LONG_STRETCH = 1.0
# Recognizers omit single articles and pronouns, in recordings too; two words in a row are a gap in the speech.
SKIPPED_RUN = 2
# dB below the loud parts of the speech: quieter than the weakest fricative, louder than a noise floor.
_SILENCE = -45.0


@dataclass(frozen=True)
class Finding:
    """An examined utterance. All lists hold words as text.

    unheard: words, or runs of words, that the transcript lacks, with nothing in their place. repeated: words that the
    transcript has twice in a row. unread: words that the text front end lost. unspoken: words without time or sound.
    seconds, unaligned: of the sound, and of its stretches over 1 s without a word of the text.
    """

    text: str
    heard: str
    errors: WordErrors
    seconds: float
    unaligned: float
    unheard: list[str]
    repeated: list[str]
    unread: list[str]
    unspoken: list[str]

    @property
    def skipped(self) -> list[str]:
        """Words that are surely skipped: lost, without time or sound, or in a run that the transcript lacks."""
        return [*self.unread, *self.unspoken, *(run for run in self.unheard if len(run.split()) >= SKIPPED_RUN)]


def examine(
    text: str, transcript: asr.Transcript, samples: np.ndarray, sample_rate: int, speech: Speech | None = None
) -> Finding:
    """Examine an utterance. text: the input. transcript: with times. samples: (S,). speech: with the synthesizer's
    timings, or None."""
    comparison = compare_texts(text, transcript.text)
    seconds = len(samples) / sample_rate
    return Finding(
        text=text,
        heard=transcript.text,
        errors=comparison.errors,
        seconds=seconds,
        unaligned=unaligned_seconds(text, transcript.words, seconds),
        unheard=list(deleted_runs(comparison)),
        repeated=list(repeated_runs(comparison)),
        unread=[] if speech is None else list(deleted_runs(compare_texts(text, speech.normalized_text))),
        unspoken=[] if speech is None else list(unspoken_words(speech)),
    )


def deleted_runs(comparison: Comparison) -> Iterator[str]:
    """Yield runs of words of the reference without a counterpart in the hypothesis.

    Words transcribed as others ("every one" as "everyone") are errors of spelling or pronunciation, and not gaps.
    """
    for difference in comparison.differences():
        if difference.transcribed_start == difference.transcribed_end:
            yield " ".join(comparison.reference[difference.start : difference.end])


def repeated_runs(comparison: Comparison) -> Iterator[str]:
    """Yield runs of words that the hypothesis has once more in a row than the reference."""
    words = comparison.hypothesis
    for difference in comparison.differences():
        start, end = difference.transcribed_start, difference.transcribed_end
        for length in range(end - start - (difference.end - difference.start), 0, -1):
            before, first = words[max(0, start - length) : start], words[start : start + length]
            last, after = words[end - length : end], words[end : end + length]
            if before == first or last == after:
                yield " ".join(first if before == first else last)
                break


def unaligned_seconds(text: str, heard: Sequence[asr.TranscribedWord], seconds: float) -> float:
    """Return the seconds in stretches over 1 s without a word of the text, right or wrong: babble, noise, silence,
    repetitions."""
    pieces = [(piece, word) for word in heard for piece in plain_words(word.text)]
    written = [piece for word in text.split() for piece in plain_words(word)]
    aligned = [pieces[index][1] for _, index in compare_words(written, [piece for piece, _ in pieces]).pairs]
    edges = [0.0, *(edge for word in aligned for edge in (word.start, word.end)), seconds]
    gaps = (end - start for start, end in zip(edges[::2], edges[1::2], strict=True))
    return sum(gap for gap in gaps if gap > LONG_STRETCH)


def unspoken_words(speech: Speech) -> Iterator[str]:
    """Yield words without time, or with silence in their time."""
    step = speech.sample_rate // 100
    usable = len(speech.samples) // step * step
    levels = 10 * np.log10(np.square(speech.samples[:usable], dtype=np.float64).reshape(-1, step).mean(axis=1) + 1e-12)
    floor = (np.percentile(levels, 95) if levels.size else 0.0) + _SILENCE
    for word in speech.words:
        first, last = int(word.start * 100), int(np.ceil(word.end * 100))
        if word.end <= word.start or not (levels[first:last] > floor).any():
            yield word.text


def summarize(source: str, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the row of the table. Rates in percent; skipped and repeated count runs of words."""
    errors = sum((finding.errors for finding in findings), WordErrors())
    seconds = sum(finding.seconds for finding in findings)
    return {
        "source": source,
        "sentences": len(findings),
        "words": errors.words,
        "WER %": 100 * errors.rate,
        "WDR %": 100 * errors.deletion_rate,
        "UDR %": 100 * sum(finding.unaligned for finding in findings) / seconds if seconds else 0.0,
        "skipped": sum(len(finding.skipped) for finding in findings),
        "repeated": sum(len(finding.repeated) for finding in findings),
        "single words unheard": sum(len(run.split()) < SKIPPED_RUN for finding in findings for run in finding.unheard),
    }


def _recorded(passages: Sequence[Passage], recognizer: asr.Recognizer) -> Iterator[Finding]:
    sample_rate = AudioConfig().sample_rate
    for passage in passages:
        if passage.recording is not None:
            samples = wav.read(passage.recording, sample_rate)
            yield examine(
                passage.text, recognizer.transcribe(samples, sample_rate, with_words=True), samples, sample_rate
            )


def _spoken(
    passages: Sequence[Passage], recognizer: asr.Recognizer, voice_name: str | None, speaker: str | None
) -> Iterator[Finding]:
    voice = load_voice(voice_name)
    for passage in passages:
        speech = synthesize(passage.text, voice, speaker=speaker)
        transcript = recognizer.transcribe(speech.samples, speech.sample_rate, with_words=True)
        yield examine(passage.text, transcript, speech.samples, speech.sample_rate, speech)


def run(options: argparse.Namespace, others: OtherEngines | None = None) -> None:
    """Run the command, see `commands.MEASURES`. others: further engines to examine on the same passages."""
    recognizer = asr.Recognizer(options.threads)
    passages = chosen(options)
    if options.corpus:
        source, examined = "recordings", _recorded(passages, recognizer)
    else:
        source, examined = "voice", _spoken(passages, recognizer, options.voice, options.speaker)
    findings = {source: list(tqdm(examined, total=len(passages), unit=""))}
    if others is not None:
        for name, passage, samples, rate in others(passages):
            transcript = recognizer.transcribe(samples, rate, with_words=True)
            findings.setdefault(name, []).append(examine(passage.text, transcript, samples, rate))
    rows = [summarize(name, found) for name, found in findings.items()]
    print(report.table(rows))
    for finding in findings[source]:
        for name in ("skipped", "repeated"):
            if runs := getattr(finding, name):
                print(f"{name}: {', '.join(runs)}\n  text:  {finding.text}\n  heard: {finding.heard}")
    if options.json:
        details = [
            {"source": name, **asdict(one), "skipped": one.skipped} for name, found in findings.items() for one in found
        ]
        report.write_json(options.json, {"asr": asr.NAME, "summary": rows, "sentences": details})


if __name__ == "__main__":
    sys.exit(main("robustness"))
