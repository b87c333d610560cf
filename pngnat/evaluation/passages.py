"""What is spoken and judged: sentences with, where there is one, the recording of each; and how a command is told of them."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from pngnat.data.corpus import read_corpus
from pngnat.errors import PngnatError


@dataclass(frozen=True)
class Passage:
    """One sentence. speaker: who recorded it, None for a free sentence. recording: its sound file, None where there is none."""

    id: str
    text: str
    speaker: str | None = None
    recording: Path | None = None


def corpus_passages(folder: str | os.PathLike, split: str | None) -> list[Passage]:
    """The sentences of a prepared corpus, or of one split. Raises PngnatError as `read_corpus` does."""
    return [Passage(r.id, r.utterance.text, r.speaker, Path(r.path)) for r in read_corpus(folder, split)]


def listed_passages(path: str | os.PathLike | None = None) -> list[Passage]:
    """The sentences of a text file, one a line; empty lines and lines that begin with # are left out.

    None means the 200 sentences of 1 to 60 words that come with pngnat. Raises PngnatError for a file that is unreadable or empty.
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


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the commands that judge speech have in common: which sentences, which voice, which report."""
    texts = parser.add_mutually_exclusive_group()
    texts.add_argument("--corpus", metavar="FOLDER", help="a prepared corpus: its sentences and recordings")
    texts.add_argument("--sentences", metavar="FILE", help="sentences, one a line (without it and --corpus: 200 that come with pngnat)")
    parser.add_argument("--split", default="test", help="of the corpus: train, valid or test (default), or all")
    parser.add_argument("--limit", type=int, help="the first so many sentences")
    parser.add_argument("--voice", help="a bundled voice's name or a voice folder; default: the first bundled one")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the recognizer")
    parser.add_argument("--json", metavar="FILE", help="write figures and sentences there")


def chosen(options: argparse.Namespace) -> list[Passage]:
    """The passages that the options of `add_options` name. Raises PngnatError where they cannot be read."""
    if options.corpus:
        passages = corpus_passages(options.corpus, None if options.split == "all" else options.split)
    else:
        passages = listed_passages(options.sentences)
    return passages[: options.limit]
