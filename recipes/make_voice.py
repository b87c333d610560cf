"""Put a trained acoustic model and a trained vocoder together as a voice that `pngnat --voice FOLDER` speaks with.

python recipes/make_voice.py acoustic=runs/acoustic vocoder=runs/vocoder voice=voices/mine name=mine \
    licence=Apache-2.0 description="..." card=README.md
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import hydra
from omegaconf import DictConfig

from pngnat.text.tokenizer import PngTokenizer
from pngnat.training.export import acoustic_model, vocoder_start
from pngnat.voice.card import Pauses, SpeakerCard, VoiceCard
from pngnat.voice.vocoders import save_discriminators
from pngnat.voice.voice import Voice, save_voice


@hydra.main(version_base=None, config_path="../conf", config_name="make_voice")
def main(config: DictConfig) -> None:
    """Write the voice folder; an older one of that name is replaced file by file."""
    acoustic, speakers = acoustic_model(Path(config.acoustic))
    start = vocoder_start(config.vocoder)
    described = config.speakers or {}
    card = VoiceCard(
        name=config.name,
        description=config.description,
        licence=config.licence,
        audio=acoustic.config.audio,
        acoustic=acoustic.config.to_dict(),
        vocoder=asdict(start.vocoder.config),
        speakers=tuple(SpeakerCard(name, described.get(name, "")) for name in speakers),
        default_speaker=config.default_speaker or speakers[0],
        pauses=Pauses(**config.pauses),
    )
    readme = Path(config.card).read_text(encoding="utf-8") if config.card else None
    save_voice(Voice(card, PngTokenizer.load(config.acoustic), acoustic, start.vocoder), config.voice, readme)
    if start.discriminators:
        save_discriminators(Path(config.voice), start.discriminators)


if __name__ == "__main__":
    main()
