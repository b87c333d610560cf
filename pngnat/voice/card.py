"""The voice folder on disk: its files, and its card, voice.json. Imports no PyTorch.

A voice folder is untrusted. It holds JSON, safetensors and ONNX graphs alone; nothing in it is executed, imported or
followed to another place, and every value is checked before it is used.

    voice.json  tokenizer.json  acoustic.safetensors  vocoder.safetensors  [professional.safetensors]  [*.onnx]
    [README.md]

Fine-tuning continues with the discriminators of the training: discriminators.safetensors (vocoder) and
mel_discriminator.safetensors (acoustic model). FILES has all names.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from pngnat.audio.config import AudioConfig
from pngnat.errors import PngnatError
from pngnat.text.lexicon import parse_phonemes
from pngnat.untrusted import LARGEST_NUMBER, Section, read_json, safe_file, shown
from pngnat.voice.hub import PREFIX, download

FORMAT_VERSION = 1
BUNDLED = Path(__file__).parents[1] / "voices"
# The folder in which `pngnat create` writes voices, and the environment variable that lists more such folders.
OWN, ELSEWHERE = Path("voices"), "PNGNAT_VOICES"
CARD, TOKENIZER = "voice.json", "tokenizer.json"
ACOUSTIC, VOCODER, PROFESSIONAL = "acoustic.safetensors", "vocoder.safetensors", "professional.safetensors"
# All files that a voice folder may have, and first those that it must have.
NEEDED = (CARD, TOKENIZER, ACOUSTIC, VOCODER)
GRAPHS = (
    *(f"{model}.{part}.onnx" for model in ("acoustic", "professional") for part in ("encoder", "durations", "mel")),
    *(f"vocoder.{part}.onnx" for part in ("pitch", "filters")),
)
MEL_DISCRIMINATOR = "mel_discriminator.safetensors"
FILES = (*NEEDED, PROFESSIONAL, *GRAPHS, "discriminators.safetensors", MEL_DISCRIMINATOR, "README.md", "preview.wav")
_MOST_SPEAKERS = 100_000
# The most frames in a second, and the most frames that a transform covers.
_MOST_FRAMES, _LONGEST_TRANSFORM = 1000, 32


@dataclass(frozen=True)
class SpeakerCard:
    """One speaker of a voice; their index in the list is their row in the acoustic model's speaker table."""

    name: str
    description: str = ""
    offered: bool = True
    """Whether lists of speakers show this one. Any speaker can be named, and their rhythm blended."""


@dataclass(frozen=True)
class Pauses:
    """Silence that is added."""

    sentence: float = 0.25
    """Seconds between sentences."""
    paragraph: float = 0.6
    """Seconds between paragraphs."""


