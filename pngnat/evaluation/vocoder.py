"""Quality and speed of a vocoder's copies of recordings, from their own mels.

    pngnat evaluate vocoder --vocoder runs/vocoder --corpus corpora/teacher --split valid
    pngnat evaluate vocoder --voice VOICE --corpus corpora/teacher corpora/unseen --json report.json --save copies/

The baselines are the recordings, Griffin-Lim on the same mels, and WORLD, which analyses the recording instead of its
mel. The bandwidth reveals recordings made at a lower sample rate: a copy cannot restore a missing band.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from pngnat.audio import wav
from pngnat.audio.config import AudioConfig
from pngnat.audio.mel import log_mel
from pngnat.audio.spectral_loss import MultiResolutionStftLoss, StftLossConfig
from pngnat.errors import PngnatError
from pngnat.evaluation import report
from pngnat.evaluation.commands import main
from pngnat.evaluation.copies import bandwidth, compare_pitch, mel_cepstral_distortion, pesq_score, pitch_contour
from pngnat.evaluation.mos import MosPredictor
from pngnat.evaluation.silence import buzzing_share, pause_level, paused_frames
from pngnat.models.vocoder import Vocoder
from pngnat.models.vocoder.external import ExternalVocoder

Copy = Callable[[np.ndarray], np.ndarray]
AnyVocoder = Vocoder | ExternalVocoder


@torch.inference_mode()
def copy_by(vocoder: AnyVocoder, samples: np.ndarray) -> np.ndarray:
    """Return the vocoder's copy (S,) of samples (S,), from the mel alone."""
    mel = log_mel(torch.from_numpy(samples), vocoder.audio)[None]
    return vocoder(mel, generator=torch.Generator().manual_seed(0))[0].numpy()


