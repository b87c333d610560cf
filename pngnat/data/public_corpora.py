"""Public corpora, read by lhotse's recipes from their unpacked folders."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from pngnat.audio import wav
from pngnat.data.sound_files import SOUNDS
from pngnat.data.sources import Skipped, Source, safe_name
from pngnat.errors import PngnatError

_LIBRITTS_SPLITS = {"train": "train", "dev": "valid", "test": "test"}


def read_public(name: str, folder: str | Path) -> tuple[list[Source], list[Skipped]]:
    """Return the recordings of one of PUBLIC_CORPORA. lhotse drops texts without a recording, and recordings without a
    text.

    A damaged sound file stays in the list and is named when it is read. Raises PngnatError for another name, a missing
    folder, or another layout.
    """
    if name not in PUBLIC_CORPORA:
        raise PngnatError(f"there is no recipe for '{name}'; use one of folder, {', '.join(PUBLIC_CORPORA)}")
    folder = Path(folder)
    if not folder.is_dir():
        raise PngnatError(f"{folder}: there is no such folder")
    with _readable(folder) as readable:
        try:
            parts = PUBLIC_CORPORA[name](readable)
        except PngnatError:
            raise
        except Exception as error:
            raise PngnatError(f"{folder} is not laid out as {name} is: {type(error).__name__}: {error}") from error
        sources = [source for split, part in parts for source in _sources(part, split, name, readable, folder)]
    if not sources:
        raise PngnatError(f"{folder} holds no recordings laid out as {name}'s are")
    return sources, []


def _sources(part: Mapping[str, Any], split: str, name: str, readable: Path, folder: Path) -> Iterator[Source]:
    recordings = {recording.id: recording for recording in part["recordings"]}
    for supervision in part["supervisions"]:
        place = Path(recordings[supervision.recording_id].sources[0].source).relative_to(readable)
        text = (supervision.custom or {}).get("normalized_text") or supervision.text
        whole = supervision.start == 0 and supervision.duration == recordings[supervision.recording_id].duration
        yield Source(
            id=safe_name(supervision.id),
            path=folder / place,
            text=text,
            speaker=supervision.speaker or name,
            split=split,
            start=supervision.start,
            duration=None if whole else supervision.duration,
        )


@contextmanager
def _readable(folder: Path) -> Iterator[Path]:
    """Yield the folder, or, if it has damaged sound files, a copy of links with seconds of silence in their place.

    lhotse opens the header of each file, and stops at the first damaged one.
    """
    damaged = [
        path for path in folder.rglob("*") if path.suffix.lower() in SOUNDS and path.is_file() and not _opens(path)
    ]
    if not damaged:
        yield folder
        return
    copy = Path(tempfile.mkdtemp(prefix="pngnat-"))
    try:
        shutil.copytree(folder, copy, copy_function=_link, dirs_exist_ok=True)
        for path in damaged:
            stand_in = copy / path.relative_to(folder)
            stand_in.unlink()
            wav.write(stand_in, np.zeros(16000), 16000)
        yield copy
    finally:
        shutil.rmtree(copy)


def _link(source: str, target: str) -> None:
    Path(target).symlink_to(Path(source).resolve())


def _opens(path: Path) -> bool:
    try:
        return wav.duration(path) > 0
    except PngnatError:
        return False


def _ljspeech(folder: Path) -> list[tuple[str, Mapping[str, Any]]]:
    from lhotse.recipes import prepare_ljspeech

    return [("", prepare_ljspeech(folder))]


def _libritts(folder: Path) -> list[tuple[str, Mapping[str, Any]]]:
    from lhotse.recipes import prepare_libritts

    parts = sorted(
        part.name for part in folder.iterdir() if part.is_dir() and part.name.split("-")[0] in _LIBRITTS_SPLITS
    )
    if not parts:
        raise PngnatError(f"{folder} has none of LibriTTS's parts (train-clean-100, dev-clean, ...)")
    found = prepare_libritts(folder, dataset_parts=parts)
    return [(_LIBRITTS_SPLITS[part.split("-")[0]], manifests) for part, manifests in found.items()]


def _vctk(folder: Path) -> list[tuple[str, Mapping[str, Any]]]:
    from lhotse.recipes import prepare_vctk

    # Version 0.92 has two microphones and FLAC; the older version has one, and WAV.
    return [("", prepare_vctk(folder, use_edinburgh_vctk_url=(folder / "wav48_silence_trimmed").is_dir()))]


def _cmu_arctic(folder: Path) -> list[tuple[str, Mapping[str, Any]]]:
    from lhotse.recipes import prepare_cmu_arctic

    return [("", prepare_cmu_arctic(folder))]


PUBLIC_CORPORA: dict[str, Callable[[Path], list[tuple[str, Mapping[str, Any]]]]] = {
    "ljspeech": _ljspeech,
    "libritts": _libritts,
    "librittsr": _libritts,
    "vctk": _vctk,
    "cmu_arctic": _cmu_arctic,
}
