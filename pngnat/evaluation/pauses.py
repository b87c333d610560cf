"""Audible commas of a voice, and the pauses that distinguish ", two." from ", too.", which sound alike.

pngnat evaluate pauses --sentences experiments/encoders/two_or_too.txt --voice VOICE
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from pngnat.engine.loading import load_voice
from pngnat.engine.voice import Voice
from pngnat.evaluation import report
from pngnat.evaluation.commands import main
from pngnat.evaluation.passages import listed_passages
from pngnat.evaluation.tracks import predict_durations
from pngnat.text.frontend import Frontend

# Seconds of silence of an audible comma; border between the pauses before a choice, ", two.", and before ", too.".
HEARD, CHOICE = 0.08, 0.15
_MARKS = {",", ";", ":"}


def mark_pauses(symbols: Sequence[str], durations: np.ndarray) -> list[float]:
    """Return the silences in seconds at commas, semicolons and colons inside an utterance of N tokens and durations
    (N,)."""
    return [float(seconds) for symbol, seconds in list(zip(symbols, durations, strict=True))[1:-1] if symbol in _MARKS]


def choice_is_right(text: str, symbols: Sequence[str], durations: np.ndarray) -> bool | None:
    """Return whether the last comma's pause fits the last word, "two" or "too"; None for another ending."""
    last, pauses = text.rstrip(" .").rsplit(maxsplit=1)[-1].lower(), mark_pauses(symbols, durations)
    return None if last not in ("two", "too") or not pauses else (pauses[-1] >= CHOICE) == (last == "two")


def pause_figures(voice: Voice, speaker: str, texts: Sequence[str], frontend: Frontend) -> dict[str, Any]:
    """Return a speaker's row of the table; percents, None without anything to count."""
    utterances = [utterance for text in texts for utterance in frontend.utterances(text)]
    tokens = [voice.tokenizer.encode(utterance) for utterance in utterances]
    spoken = predict_durations(voice.acoustic, tokens, [voice.card.row(speaker)] * len(tokens))
    marks = [
        pause for read, durations in zip(tokens, spoken, strict=True) for pause in mark_pauses(read.symbols, durations)
    ]
    pairs = zip(utterances, tokens, spoken, strict=True)
    choices = [
        right for u, read, durations in pairs if (right := choice_is_right(u.text, read.symbols, durations)) is not None
    ]
    return {
        "speaker": speaker,
        "marks inside": len(marks),
        "heard %": 100 * float(np.mean(np.array(marks) >= HEARD)) if marks else None,
        "two or too": len(choices),
        "right %": 100 * float(np.mean(choices)) if choices else None,
    }


def run(args: argparse.Namespace) -> None:
    """Run the command, see `commands.MEASURES`."""
    voice, frontend = load_voice(args.voice), Frontend()
    texts = [passage.text for passage in listed_passages(args.sentences)]
    rows = [
        pause_figures(voice, name, texts, frontend) for name in ([args.speaker] if args.speaker else voice.speakers)
    ]
    print(report.table(rows))
    if args.json:
        report.write_json(args.json, {"speakers": rows})


if __name__ == "__main__":
    sys.exit(main("pauses"))
