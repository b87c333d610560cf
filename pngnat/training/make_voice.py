"""A trained acoustic model and a trained vocoder to a voice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pngnat.text.tokenizer import PngTokenizer
from pngnat.training.export import acoustic_model, vocoder_start
from pngnat.voice.card import Pauses, SpeakerCard, VoiceCard
from pngnat.voice.modules import VoiceModules, save_voice
from pngnat.voice.vocoders import save_discriminators


@dataclass(frozen=True, kw_only=True)
class VoiceSettings:
    """What to make a voice of, and what its card says."""

    acoustic: Path
    """Folder of an acoustic training."""
    vocoder: str
    """Folder of a vocoder's training, or a voice (its name or folder) whose vocoder to take."""
    voice: Path
    """Folder to write."""
    name: str
    """Of the voice."""
    description: str
    """One line."""
    licence: str
    """Of the data and of the weights."""
    card: Path | None = None
    """Text file for people: data, licences, measured quality, limits; becomes README.md."""
    speakers: Mapping[str, str] = field(default_factory=dict)
    """Descriptions of the speakers, by name."""
    default_speaker: str | None = None
    """Who speaks unless another is asked for; null takes the first."""
    pauses: Pauses = field(default_factory=Pauses)
    """Silence between sentences and paragraphs."""


def make_voice(settings: VoiceSettings) -> None:
    """Write the voice folder; an older one of that name is replaced file by file. Raises PngnatError for what cannot be read."""
    acoustic, speakers = acoustic_model(settings.acoustic)
    start = vocoder_start(settings.vocoder)
    card = VoiceCard(
        name=settings.name,
        description=settings.description,
        licence=settings.licence,
        audio=acoustic.config.audio,
        acoustic=acoustic.config.to_dict(),
        vocoder=asdict(start.vocoder.config),
        speakers=tuple(SpeakerCard(name, settings.speakers.get(name, "")) for name in speakers),
        default_speaker=settings.default_speaker or speakers[0],
        pauses=settings.pauses,
    )
    readme = settings.card.read_text(encoding="utf-8") if settings.card else None
    save_voice(VoiceModules(card, PngTokenizer.load(settings.acoustic), acoustic, start.vocoder), settings.voice, readme)
    if start.discriminators:
        save_discriminators(settings.voice, start.discriminators)
