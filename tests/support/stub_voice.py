"""A voice with tiny, random weights: all code runs as it does for a real voice, and no test needs shipped weights."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import torch

from pngnat.audio.config import AudioConfig
from pngnat.models.decoder import DecoderConfig, PostNetConfig
from pngnat.models.durations import PredictorConfig
from pngnat.models.png_bert import PngBertConfig
from pngnat.models.png_nat import PngNat, PngNatConfig
from pngnat.models.vocoder import PitchConfig, Vocoder, VocoderConfig
from pngnat.text.tokenizer import PngTokenizer
from pngnat.voice.card import Professional, SpeakerCard, VoiceCard
from pngnat.voice.modules import VoiceModules, save_voice

TEXTS = ["The quick brown fox jumps over the lazy dog.", "How are you today? I am well, thank you!"]
SPEAKERS = (SpeakerCard("ada", "the default"), SpeakerCard("bob"))
PROFESSIONALS = (SpeakerCard("pro"),)


def make_stub_voice(folder: Path, professional: bool = False) -> Path:
    """Write a voice with the speakers ada and bob; with `professional`, also a second model whose speaker is pro."""
    torch.manual_seed(7)
    audio = AudioConfig(n_mels=20)
    tokenizer = PngTokenizer.train(TEXTS, 256)
    vocoder_config = VocoderConfig(
        width=16, hidden=16, blocks=1, pitch=PitchConfig(width=8, hidden=8, blocks=1, bins=8)
    )
    acoustic_config = _acoustic_config(tokenizer, audio, len(SPEAKERS))
    professional_config = acoustic_config.with_speakers(len(PROFESSIONALS))
    card = VoiceCard(
        name=folder.name,
        description="random weights, for tests",
        licence="Apache-2.0",
        audio=audio,
        acoustic=acoustic_config.to_dict(),
        vocoder=dataclasses.asdict(vocoder_config),
        speakers=SPEAKERS,
        default_speaker="ada",
        professional=Professional(professional_config.to_dict(), PROFESSIONALS) if professional else None,
    )
    second = _acoustic_model(professional_config, 0.12) if professional else None
    voice = VoiceModules(
        card, tokenizer, _acoustic_model(acoustic_config, 0.08), Vocoder(audio, vocoder_config), second
    )
    save_voice(voice, folder, readme="# A voice of noise\n", graphs=False)
    return folder


def _acoustic_config(tokenizer: PngTokenizer, audio: AudioConfig, speakers: int) -> PngNatConfig:
    return PngNatConfig(
        encoder=PngBertConfig(tokenizer.vocabulary_size, width=16, layers=1, heads=2, feedforward=16),
        speakers=speakers,
        speaker_width=4,
        predictor=PredictorConfig(units=8, layers=1),
        decoder=DecoderConfig(kind="parallel", reduction=2, width=16, layers=1, kernel=3, feedforward=16, dropout=0.0),
        postnet=PostNetConfig(width=8, layers=2, dropout=0.0),
        audio=audio,
    )


def _acoustic_model(config: PngNatConfig, seconds: float) -> PngNat:
    """A random model whose tokens last about `seconds`."""
    model = PngNat(config)
    torch.nn.init.constant_(model.duration_predictor.project.bias, seconds)
    torch.nn.init.normal_(model.speaker.weight, std=2.0)
    torch.nn.init.normal_(model.duration_predictor.project.weight, std=0.02)
    return model
