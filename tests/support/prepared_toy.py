"""The toy corpus as `pngnat prepare` would have written it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from toy_corpus import ToyCorpus

from pngnat.audio import wav
from pngnat.data.corpus import Prepared, cut_dict, write_manifest
from pngnat.data.segments import Segment


def write_prepared(corpus: ToyCorpus, folder: Path) -> Path:
    """Write it to `folder`, and return that."""
    (folder / "audio").mkdir(parents=True)
    cuts = []
    for recording in corpus.recordings:
        samples = wav.read(recording.path, 24000)
        wav.write(folder / "audio" / f"{recording.id}.flac", samples, 24000)
        ends = np.cumsum(recording.durations, dtype=np.float64)
        tokens = zip(recording.symbols, ends - recording.durations, recording.durations, strict=True)
        segments = tuple(Segment(symbol, float(start), float(seconds), None) for symbol, start, seconds in tokens)
        place = f"audio/{recording.id}.flac"
        names = recording.id, recording.speaker, recording.split
        cuts.append(cut_dict(Prepared(*names, place, 24000, len(samples), recording.utterance, segments, (), {})))
    write_manifest(folder, cuts)
    return folder
