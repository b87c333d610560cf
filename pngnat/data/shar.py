"""Recordings in shards, as lhotse's Shar has them: `cuts.000000.jsonl` with a cut a line, `recording.000000.tar` with their sounds.

Both hold the same recordings in the same order, a recording's sound in the tar followed by its manifest. `lhotse.CutSet.from_shar`
reads such a folder. The cuts are not compressed, so that one can be read without those before it.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pngnat.files import atomic_write, make_folder

CUTS, SOUNDS = "cuts.{:06d}.jsonl", "recording.{:06d}.tar"
CUTS_PATTERN = "cuts.*.jsonl"
UNFINISHED = "unfinished"


@contextmanager
def shar_shard(folder: Path, number: int) -> Iterator[Callable[[Mapping[str, Any], bytes, str], None]]:
    """A shard that grows elsewhere, and appears in `folder` when the block ends without an error: its tar first, its cuts last.

    What a killed process leaves behind lies in `unfinished`, beside the folder: lhotse takes all that is in it for a part of the shards.
    Yields a function of a cut (as lhotse writes a MonoCut), its sound file's bytes, and that file's ending, ".flac" for example.
    Raises PngnatError where the folder cannot be written.
    """
    meanwhile = make_folder(folder.parent / UNFINISHED)
    with (
        atomic_write(folder / CUTS.format(number), meanwhile) as cuts,
        atomic_write(folder / SOUNDS.format(number), meanwhile) as sounds,
    ):
        with open(cuts, "w", encoding="utf-8") as lines, tarfile.open(sounds, "w") as tar:

            def add(cut: Mapping[str, Any], sound: bytes, ending: str) -> None:
                recording = {**cut["recording"], "sources": [{"type": "shar", "channels": [0], "source": ""}]}
                _add_file(tar, f"{cut['id']}{ending}", sound)
                _add_file(tar, f"{cut['id']}.json", json.dumps(recording).encode())
                lines.write(json.dumps({**cut, "recording": recording}, ensure_ascii=False) + "\n")

            yield add


def _add_file(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    # Without a time or an owner: the same recordings make the same file.
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))
