"""Clicks where blocks and sentences meet, and buzz in pauses.

    pngnat evaluate joins [--voice VOICE] [--sentences FILE] [--limit N] [--json FILE]

Sentences are synthesized in blocks, several in one text, as for a player. A jump is the step from one sample to the
next, relative to the RMS of the steps within 10 ms: a click is a step that its surroundings do not explain.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

from pngnat.audio.config import AudioConfig
from pngnat.engine.loading import load_voice
from pngnat.engine.voice import Voice
from pngnat.errors import PngnatError
from pngnat.evaluation import report
from pngnat.evaluation.commands import main
from pngnat.evaluation.passages import chosen
from pngnat.evaluation.silence import buzzing_share, pause_level, silent_frames
from pngnat.synthesis.speech import Speech
from pngnat.synthesis.synthesize import sentences

_AROUND = 0.01
# Smaller steps (-90 dBFS) are no click, however silent their surroundings are.
_FLOOR = 3e-5
_SENTENCES_A_TEXT = 5


@dataclass(frozen=True)
class Spoken:
    """A synthesized text. blocks, sentences: samples at which a block, or a sentence, ends and the next one begins."""

    speech: Speech
    blocks: list[int]
    sentences: list[int]


def jumps(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return, for each sample (S,), its distance to the previous one, relative to the RMS of the distances within 10
    ms, without itself and its neighbours.

    The first sample's is 0.
    """
    steps = np.abs(np.diff(samples.astype(np.float64), prepend=samples[:1]))
    power = np.concatenate([[0.0], np.cumsum(np.square(steps))])
    around, places = round(_AROUND * sample_rate), np.arange(len(steps))
    total, count = np.zeros(len(steps)), np.zeros(len(steps))
    for first, last in ((places - around, places - 1), (places + 2, places + 1 + around)):
        first, last = first.clip(0, len(steps)), last.clip(0, len(steps))
        total += power[last] - power[first]
        count += last - first
    local = np.sqrt(np.maximum(total, 0) / np.maximum(count, 1))
    return steps / np.maximum(local, _FLOOR)


def speak(text: str, voice: Voice, speaker: str | None = None) -> Spoken:
    """Synthesize a text block by block."""
    parts, block_ends, sentence_ends, heard = [], [], [], 0
    for sentence in sentences(text, voice, speaker=speaker):
        blocks = list(sentence.blocks())
        ends = heard + np.cumsum([len(block) for block in blocks])
        heard = int(ends[-1])
        block_ends += ends[:-1].tolist()
        sentence_ends.append(heard)
        parts.append(sentence.join(blocks))
    return Spoken(Speech.join(parts), block_ends, sentence_ends[:-1])


def summarize(spoken: Sequence[Spoken]) -> list[dict[str, Any]]:
    """Return the rows of the table: jumps at the joins of blocks and of sentences, and at all other samples."""
    found: dict[str, list[np.ndarray]] = {"block joins": [], "sentence joins": [], "elsewhere": []}
    for part in spoken:
        sizes = jumps(part.speech.samples, part.speech.sample_rate)
        found["block joins"].append(sizes[part.blocks])
        found["sentence joins"].append(sizes[part.sentences])
        found["elsewhere"].append(np.delete(sizes, [*part.blocks, *part.sentences]))
    return [_row(place, np.concatenate(sizes)) for place, sizes in found.items()]


def _row(place: str, sizes: np.ndarray) -> dict[str, Any]:
    row: dict[str, Any] = {"jumps": place, "samples": len(sizes)}
    for name, share in (("median", 50), ("99.9 % are below", 99.9), ("largest", 100)):
        row[name] = float(np.percentile(sizes, share)) if len(sizes) else None
    return row


def pauses(spoken: Sequence[Spoken], audio: AudioConfig) -> dict[str, Any]:
    """Return the seconds of silence between words and sentences, its level, and the fraction of it that buzzes; None if
    there is too little."""
    samples, silent = [], []
    for part in spoken:
        frames = silent_frames(part.speech, audio)
        samples.append(part.speech.samples[: len(frames) * audio.hop_length])
        silent.append(frames)
    sound, frames = np.concatenate(samples), np.concatenate(silent)
    share = buzzing_share(sound, frames, audio)
    level = pause_level(sound, frames, audio)
    return {
        "pauses (s)": float(frames.sum() / audio.frame_rate),
        "dBFS": level,
        "buzzing (%)": None if share is None else 100 * share,
    }


def run(options: argparse.Namespace) -> None:
    """Run the command, see `commands.MEASURES`."""
    passages, voice = chosen(options), load_voice(options.voice)
    if not passages:
        raise PngnatError("there is nothing to speak")
    groups = [passages[start : start + _SENTENCES_A_TEXT] for start in range(0, len(passages), _SENTENCES_A_TEXT)]
    spoken = [speak("\n".join(p.text for p in group), voice, options.speaker) for group in tqdm(groups)]
    rows, silences = summarize(spoken), pauses(spoken, voice.card.audio)
    print(report.table(rows), report.table([silences]), sep="\n\n")
    if options.json:
        report.write_json(options.json, {"voice": voice.name, "joins": rows, "pauses": silences})


if __name__ == "__main__":
    sys.exit(main("joins"))
