"""Errors of an acoustic model's melody and loudness, with the recordings' durations.

    pngnat evaluate prosody --corpus corpora/teacher --split test --voice VOICE --features cache/features
    pngnat evaluate prosody --corpus corpora/teacher --split test --run runs/acoustic --features runs/acoustic/features

With given durations, frames correspond. Pitch is measured in the vocoder's sound; for a training's run that is the
bundled voice's vocoder.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from pngnat.audio import pitch
from pngnat.data.corpus import Recording
from pngnat.data.dataset import AcousticBatch, AcousticDataset
from pngnat.data.features import FeatureStore
from pngnat.data.recordings import read_corpus
from pngnat.errors import PngnatError
from pngnat.evaluation import report
from pngnat.evaluation.commands import main
from pngnat.models.png_nat import PngNat
from pngnat.models.vocoder import Vocoder
from pngnat.text.tokenizer import PngTokenizer
from pngnat.voice.modules import load_modules


@dataclass(frozen=True)
class Speaker:
    """A model and vocoder. speakers: names of the model's rows."""

    acoustic: PngNat
    vocoder: Vocoder
    tokenizer: PngTokenizer
    speakers: Sequence[str]


def prosody(recorded: np.ndarray, made: np.ndarray, recorded_f0: np.ndarray, made_f0: np.ndarray) -> dict[str, float]:
    """Return the figures of an utterance: two log-mels (M, T) and their F0 in Hz (T,), 0 where unvoiced.

    mel L1: mean absolute difference in nats. energy r: Pearson correlation of the frames' log energy. F0 r: of log F0
    over frames voiced in both, NaN for fewer than ten.
    """
    both = (recorded_f0 > 0) & (made_f0 > 0)
    return {
        "mel L1": float(np.abs(recorded - made).mean()),
        "energy r": _correlation(_log_energy(recorded), _log_energy(made)),
        "F0 r": _correlation(np.log(recorded_f0[both]), np.log(made_f0[both])) if both.sum() >= 10 else float("nan"),
    }


def _log_energy(log_mel: np.ndarray) -> np.ndarray:
    return np.log(np.exp(2 * log_mel.astype(np.float64)).sum(0))


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a, b)[0, 1])


@torch.inference_mode()
def measure(speaker: Speaker, recordings: Sequence[Recording], features: Path) -> Iterator[dict[str, float]]:
    """Return the figures of each recording. features: folder of a FeatureStore."""
    audio = speaker.acoustic.config.audio
    data = AcousticDataset(recordings, speaker.tokenizer, speaker.speakers, FeatureStore(features, audio))
    for index, recording in enumerate(recordings):
        batch = AcousticBatch.collate([data[index]])
        made = speaker.acoustic.generate_mel(speaker.acoustic.encode(batch.tokens), batch.speaker, batch.durations)
        sound = speaker.vocoder(made, generator=torch.Generator().manual_seed(0))[0].numpy()
        frames = min(int(batch.frames[0]), made.shape[2])
        tracks = [pitch.f0(samples, audio)[:frames] for samples in (recording.sound(audio.sample_rate), sound)]
        yield prosody(batch.mel[0, :frames].T.numpy(), made[0, :, :frames].numpy(), *tracks)


def _speaker(args: argparse.Namespace) -> Speaker:
    voice = load_modules(args.voice)
    vocoder = voice.vocoder
    if not isinstance(vocoder, Vocoder):
        raise PngnatError(f"the voice '{voice.name}' speaks with another project's vocoder; name another --voice")
    if not args.run:
        return Speaker(voice.acoustic, vocoder, voice.tokenizer, voice.speakers)
    from pngnat.training.export import acoustic_model

    model, speakers = acoustic_model(args.run)
    if model.config.audio != voice.card.audio:
        raise PngnatError(
            f"{args.run} and the vocoder of the voice '{voice.name}' have different audio settings; name another "
            "--voice"
        )
    return Speaker(model, vocoder, PngTokenizer.load(args.run), speakers)


def run(args: argparse.Namespace) -> None:
    """Run the command, see `commands.MEASURES`."""
    speaker = _speaker(args)
    recordings = read_corpus(args.corpus, args.split, speaker.speakers)
    found = list(
        tqdm(measure(speaker, recordings, args.features), total=len(recordings), unit="recording", leave=False)
    )
    means = {name: float(np.nanmean([figures[name] for figures in found])) for name in found[0]}
    print(report.table([{"recordings": len(found), **{name: f"{value:.3f}" for name, value in means.items()}}]))
    if args.json:
        report.write_json(
            args.json, {"recordings": {r.id: figures for r, figures in zip(recordings, found, strict=True)}, **means}
        )


if __name__ == "__main__":
    sys.exit(main("prosody"))
