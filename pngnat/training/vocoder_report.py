"""What a person looks at while the vocoder trains."""

from __future__ import annotations

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback
from torch import Tensor

from pngnat.audio.mel import log_mel
from pngnat.training.vocoder import VocoderTraining


class Copies(Callback):
    """After each validation, writes copies of a few clips to TensorBoard: the sound, and its mel under the recording's."""

    def __init__(self, count: int = 4) -> None:
        self.count = count

    @torch.no_grad()
    def on_validation_epoch_end(self, trainer: L.Trainer, pl_module: VocoderTraining) -> None:
        if not (trainer.is_global_zero and trainer.logger):
            return
        audio, board = pl_module.vocoder.audio, trainer.logger.experiment
        for clip in pl_module.clips["valid"][:: max(1, len(pl_module.clips["valid"]) // self.count)][: self.count]:
            mel = torch.from_numpy(pl_module.heard.load(clip).mel)[None].to(pl_module.device)
            made = pl_module.vocoder(mel, generator=torch.Generator().manual_seed(0)).cpu()
            board.add_audio(f"copy/{clip.id}", made[0].clamp(-1, 1), trainer.global_step, audio.sample_rate)
            board.add_image(f"recording_over_copy/{clip.id}", picture(mel[0].cpu(), log_mel(made, audio)[0]), trainer.global_step)


def picture(*mels: Tensor) -> Tensor:
    """Mels (M, T), one under the other, low frequencies at the bottom, as a grey picture (1, sum of M, T) in [0, 1]."""
    return torch.cat([((mel.flip(0) + 11.5) / 13).clamp(0, 1) for mel in mels])[None]