def copy_by_griffin_lim(audio: AudioConfig, samples: np.ndarray) -> np.ndarray:
    """Return a copy (S,) of samples (S,) by Griffin-Lim, in 32 iterations from the mel."""
    import librosa

    mel = torch.exp(log_mel(torch.from_numpy(samples), audio)).numpy()
    spectrum = librosa.feature.inverse.mel_to_stft(
        mel, sr=audio.sample_rate, n_fft=audio.n_fft, power=1.0, fmin=audio.f_min, fmax=audio.f_max
    )
    made = librosa.griffinlim(
        spectrum,
        n_iter=32,
        random_state=0,
        length=len(samples) - audio.hop_length,
        n_fft=audio.n_fft,
        hop_length=audio.hop_length,
        win_length=audio.window_length,
    )
    # librosa's first frame is centred on the first sample, ours half a hop later.
    return np.pad(made, audio.hop_length // 2).astype(np.float32)


def copy_by_world(audio: AudioConfig, samples: np.ndarray) -> np.ndarray:
    """Return WORLD's analysis and synthesis (S,) of samples (S,)."""
    import pyworld

    parts = pyworld.wav2world(samples.astype(np.float64), audio.sample_rate)
    made = pyworld.synthesize(*parts, audio.sample_rate)[: len(samples)]
    return np.pad(made, (0, len(samples) - len(made))).astype(np.float32)


@dataclass(frozen=True)
class Recorded:
    """A recording to compare with: samples (S,), pitch (T,) in Hz, 0 where unvoiced, and pauses (T,)."""

    samples: np.ndarray
    pitch: np.ndarray
    paused: np.ndarray

    @classmethod
    def of(cls, samples: np.ndarray, audio: AudioConfig) -> Recorded:
        """Measure a recording, samples (S,)."""
        return cls(samples, pitch_contour(samples, audio), paused_frames(samples, audio))


def measure(
    recordings: Sequence[Recorded], copies: Sequence[np.ndarray], audio: AudioConfig, mos: MosPredictor
) -> dict[str, Any]:
    """Return the mean figures of copies (S,) relative to their recordings."""
    stft_loss = MultiResolutionStftLoss(StftLossConfig())
    figures: dict[str, list[float | None]] = {}
    for recorded, copy in zip(recordings, copies, strict=True):
        recording = recorded.samples
        pair = [torch.from_numpy(samples)[None] for samples in (copy, recording)]
        pitch, buzzing = (
            compare_pitch(recorded.pitch, pitch_contour(copy, audio)),
            buzzing_share(copy, recorded.paused, audio),
        )
        for name, value in {
            "STFT distance": float(sum(stft_loss(*pair))),
            "MCD (dB)": mel_cepstral_distortion(recording, copy, audio),
            "F0 RMSE (Hz)": pitch.fine,
            "gross F0 errors (%)": _percent(pitch.gross),
            "F0 RMSE with gross": pitch.all,
            "voicing error (%)": _percent(pitch.voicing),
            "PESQ": pesq_score(recording, copy, audio),
            "DistilMOS": mos.score(copy, audio.sample_rate),
            "pauses (dBFS)": pause_level(copy, recorded.paused, audio),
            "buzzing pauses (%)": _percent(buzzing),
            "band (kHz)": bandwidth(copy, audio.sample_rate) / 1000,
        }.items():
            figures.setdefault(name, []).append(value)
    known = {name: [value for value in values if value is not None] for name, values in figures.items()}
    return {name: float(np.mean(values)) if values else None for name, values in known.items()}


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def real_time_factor(copy: Callable[[], Any], seconds: float, threads: int, rounds: int = 5) -> float:
    """Return the seconds of work for a second of sound: the median of several rounds, after one warm-up."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        copy()
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            copy()
            times.append(time.perf_counter() - start)
    finally:
        torch.set_num_threads(before)
    return float(np.median(times)) / seconds


@torch.inference_mode()
def speed(vocoder: AnyVocoder, seconds: float = 5.0) -> dict[str, float]:
    """Return the real-time factors from mel to sound on 1 and 2 threads."""
    audio = vocoder.audio
    mel = torch.full((1, audio.n_mels, int(seconds * audio.frame_rate)), -5.0)
    return {
        f"RTF, {threads} thread{'s' * (threads > 1)}": real_time_factor(lambda: vocoder(mel), seconds, threads)
        for threads in (1, 2)
    }


def clips(corpus: Path, split: str, count: int, audio: AudioConfig) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (id, samples) of `count` recordings of a prepared corpus, always the same ones, spread over its speakers; 0
    is all."""
    from pngnat.data.recordings import read_corpus

    recordings = read_corpus(corpus, split)
    order = list(range(len(recordings)))
    random.Random(0).shuffle(order)
    for recording in recordings.chosen(order[: count or None]):
        samples = recording.sound(audio.sample_rate)
        yield recording.id, samples[: len(samples) // audio.hop_length * audio.hop_length]


def compare(
    vocoder: AnyVocoder, sounds: dict[str, np.ndarray], baselines: bool, save: Path | None
) -> list[dict[str, Any]]:
    """Return the rows of the table. sounds: recordings (S,) by id. save: folder for the vocoder's copies."""
    audio, mos = vocoder.audio, MosPredictor()
    recordings = [Recorded.of(samples, audio) for samples in sounds.values()]
    ways: dict[str, Copy] = {"recording": lambda samples: samples, "vocoder": partial(copy_by, vocoder)}
    if baselines:
        ways |= {"Griffin-Lim": partial(copy_by_griffin_lim, audio), "WORLD": partial(copy_by_world, audio)}
    rows = []
    for name, copy in ways.items():
        copies = [copy(samples) for samples in tqdm(sounds.values(), desc=name, unit="clip", leave=False)]
        if name == "vocoder" and save:
            save.mkdir(parents=True, exist_ok=True)
            for identity, samples in zip(sounds, copies, strict=True):
                wav.write(save / f"{identity}.wav", samples, audio.sample_rate)
        rows.append({"": name, **measure(recordings, copies, audio, mos)})
    return rows


def run(args: argparse.Namespace) -> None:
    """Run the command, see `commands.MEASURES`."""
    if args.vocoder is None and args.voice is None:
        raise PngnatError("say what to measure: --vocoder FOLDER or --voice VOICE")
    vocoder, rows, taken = _vocoder(args), [], {}
    for corpus in args.corpus:
        sounds = dict(clips(corpus, args.split, args.clips, vocoder.audio))
        if not sounds:
            raise PngnatError(f"{corpus} has no recordings in '{args.split}'")
        name = corpus.resolve().name
        taken[name] = list(sounds)
        copies = compare(vocoder, sounds, not args.only, args.save and args.save / name)
        rows += [{"corpus": f"{name}, {len(sounds)} clips", **row} for row in copies]
    times = speed(vocoder)
    size = sum(weight.numel() for weight in vocoder.parameters())
    print(report.table(rows))
    print(f"{size / 1e6:.2f} M parameters; " + "; ".join(f"{name}: {value:.4f}" for name, value in times.items()))
    if args.json:
        report.write_json(args.json, {"clips": taken, "parameters": size, "speed": times, "copies": rows})


def _vocoder(args: argparse.Namespace) -> AnyVocoder:
    if args.voice:
        from pngnat.voice.modules import load_modules

        return load_modules(args.voice, args.vocoder).vocoder
    from pngnat.training.export import vocoder_model
    from pngnat.voice.vocoders import SETTINGS, load_vocoder

    # A running training has no exported weights yet.
    return (
        vocoder_model(args.vocoder) if (args.vocoder / SETTINGS).exists() else load_vocoder(args.vocoder, AudioConfig())
    )


if __name__ == "__main__":
    sys.exit(main("vocoder"))
