"""Forced alignment: the times of phonemes and pauses in a recording.

pocketsphinx's acoustic model finds the phones; words and pronunciations are pngnat's.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pocketsphinx

from pngnat.data.pronunciations import alternatives, without_stress
from pngnat.data.segments import Phone, Segment, WordSpan, refine_silences, token_segments, word_spans
from pngnat.errors import PngnatError
from pngnat.text.utterance import Utterance, Word

SAMPLE_RATE = 16000
FRAME = 0.01
# Frame s is a window of 25.6 ms that starts at s * 10 ms; the border between frames s - 1 and s lies this much later.
FRAME_OFFSET = 0.0256 / 2 - FRAME / 2
# pocketsphinx needs three frames a phone; a tenth of a second is shorter than any word.
SHORTEST = 0.1
# pocketsphinx normalizes by the mean of its input: seconds of silence around a short sentence make every word fit
# badly. An end that is this much softer (dB) than the loudest part is cut down to these seconds.
_SILENT = -40.0
_KEPT_SILENCE = 0.3

Variants = Callable[[str], Sequence[tuple[str, ...]]]


@dataclass(frozen=True)
class Alignment:
    """An utterance aligned with its recording.

    utterance: with the pronunciations that were spoken. segments: N, one for each token of the phoneme segment ([CLS],
    phonemes, boundary tokens; see PngTokens), without gaps from 0 to the end of the recording; [CLS] owns the silence
    before the first word, a boundary token the silence at its boundary (0 s without a pause). words: W.
    """

    utterance: Utterance
    segments: tuple[Segment, ...]
    words: tuple[WordSpan, ...]

    @property
    def durations(self) -> np.ndarray:
        """Durations of the tokens in seconds, float64 (N,)."""
        return np.array([segment.duration for segment in self.segments])

    @property
    def score(self) -> float:
        """Mean log likelihood a frame over all words: about -1 for a good match, below -2.5 for a doubtful text."""
        seconds = sum(word.duration for word in self.words)
        return sum((word.score or 0.0) * word.duration for word in self.words) / seconds


@dataclass(frozen=True)
class AlignerConfig:
    """Settings of the aligner."""

    variant_probability: float = 1e-8
    """Prior of other pronunciations relative to the front end's; 1 is no preference."""
    silence_probability: float = 0.1
    """Prior of a silence between two words; low values merge short silences into the neighbouring sounds."""
    beam: float = -48.0
    """Log-10 pruning beam."""
    wide_beam: float = -64.0
    """Beam of a second attempt, after the first one lost the path."""


class Aligner:
    """An aligner of single utterances, with one pocketsphinx decoder that learns each pronunciation once.

    variants: returns the pronunciations of a word (`Pronouncer.variants`); None aligns the utterance's own
    pronunciations.
    """

    def __init__(self, variants: Variants | None = None, config: AlignerConfig | None = None) -> None:
        self.config = config or AlignerConfig()
        self._variants = variants
        self._decoders: dict[float, _Decoder] = {}

    def align(self, samples: np.ndarray, utterance: Utterance) -> Alignment:
        """Align a recording, samples (S,) in [-1, 1] at 16 kHz, with its utterance.

        Raises PngnatError if it cannot be aligned: too short, silent, without words, or with a text that does not
        match.
        """
        seconds = len(samples) / SAMPLE_RATE
        if not utterance.words:
            raise PngnatError("the text has no words to align")
        if seconds < SHORTEST:
            raise PngnatError(f"{seconds:.2f} s are too short to be aligned")
        if np.abs(samples).max() < 1e-4:
            raise PngnatError("the recording is silent")
        choices = [self._pronunciations(word) for word in utterance.words]
        start, end = _without_silent_ends(samples)
        for beam in (self.config.beam, self.config.wide_beam):
            found = self._decoder(beam).align(samples[start:end], choices)
            if found is not None:
                break
        else:
            raise PngnatError(f"the {len(utterance.words)} words of the text do not fit the {seconds:.1f} s of sound")
        phones, chosen, scores = found
        spoken = replace(
            utterance, words=tuple(replace(word, phonemes=p) for word, p in zip(utterance.words, chosen, strict=True))
        )
        before = start / SAMPLE_RATE
        phones = [replace(phone, start=phone.start + before, end=phone.end + before) for phone in phones]
        phones = refine_silences(phones, samples, SAMPLE_RATE)
        segments = token_segments(spoken, phones, seconds)
        return Alignment(spoken, segments, word_spans(spoken, segments, scores))

    def _pronunciations(self, word: Word) -> list[tuple[str, ...]]:
        return alternatives(word.text, word.phonemes, self._variants(word.text) if self._variants else ())

    def _decoder(self, beam: float) -> _Decoder:
        if beam not in self._decoders:
            self._decoders[beam] = _Decoder(beam, self.config)
        return self._decoders[beam]


