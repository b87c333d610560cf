"""Passages to synthesize and judge: sentences, with their recordings if there are any."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

from pngnat.data.recordings import read_corpus
from pngnat.errors import PngnatError


@dataclass(frozen=True)
class Passage:
    """A sentence. speaker: of its recording; None for a free sentence. recording: its sound file, or None."""

    id: str
    text: str
    speaker: str | None = None
    recording: Path | None = None


# Yields, for each engine and passage: the engine's name, the passage, samples (S,) in [-1, 1], and their rate in Hz.
OtherEngines = Callable[[Sequence[Passage]], Iterator[tuple[str, Passage, np.ndarray, int]]]


def corpus_passages(folder: str | Path, split: str | None) -> list[Passage]:
    """Return the sentences of a prepared corpus, or of one split. Raise PngnatError as `read_corpus` does."""
    return [Passage(r.id, r.utterance.text, r.speaker, Path(r.path)) for r in read_corpus(folder, split)]


def listed_passages(path: str | os.PathLike | None = None) -> list[Passage]:
    """Return the sentences of a text file, one a line, without empty lines and comments (#).

    None is the 200 sentences of 1 to 60 words in the package. Raises PngnatError for a file that is unreadable or
    empty.
    """
    source = files("pngnat.evaluation").joinpath("data/sentences.txt") if path is None else Path(path)
    try:
        lines = source.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PngnatError(f"{source}: cannot be read as UTF-8 text ({error})") from error
    sentences = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not sentences:
        raise PngnatError(f"{source}: holds no sentences; write one a line")
    return [Passage(f"{number:04}", text) for number, text in enumerate(sentences, 1)]


def chosen(options: argparse.Namespace) -> list[Passage]:
    """Return the passages that a command's options name. Raise PngnatError if they cannot be read."""
    if options.corpus:
        passages = corpus_passages(options.corpus, None if options.split == "all" else options.split)
    else:
        passages = listed_passages(options.sentences)
    return passages[: options.limit]
