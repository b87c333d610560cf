"""How far predicted durations are from spoken ones, and whether pauses stand where they were made.

python -m pngnat.evaluation.durations --corpus corpora/teacher --split test --voice VOICE
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from pngnat.data.corpus import read_corpus
from pngnat.data.duration_dataset import DurationDataset, TimedTokens
from pngnat.evaluation import report
from pngnat.models.batch import PngBatch
from pngnat.models.png_nat import PngNat
from pngnat.voice.voice import load_voice

PAUSE = 0.1  # seconds from which on a silence counts as a pause


def duration_figures(
    predicted: Sequence[np.ndarray], spoken: Sequence[np.ndarray], word_index: Sequence[np.ndarray], pause: float = PAUSE
) -> dict[str, float]:
    """Errors over utterances, each given as three (N,) arrays: predicted seconds, spoken seconds, and the word of each token.

    word_index: -1 at boundary tokens. The silences before the first and after the last word are left out: recordings are cut there.
    RMSE in ms over phonemes, over the boundaries between words, and over both; precision and recall in percent of pauses longer than
    `pause` seconds (NaN where nothing was predicted or spoken).
    """
    guess, true, inner = (np.concatenate([array[1:-1] for array in arrays]) for arrays in (predicted, spoken, word_index))
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


def duration_counts(spoken: Sequence[np.ndarray], word_index: Sequence[np.ndarray], pause: float = PAUSE) -> dict[str, int]:
    """What `duration_figures` stand on: recordings, boundaries between words, and those of them with a pause over `pause` seconds."""
    between = [durations[1:-1][words[1:-1] < 0] for durations, words in zip(spoken, word_index, strict=True)]
    return {
        "recordings": len(between),
        "boundaries": sum(len(durations) for durations in between),
        "pauses": sum(int((durations > pause).sum()) for durations in between),
    }


def predict_durations(model: PngNat, examples: Sequence[TimedTokens], size: int = 32) -> list[np.ndarray]:
    """Predicted seconds of each utterance's N tokens, float32 (N,), in the order of `examples`, whose own durations are not read."""
    order = sorted(range(len(examples)), key=lambda place: len(examples[place].tokens.ids))
    found: dict[int, np.ndarray] = {}
    for start in range(0, len(order), size):
        places = order[start : start + size]
        tokens = PngBatch.collate([examples[place].tokens for place in places])
        rows = model.predict_durations(tokens, torch.tensor([examples[place].speaker for place in places]))
        for place, row in zip(places, rows, strict=True):
            found[place] = row[: examples[place].tokens.num_phoneme_tokens].float().numpy()
    return [found[place] for place in range(len(examples))]


def _percent(hits: np.ndarray) -> float:
    return float(100 * hits.mean()) if len(hits) else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="prepared corpus of the voice's speakers")
    parser.add_argument("--split", default="test")
    parser.add_argument("--voice", help="a voice, by name or folder; the default is the first bundled one")
    parser.add_argument("--json", type=Path, help="file for the figures")
    args = parser.parse_args()
    voice = load_voice(args.voice)
    recordings = read_corpus(args.corpus, args.split, voice.speakers)
    examples = DurationDataset(recordings, voice.tokenizer, voice.speakers).examples
    predicted = predict_durations(voice.acoustic, examples)
    figures = duration_figures(predicted, [e.durations for e in examples], [e.tokens.word_index for e in examples])
    print(report.table([{"recordings": len(recordings), **figures}]))
    if args.json:
        report.write_json(args.json, {"recordings": [e.id for e in examples], **figures})


if __name__ == "__main__":
    sys.exit(report.command(main))
