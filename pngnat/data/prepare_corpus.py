"""A corpus that lies somewhere, its own layout or a public one's, to a prepared corpus."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pngnat.data.prepare import PrepareConfig, PrepareOptions, prepare
from pngnat.data.public_corpora import read_public
from pngnat.data.sources import assign_splits, read_folder
from pngnat.text.lexicon import load_lexicon


@dataclass(frozen=True)
class CorpusSettings(PrepareOptions):
    """Which recordings to prepare, and how."""

    path: Path
    """Where the recordings are."""
    out: Path
    """The folder to make."""
    corpus: str = "folder"
    """folder (sound files and a metadata.csv), or a public corpus: ljspeech, libritts, librittsr, vctk, cmu_arctic."""
    speaker: str | None = None
    """Name of the speaker where the corpus gives none; null is the folder's name."""
    held_out: float = 0.025
    """Share of the texts for "valid", and as much for "test", where the corpus has no splits."""
    lexicon: Path | None = None
    """File of pronunciations that win over the dictionary."""


def prepare_corpus(settings: CorpusSettings) -> dict[str, Any]:
    """Prepare the corpus and return the report, see `prepare`. Raises PngnatError for an unknown corpus or one that cannot be read."""
    if settings.corpus == "folder":
        sources, skipped = read_folder(settings.path, settings.speaker)
    else:
        sources, skipped = read_public(settings.corpus, settings.path)
    config = PrepareConfig(
        settings.out,
        load_lexicon(settings.lexicon) if settings.lexicon else {},
        sample_rate=settings.sample_rate,
        silence=settings.silence,
        aligner=settings.aligner,
        workers=settings.workers,
    )
    return prepare(assign_splits(sources, settings.held_out), skipped, config)