def _without_silent_ends(samples: np.ndarray) -> tuple[int, int]:
    """Return the first audible sample and the one after the last, with a margin of silence; samples (S,), not
    silent."""
    frame = round(FRAME * SAMPLE_RATE)
    power = np.square(samples[: len(samples) // frame * frame]).reshape(-1, frame).mean(axis=1)
    heard = np.flatnonzero(power >= power.max() * 10 ** (_SILENT / 10))
    kept = round(_KEPT_SILENCE * SAMPLE_RATE)
    return max(0, heard[0] * frame - kept), min(len(samples), (heard[-1] + 1) * frame + kept)


class _Decoder:
    """A pocketsphinx decoder whose dictionary grows with the pronunciations it meets."""

    # Scores are logarithms to the base 1.0001, shifted right by 10 bits.
    NATS = np.log(1.0001) * 1024

    def __init__(self, beam: float, config: AlignerConfig) -> None:
        with tempfile.NamedTemporaryFile(suffix=".dict") as empty:
            self._sphinx = pocketsphinx.Decoder(
                lm=None,
                dict=empty.name,
                loglevel="FATAL",
                samprate=SAMPLE_RATE,
                beam=10.0**beam,
                pbeam=10.0**beam,
                wbeam=10.0 ** (beam * 0.6),
                silprob=config.silence_probability,
                bestpath=False,  # its lattice invents a start word of no length, and no alignment survives that
            )
        self._config = config
        self._words: dict[tuple[str, ...], str] = {}

    def align(self, samples: np.ndarray, choices: Sequence[Sequence[tuple[str, ...]]]):
        """Return the phones in time, and the chosen pronunciation and score of each word; None if no path through the
        words survives."""
        pcm = (np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes()
        names = [[self._name(phonemes) for phonemes in words] for words in choices]
        transitions = [
            (index, index + 1, 1.0 if rank == 0 else self._config.variant_probability, name)
            for index, words in enumerate(names)
            for rank, name in enumerate(words)
        ]
        self._sphinx.add_fsg("words", self._sphinx.create_fsg("words", 0, len(choices), transitions))
        self._sphinx.activate_search("words")
        # Forget the noise of earlier recordings, which depend on the order of alignment.
        self._sphinx.reinit_feat()
        try:
            self._run(pcm)
            if self._sphinx.hyp() is None:
                return None
            self._sphinx.set_alignment()
            self._run(pcm)
        except RuntimeError:
            return None
        return self._result(names, choices)

    def _run(self, pcm: bytes) -> None:
        self._sphinx.start_utt()
        try:
            self._sphinx.process_raw(pcm, full_utt=True)
        finally:
            self._sphinx.end_utt()

    def _name(self, phonemes: tuple[str, ...]) -> str:
        key = without_stress(phonemes)
        if key not in self._words:
            name = "_".join(key)
            self._sphinx.add_word(name, " ".join(key), False)
            self._words[key] = name
        return self._words[key]

    def _result(self, names, choices):
        phones: list[Phone] = []
        chosen: list[tuple[str, ...]] = []
        scores: list[float] = []
        for entry in self._sphinx.get_alignment():
            if entry.name.startswith(("<", "[")):
                continue
            index = len(chosen)
            if index == len(names) or entry.name not in names[index]:
                return None
            phonemes = choices[index][names[index].index(entry.name)]
            chosen.append(phonemes)
            scores.append(entry.score * self.NATS / max(entry.duration, 1))
            for phoneme, phone in zip(phonemes, entry, strict=True):
                start, end = (frame * FRAME + FRAME_OFFSET for frame in (phone.start, phone.start + phone.duration))
                phones.append(Phone(index, phoneme, start, end, phone.score * self.NATS / max(phone.duration, 1)))
        return (phones, chosen, scores) if len(chosen) == len(names) else None
