"""The step from a trained acoustic model and a trained vocoder to a voice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pngnat.errors import PngnatError
from pngnat.text.tokenizer import PngTokenizer
from pngnat.training.export import acoustic_model, mel_discriminator, vocoder_start
from pngnat.voice.card import MEL_DISCRIMINATOR, Pauses, SpeakerCard, VoiceCard
from pngnat.voice.modules import VoiceModules, save_voice
from pngnat.voice.vocoders import save_discriminators
from pngnat.voice.weights import save_weights


@dataclass(frozen=True, kw_only=True)
class VoiceSettings:
    """Parts of a voice, and the content of its card."""

    acoustic: Path
    """Folder of an acoustic training."""
    vocoder: str
    """Folder of a vocoder training, or a voice (name or folder) with the vocoder to use."""
    voice: Path
    """Folder of the new voice."""
    name: str
    """Name of the voice."""
    description: str
    """Description in one line."""
    licence: str
    """Licence of the data and of the weights."""
    card: Path | None = None
    """Text file for readers: data, licences, measured quality, limits. It becomes README.md."""
    speakers: Mapping[str, str] = field(default_factory=dict)
    """Descriptions of the speakers, by name."""
    withheld: tuple[str, ...] = ()
    """Names of speakers that the voice does not offer: they serve as professionals and as training data."""
    default_speaker: str | None = None
    """Default speaker; null is the first."""
    pauses: Pauses = field(default_factory=Pauses)
    """Silence between sentences and paragraphs."""


def make_voice(settings: VoiceSettings) -> None:
    """Write a voice folder; files of an older voice of that name are replaced. Raise PngnatError for unreadable
    inputs."""
    acoustic, speakers = acoustic_model(settings.acoustic)
    if unknown := sorted({*settings.withheld, *settings.speakers} - {*speakers}):
        raise PngnatError(f"{settings.acoustic} has no speaker '{unknown[0]}'; it has {', '.join(speakers)}")
    start = vocoder_start(settings.vocoder)
    card = VoiceCard(
        name=settings.name,
        description=settings.description,
        licence=settings.licence,
        audio=acoustic.config.audio,
        acoustic=acoustic.config.to_dict(),
        vocoder=asdict(start.vocoder.config),
        speakers=tuple(
            SpeakerCard(name, settings.speakers.get(name, ""), name not in settings.withheld) for name in speakers
        ),
        default_speaker=settings.default_speaker
        or next((name for name in speakers if name not in settings.withheld), speakers[0]),
        pauses=settings.pauses,
    )
    readme = settings.card.read_text(encoding="utf-8") if settings.card else None
    save_voice(
        VoiceModules(card, PngTokenizer.load(settings.acoustic), acoustic, start.vocoder), settings.voice, readme
    )
    if start.discriminators:
        save_discriminators(settings.voice, start.discriminators)
    if judge := mel_discriminator(settings.acoustic):
        save_weights(judge, settings.voice / MEL_DISCRIMINATOR)
