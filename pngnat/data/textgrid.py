"""Praat TextGrids: look at an alignment and correct it there, or bring one from another aligner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from praatio import textgrid
from praatio.utilities.constants import Interval
from praatio.utilities.errors import PraatioException

from pngnat.data.pronunciations import without_stress
from pngnat.data.segments import Phone, Segment, token_segments
from pngnat.errors import PngnatError
from pngnat.files import atomic_write
from pngnat.text.phonemes import PHONEMES
from pngnat.text.utterance import Utterance

WORDS, PHONES = "words", "phones"
# How aligners write silence and noise.
_SILENCES = frozenset({"", "sil", "sp", "spn", "<eps>", "<sil>", "silence", "pau"})
# Praat and other aligners round times; borders that differ by less are one.
_SAME = 1e-3


def write_textgrid(path: str | Path, utterance: Utterance, segments: Sequence[Segment]) -> None:
    """Write tiers "words" and "phones", gaps where silence is. segments: N, as in Alignment. Raises PngnatError where it cannot."""
    seconds = segments[-1].start + segments[-1].duration
    words, phones, at = [], [], 1
    for word in utterance.words:
        own = segments[at : at + len(word.phonemes)]
        phones += [Interval(s.start, s.start + s.duration, s.symbol) for s in own if s.duration > 0]
        words.append(Interval(own[0].start, own[-1].start + own[-1].duration, word.text))
        at += len(word.phonemes) + 1
    grid = textgrid.Textgrid(0, seconds)
    grid.addTier(textgrid.IntervalTier(WORDS, words, 0, seconds))
    grid.addTier(textgrid.IntervalTier(PHONES, phones, 0, seconds))
    with atomic_write(path) as beside:
        grid.save(str(beside), format="long_textgrid", includeBlankSpaces=True)


def read_textgrid(path: str | Path, utterance: Utterance) -> tuple[Utterance, tuple[Segment, ...]]:
    """What a TextGrid says about an utterance: its words with the phonemes found there, and its N segments.

    The file needs interval tiers "words" and "phones" (as the Montreal Forced Aligner writes them, too), with the utterance's words
    in order. Phones are ARPAbet; those without a stress digit take it from the utterance where they agree with it, else 1 on the
    first vowel of a word and 0 on the others. Silences may be gaps, empty, "sil", "sp" or the like.
    Raises PngnatError where the file is missing, damaged, or about something else.
    """
    if not Path(path).is_file():
        raise PngnatError(f"{path}: there is no such file")
    try:
        grid = textgrid.openTextgrid(str(path), includeEmptyIntervals=False)
        words = [interval for interval in grid.getTier(WORDS).entries if interval.label.strip().lower() not in _SILENCES]
        phones = [interval for interval in grid.getTier(PHONES).entries if interval.label.strip().lower() not in _SILENCES]
    except (PraatioException, KeyError, ValueError, IndexError, OSError) as error:
        raise PngnatError(f"{path}: is no TextGrid with the tiers '{WORDS}' and '{PHONES}' ({error})") from error
    _check_words(path, words, utterance)
    found: list[Phone] = []
    spoken = []
    for index, (word, interval) in enumerate(zip(utterance.words, words, strict=True)):
        own = [phone for phone in phones if interval.start - _SAME <= phone.start and phone.end <= interval.end + _SAME]
        phonemes = _phonemes(path, [phone.label.strip().upper() for phone in own], word.phonemes, word.text)
        spoken.append(replace(word, phonemes=phonemes))
        found += [Phone(index, symbol, phone.start, phone.end) for symbol, phone in zip(phonemes, own, strict=True)]
    utterance = replace(utterance, words=tuple(spoken))
    return utterance, token_segments(utterance, found, float(grid.maxTimestamp))


def _check_words(path: str | Path, words: Sequence[Interval], utterance: Utterance) -> None:
    labels = [interval.label.strip().lower() for interval in words]
    expected = [word.text.lower() for word in utterance.words]
    if labels == expected:
        return
    place = next((i for i, pair in enumerate(zip(labels, expected, strict=False)) if pair[0] != pair[1]), min(len(labels), len(expected)))
    there = labels[place] if place < len(labels) else "the end"
    wanted = expected[place] if place < len(expected) else "the end"
    raise PngnatError(f"{path}: word {place + 1} is '{there}', where the text has '{wanted}'")


def _phonemes(path: str | Path, labels: Sequence[str], expected: Sequence[str], word: str) -> tuple[str, ...]:
    """Labels as phonemes with stress."""
    if not labels:
        raise PngnatError(f"{path}: the word '{word}' has no phones")
    if without_stress(labels) == without_stress(expected) and not any(label[-1].isdigit() for label in labels):
        return tuple(expected)
    phonemes, stressed = [], any(label.endswith("1") for label in labels)
    for label in labels:
        if label not in PHONEMES and f"{label}0" in PHONEMES:
            label, stressed = f"{label}{int(not stressed)}", True
        if label not in PHONEMES:
            raise PngnatError(f"{path}: '{label}' in the word '{word}' is no ARPAbet phoneme")
        phonemes.append(label)
    return tuple(phonemes)
