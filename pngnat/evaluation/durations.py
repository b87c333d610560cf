"""Errors of predicted durations and pauses relative to recordings.

pngnat evaluate durations --corpus corpora/teacher --split test --voice VOICE
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import numpy as np

from pngnat.data.recordings import read_corpus
from pngnat.engine.loading import load_voice
from pngnat.evaluation import report
from pngnat.evaluation.commands import main
from pngnat.evaluation.rhythm import PAUSE
from pngnat.evaluation.tracks import predict_durations


def duration_figures(
    predicted: Sequence[np.ndarray],
    spoken: Sequence[np.ndarray],
    word_index: Sequence[np.ndarray],
    pause: float = PAUSE,
) -> dict[str, float]:
    """Return errors over utterances, each given as three (N,) arrays: predicted seconds, recorded seconds, and the word
    of each token.

    word_index: -1 at boundary tokens. The silences before the first and after the last word are left out, because
    recordings are cut there. RMSE in ms over phonemes, over the boundaries between words, and over both; precision and
    recall in percent of pauses longer than `pause` seconds (NaN without predicted or recorded pauses).
    """
    guess, true, inner = (
        np.concatenate([array[1:-1] for array in arrays]) for arrays in (predicted, spoken, word_index)
    )
    between = inner < 0
    squares = (guess - true) ** 2 * 1e6
    guessed, made = guess[between] > pause, true[between] > pause
    return {
        "RMSE ms": float(np.sqrt(squares.mean())),
        "phonemes ms": float(np.sqrt(squares[~between].mean())),
        "boundaries ms": float(np.sqrt(squares[between].mean())),
        "pause precision %": _percent(made[guessed]),
        "pause recall %": _percent(guessed[made]),
    }


def duration_counts(
    spoken: Sequence[np.ndarray], word_index: Sequence[np.ndarray], pause: float = PAUSE
) -> dict[str, int]:
    """Return the counts behind `duration_figures`: recordings, boundaries between words, and boundaries with a pause
    over `pause` seconds."""
    between = [durations[1:-1][words[1:-1] < 0] for durations, words in zip(spoken, word_index, strict=True)]
    return {
        "recordings": len(between),
        "boundaries": sum(len(durations) for durations in between),
        "pauses": sum(int((durations > pause).sum()) for durations in between),
    }


def _percent(hits: np.ndarray) -> float:
    return float(100 * hits.mean()) if len(hits) else float("nan")


def run(args: argparse.Namespace) -> None:
    """Run the command, see `commands.MEASURES`."""
    voice = load_voice(args.voice)
    recordings = read_corpus(args.corpus, args.split, voice.card.names)
    tokens = [voice.tokenizer.encode(recording.utterance) for recording in recordings]
    predicted = predict_durations(
        voice.acoustic, tokens, [voice.card.row(recording.speaker) for recording in recordings]
    )
    figures = duration_figures(predicted, [r.durations for r in recordings], [t.word_index for t in tokens])
    print(report.table([{"recordings": len(recordings), **figures}]))
    if args.json:
        report.write_json(args.json, {"recordings": [r.id for r in recordings], **figures})


if __name__ == "__main__":
    sys.exit(main("durations"))
