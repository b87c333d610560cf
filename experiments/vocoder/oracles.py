"""Oracles of a vocoder: parts of the true recording replace the vocoder's own, to find what limits its copies.

    python -m experiments.vocoder.oracles corpora/teacher/audio/*/*.ogg --clips 40 --out oracles.jsonl
    python -m experiments.vocoder.oracles --report oracles.jsonl

The first command continues where it stopped. The table has the mean DistilMOS of each oracle, its paired difference
from the plain copy with a 95 % interval (bootstrap over clips), and the mel-cepstral distortion.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pngnat.audio import wav
from pngnat.audio.mel import log_mel
from pngnat.audio.pitch import f0 as harvest
from pngnat.errors import PngnatError
from pngnat.evaluation.copies import mel_cepstral_distortion
from pngnat.evaluation.mos import MosPredictor
from pngnat.evaluation.report import table
from pngnat.models.vocoder import Vocoder
from pngnat.voice.modules import load_modules

COPY, SHORTEST = "copy", 2.0
# Hz; borders of the bands in which the spectrum of the recording replaces the copy's.
BANDS = ((0, 1000), (1000, 4000), (4000, 12000))


@torch.inference_mode()
def oracles(vocoder: Vocoder, samples: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and the sound (S,) of each oracle for a recording (S,), whose length is a multiple of the hop."""
    recording = torch.from_numpy(samples)[None]
    mel = log_mel(recording[0], vocoder.audio)[None]
    f0, voicing, _ = vocoder.choose_f0(mel)
    harvested = torch.from_numpy(harvest(samples, vocoder.audio))[None]
    true_f0, true_voicing = torch.where(harvested > 0, harvested, f0), (harvested > 0).float()

    def synthesize(f0: Tensor, voicing: Tensor, gate: float | None = None, quiet: float = 1.0) -> np.ndarray:
        filters = vocoder.filters(mel, f0, voicing)
        if gate is not None:
            filters = replace(filters, correction_gate=torch.full_like(filters.correction_gate, gate))
        filters = replace(filters, aperiodic=filters.aperiodic * quiet)
        source = vocoder.stft(vocoder.restarted_pulses(f0, voicing))
        noise = vocoder.noise(1, mel.shape[2], torch.Generator().manual_seed(0))
        return vocoder.sound(mel, filters, voicing, source, noise)[0].numpy()

    yield "recording", samples
    copy = synthesize(f0, voicing)
    yield COPY, copy
    yield "true f0 and voicing", synthesize(true_f0, true_voicing)
    yield "true f0", synthesize(true_f0, voicing)
    yield "correction everywhere", synthesize(f0, voicing, gate=1.0)
    yield "no correction", synthesize(f0, voicing, gate=0.0)
    yield "no aperiodic part", synthesize(f0, voicing, quiet=0.0)
    yield from _spectral_oracles(vocoder, recording, torch.from_numpy(copy)[None], voicing > 0.5)


def _spectral_oracles(
    vocoder: Vocoder, recording: Tensor, copy: Tensor, voiced: Tensor
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield copies (S,) with parts of the recording's spectrum. recording, copy: (1, S); voiced: (1, T)."""
    true, own = vocoder.stft(recording), vocoder.stft(copy)  # (1, K, T)

    def sound(spectrum: Tensor) -> np.ndarray:
        return vocoder.stft.inverse(spectrum)[0].numpy()

    true_phase, true_magnitude = torch.polar(own.abs(), true.angle()), torch.polar(true.abs(), own.angle())
    yield "true phase", sound(true_phase)
    yield "true magnitudes", sound(true_magnitude)
    hertz = torch.linspace(0, vocoder.audio.sample_rate / 2, true.shape[1])[None, :, None]
    for low, high in BANDS:
        inside = (hertz >= low) & (hertz < high)
        yield f"true phase, {low}-{high} Hz", sound(torch.where(inside, true_phase, own))
        yield f"true spectrum, {low}-{high} Hz", sound(torch.where(inside, true, own))
    yield "true spectrum where voiced", sound(torch.where(voiced[:, None], true, own))
    yield "true spectrum where unvoiced", sound(torch.where(voiced[:, None], own, true))


def measure(files: Sequence[Path], clips: int, out: Path) -> None:
    """Append a JSON line for each of `clips` recordings of at least 2 s: its id, and DistilMOS and MCD of each oracle."""
    vocoder, mos = load_modules("english").vocoder, MosPredictor()
    audio, done = vocoder.audio, {row["id"] for row in read_rows(out)} if out.exists() else set()
    order = sorted(files)
    random.Random(0).shuffle(order)
    for path in order:
        if len(done) >= clips:
            return
        samples = wav.read(path, audio.sample_rate)
        samples = samples[: len(samples) // audio.hop_length * audio.hop_length]
        if path.stem in done or len(samples) < SHORTEST * audio.sample_rate:
            continue
        scores = {
            name: [
                mos.score(np.clip(sound, -1, 1), audio.sample_rate),
                mel_cepstral_distortion(samples, np.clip(sound, -1, 1), audio),
            ]
            for name, sound in oracles(vocoder, samples)
        }
        with out.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"id": path.stem, "scores": scores}) + "\n")
        done.add(path.stem)


def read_rows(path: Path) -> list[dict]:
    """Read the rows of `measure`."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def summarize(rows: Sequence[dict], draws: int = 2000) -> list[dict]:
    """Return a row for each oracle: means, and the paired difference from the copy with its bootstrap interval."""
    random_rows = np.random.default_rng(0).integers(0, len(rows), (draws, len(rows)))
    scores = {name: np.array([row["scores"][name] for row in rows]) for name in rows[0]["scores"]}  # (clips, 2)
    summary = []
    for name, values in scores.items():
        differences = values[:, 0] - scores[COPY][:, 0]
        low, high = np.percentile(differences[random_rows].mean(axis=1), [2.5, 97.5])
        summary.append(
            {
                "oracle": name,
                "DistilMOS": float(values[:, 0].mean()),
                "difference": f"{differences.mean():+.3f} [{low:+.3f}, {high:+.3f}]",
                "MCD (dB)": float(values[:, 1].mean()),
            }
        )
    return summary


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure or report, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="sound files of recordings")
    parser.add_argument("--clips", type=int, default=40, metavar="N", help="recordings to measure (default: 40)")
    parser.add_argument("--out", type=Path, help="JSON lines to append to")
    parser.add_argument("--report", type=Path, help="print the table of such a file")
    options = parser.parse_args(arguments)
    try:
        if options.out:
            measure(options.files, options.clips, options.out)
        if path := options.report or options.out:
            rows = read_rows(path)
            print(f"{len(rows)} recordings\n{table(summarize(rows))}")
    except PngnatError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