@dataclass(frozen=True)
class Blend:
    """A professional whose rhythm is borrowed, and the weight. Raises PngnatError for a weight outside 0 to 1."""

    professional: str
    """The name of a speaker of the voice."""
    weight: float | Sequence[float] | np.ndarray = 0.5
    """The weight of the professional's durations: 0 keeps the speaker's own, 1 takes the professional's, 0.5 is their
    geometric mean. One number, or one for each token of the phoneme segment as `Speech.phonemes` lists them."""

    def __post_init__(self) -> None:
        if not isinstance(self.professional, str):
            raise PngnatError(f"the professional to blend with must be a name, and is {shown(self.professional)}")
        try:
            weight = np.asarray(self.weight, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise PngnatError(
                f"the blend weight must be a number, or one for each token, and is {shown(self.weight)}"
            ) from error
        if weight.ndim > 1 or not np.all((weight >= 0) & (weight <= 1)):
            raise PngnatError(
                "the blend weight must be a number from 0 (own rhythm) to 1 (the professional's), or one for each token"
            )


@dataclass(frozen=True)
class Professional:
    """The multi-speaker model that a recreated voice keeps for blending."""

    acoustic: dict[str, Any]
    """Its PngNatConfig as a dict."""
    speakers: tuple[SpeakerCard, ...]
    """Its speakers, in the order of its rows."""


@dataclass(frozen=True, repr=False)
class VoiceCard:
    """The contents of voice.json."""

    name: str
    """Name of the voice."""
    description: str
    """A sentence about the voice, for people."""
    licence: str
    """Licence of the voice's weights."""
    audio: AudioConfig
    """Sampling and mel settings of all its models."""
    acoustic: dict[str, Any]
    """The acoustic model's PngNatConfig as a dict."""
    vocoder: dict[str, Any]
    """The VocoderConfig as a dict."""
    speakers: tuple[SpeakerCard, ...]
    """All speakers, in the order of the acoustic model's rows."""
    default_speaker: str
    """Name of the speaker where none is requested."""
    pauses: Pauses = field(default_factory=Pauses)
    """Silence between sentences and paragraphs where none is requested."""
    blend: Blend | None = None
    """The blend of the default speaker where none is requested."""
    professional: Professional | None = None
    """The model of professional speakers, in a recreated voice."""
    consent: dict[str, str] | None = None
    """The consent to a recreated voice: who gave it, and for which uses; texts by name."""
    lexicon: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Pronunciations of the voice's own words, such as names: phonemes by lower-case word."""

    def __repr__(self) -> str:
        return f"<VoiceCard {self.name!r}, speakers: {', '.join(_names(self.offered))}>"

    @property
    def names(self) -> list[str]:
        """Return the names of all speakers, in the order of the acoustic model's rows."""
        return _names(self.speakers)

    @property
    def offered(self) -> tuple[SpeakerCard, ...]:
        """Return the speakers that lists show."""
        return tuple(speaker for speaker in self.speakers if speaker.offered)

    def row(self, name: str | None) -> int:
        """Return the row of a speaker; None is the default. Raises PngnatError, with the list, for an unknown name."""
        return _row(self.speakers, self.default_speaker if name is None else name, self.name)

    def professional_row(self, name: str) -> tuple[Literal["acoustic", "professional"], int]:
        """Return the model that predicts the durations of a professional, and the speaker row in this model.

        Raises PngnatError, with the list, for an unknown name.
        """
        kept = self.professional.speakers if self.professional else ()
        if name in _names(kept):
            return "professional", _row(kept, name, self.name)
        _row((*kept, *(speaker for speaker in self.speakers if speaker.name not in _names(kept))), name, self.name)
        return "acoustic", self.row(name)

    def to_json(self) -> str:
        """Return the text of voice.json."""
        values = {"format_version": FORMAT_VERSION, **dataclasses.asdict(self)}
        for row in (*values["speakers"], *(values["professional"] or {"speakers": ()})["speakers"]):
            if row["offered"]:  # the default
                del row["offered"]
        values["lexicon"] = {word: " ".join(phonemes) for word, phonemes in self.lexicon.items()} or None
        return (
            json.dumps({key: value for key, value in values.items() if value is not None}, ensure_ascii=False, indent=2)
            + "\n"
        )


def _names(speakers: tuple[SpeakerCard, ...]) -> list[str]:
    return [speaker.name for speaker in speakers]


def _row(speakers: tuple[SpeakerCard, ...], name: str, voice: str) -> int:
    names = _names(speakers)
    if name not in names:
        raise PngnatError(f"the voice '{voice}' has no speaker '{name}'; it has: {', '.join(names)}")
    return names.index(name)


def find_voice(voice: str | os.PathLike | None) -> Path:
    """Return the folder of a voice; None is the first bundled voice.

    voice: the name of a bundled voice; else `hf://user/voice` on the Hugging Face Hub; else a path; else the name of a
    folder in ./voices or in a folder that the environment variable PNGNAT_VOICES lists, as PATH does. Raises
    PngnatError, with the places of the search, if there is no such voice.
    """
    if not isinstance(voice, str | os.PathLike | None):
        raise PngnatError(f"a voice is named by a text or a path, and not by {shown(voice)}")
    bundled = bundled_voices()
    if voice is None:
        if not bundled:
            raise PngnatError("no voice is installed with pngnat; name a voice folder (--voice FOLDER)")
        return next(iter(bundled.values()))
    if str(voice) in bundled:
        return bundled[str(voice)]
    if isinstance(voice, str) and voice.startswith(PREFIX):
        return download(voice, FILES)
    places = _places(Path(voice))
    # A folder of recordings may have the name of its voice.
    for exists in (lambda folder: os.path.isfile(folder / CARD), os.path.isdir):
        for folder in filter(exists, places):
            return folder
    if home := _voice_of_speaker(str(voice)):
        raise PngnatError(
            f"'{voice}' is no voice but a speaker of the voice '{home}': take that voice, and this speaker of it"
        )
    known, looked = ", ".join(bundled) or "none", ", ".join(map(str, places))
    unset = "" if os.environ.get(ELSEWHERE) else f" (${ELSEWHERE} is not set)"
    raise PngnatError(
        f"there is no voice '{voice}': it is none of the bundled ones ({known}), and no folder at {looked}{unset}"
    )


def _voice_of_speaker(name: str) -> str | None:
    """Return the first voice that has a speaker of this name."""
    for voice, folder in named_voices().items():
        with suppress(PngnatError):  # a damaged voice has none
            if name in read_card(folder).names:
                return voice
    return None


def _places(voice: Path) -> list[Path]:
    """Return where a voice that is not bundled may be: a name is searched in several folders, a path is not."""
    return [voice] if voice.name != str(voice) else [voice, *(folder / voice for folder in _own_places())]


def _own_places() -> list[Path]:
    return [OWN, *(Path(folder) for folder in os.environ.get(ELSEWHERE, "").split(os.pathsep) if folder)]


def bundled_voices() -> dict[str, Path]:
    """Return the folders of the voices inside the package, by name, in alphabetical order."""
    return _voices_in(BUNDLED)


def named_voices() -> dict[str, Path]:
    """Return the folders of the bundled voices, and of the voices in ./voices and in the folders of PNGNAT_VOICES, by
    the name that `find_voice` takes."""
    found = bundled_voices()
    for place in _own_places():
        found |= {name: folder for name, folder in _voices_in(place).items() if name not in found}
    return found


def list_voices() -> list[VoiceCard]:
    """Return the cards of `named_voices`. Raises PngnatError if one of them is damaged."""
    return [read_card(folder) for folder in named_voices().values()]


def _voices_in(place: Path) -> dict[str, Path]:
    if not place.is_dir():
        return {}
    return {folder.name: folder for folder in sorted(place.iterdir()) if (folder / CARD).is_file()}


def read_card(folder: str | os.PathLike) -> VoiceCard:
    """Read and check voice.json. Raises PngnatError for a damaged folder, a newer format, or an impossible value."""
    folder = Path(folder)
    path = safe_file(folder, CARD)
    section = Section(str(path), read_json(path))
    version = section.number("format_version", 1, LARGEST_NUMBER)
    if version > FORMAT_VERSION:
        raise PngnatError(
            f"{folder} has voice format {version}, and this pngnat reads up to {FORMAT_VERSION}: update pngnat"
        )
    speakers = _speakers(section)
    card = VoiceCard(
        name=section.name("name"),
        description=section.text("description", ""),
        licence=section.text("licence", ""),
        audio=audio_settings(str(path), section.section("audio").values),
        acoustic=section.section("acoustic").checked(),
        vocoder=section.section("vocoder").checked(),
        speakers=speakers,
        default_speaker=section.name("default_speaker"),
        pauses=_pauses(section),
        blend=_blend(section),
        professional=_professional(section),
        consent=_consent(section),
        lexicon=_lexicon(section),
    )
    _check_names(str(path), card)
    return card


def _check_names(path: str, card: VoiceCard) -> None:
    if card.default_speaker not in _names(card.offered):
        raise PngnatError(
            f"{path}: the default speaker '{card.default_speaker}' is none of the speakers that it offers"
        )
    professionals = [speaker.name for speaker in card.professional.speakers] if card.professional else []
    if card.blend and card.blend.professional not in (*professionals, *card.names):
        raise PngnatError(f"{path}: it blends with '{card.blend.professional}', who is none of its speakers")


def audio_settings(path: str, values: Any) -> AudioConfig:
    """Return the audio settings of a file, checked. Raises PngnatError, with the path, for an impossible value."""
    section = Section(path, values)
    audio = AudioConfig(
        sample_rate=section.integer("sample_rate", 4000, 96_000),
        n_fft=section.integer("n_fft", 16, 16_384),
        window_length=section.integer("window_length", 16, 16_384),
        hop_length=section.integer("hop_length", 8, 4096),
        n_mels=section.integer("n_mels", 1, 1024),
        f_min=float(section.number("f_min", 0, 96_000)),
        f_max=float(section.number("f_max", 1, 96_000)),
        log_floor=float(section.number("log_floor", 1e-12, 1)),
    )
    fit = audio.hop_length <= audio.window_length <= audio.n_fft <= _LONGEST_TRANSFORM * audio.hop_length
    if not (fit and audio.frame_rate <= _MOST_FRAMES and audio.f_min < audio.f_max <= audio.sample_rate / 2):
        raise PngnatError(f"{section.path} is damaged: the sizes in 'audio' do not fit each other")
    return audio


def _speakers(section: Section) -> tuple[SpeakerCard, ...]:
    rows = section.values.get("speakers")
    if not isinstance(rows, list) or not 0 < len(rows) <= _MOST_SPEAKERS:
        raise section.wrong("speakers", "should be a list of speakers")
    entries = [Section(section.path, row) for row in rows]
    speakers = tuple(
        SpeakerCard(entry.name("name"), entry.text("description", ""), entry.flag("offered", True)) for entry in entries
    )
    if len({speaker.name for speaker in speakers}) < len(speakers):
        raise section.wrong("speakers", "should have different names")
    return speakers


def _pauses(section: Section) -> Pauses:
    pauses = section.optional("pauses")
    if pauses is None:
        return Pauses()
    values = {
        entry.name: float(pauses.number(entry.name, 0, 60, getattr(Pauses(), entry.name)))
        for entry in dataclasses.fields(Pauses)
    }
    return Pauses(**values)


def _blend(section: Section) -> Blend | None:
    blend = section.optional("blend")
    return None if blend is None else Blend(blend.name("professional"), float(blend.number("weight", 0, 1)))


def _professional(section: Section) -> Professional | None:
    professional = section.optional("professional")
    return (
        None
        if professional is None
        else Professional(professional.section("acoustic").checked(), _speakers(professional))
    )


def _consent(section: Section) -> dict[str, str] | None:
    consent = section.optional("consent")
    return None if consent is None else consent.texts()


def _lexicon(section: Section) -> dict[str, tuple[str, ...]]:
    lexicon = section.optional("lexicon")
    try:
        return {word.lower(): parse_phonemes(phonemes) for word, phonemes in lexicon.texts().items()} if lexicon else {}
    except PngnatError as error:
        raise PngnatError(f"{section.path} is damaged: in 'lexicon', {error}") from error
