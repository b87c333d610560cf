"""The voice folder on disk: which files it may have, and what its card says. Loads no PyTorch.

A voice folder is data from strangers. It holds JSON and safetensors alone; nothing in it is executed, imported or followed
to another place, and every value is checked before something is built from it.

    voice.json  tokenizer.json  acoustic.safetensors  vocoder.safetensors  [professional.safetensors]  [README.md]

and discriminators.safetensors, where the vocoder has learned from discriminators; fine-tuning goes on with them.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pngnat.audio.config import AudioConfig
from pngnat.errors import PngnatError
from pngnat.text.lexicon import parse_phonemes
from pngnat.voice.blending import Blend

FORMAT_VERSION = 1
BUNDLED = Path(__file__).parents[1] / "voices"
# Where recipes/finetune.py puts the voices it makes, and the environment variable that lists more such folders.
OWN, ELSEWHERE = Path("voices"), "PNGNAT_VOICES"
CARD, TOKENIZER = "voice.json", "tokenizer.json"
ACOUSTIC, VOCODER, PROFESSIONAL = "acoustic.safetensors", "vocoder.safetensors", "professional.safetensors"
_LARGEST = {".json": 32 * 2**20, ".yaml": 2**20, ".safetensors": 4 * 2**30, ".bin": 4 * 2**30}
_LARGEST_NUMBER = 1_000_000
_MOST_LAYERS = 64
_REPEATED = ("layers", "blocks", "convolutions")


@dataclass(frozen=True)
class SpeakerCard:
    """One speaker of a voice; its place in the list is its row in the acoustic model's speaker table."""

    name: str
    description: str = ""


@dataclass(frozen=True)
class Pauses:
    """Seconds of silence that are added between sentences, and between paragraphs."""

    sentence: float = 0.25
    paragraph: float = 0.6


@dataclass(frozen=True)
class Professional:
    """The multi-speaker model that a recreated voice keeps for blending. acoustic: its PngNatConfig as a dict."""

    acoustic: dict[str, Any]
    speakers: tuple[SpeakerCard, ...]


@dataclass(frozen=True)
class VoiceCard:
    """What voice.json says. acoustic, vocoder: the models' configs as dicts.

    blend: how the default speaker speaks unless the caller says otherwise.
    consent: of a recreated voice, who agreed to it being made and for what; texts by name.
    lexicon: the voice's own words, such as names, which it says so unless the caller says otherwise; phonemes by lower-case word.
    """

    name: str
    description: str
    licence: str
    audio: AudioConfig
    acoustic: dict[str, Any]
    vocoder: dict[str, Any]
    speakers: tuple[SpeakerCard, ...]
    default_speaker: str
    pauses: Pauses = field(default_factory=Pauses)
    blend: Blend | None = None
    professional: Professional | None = None
    consent: dict[str, str] | None = None
    lexicon: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def to_json(self) -> str:
        """The text of voice.json."""
        values = {"format_version": FORMAT_VERSION, **dataclasses.asdict(self)}
        values["lexicon"] = {word: " ".join(phonemes) for word, phonemes in self.lexicon.items()} or None
        return json.dumps({key: value for key, value in values.items() if value is not None}, ensure_ascii=False, indent=2) + "\n"


def find_voice(voice: str | os.PathLike | None) -> Path:
    """The folder of a voice; None means the first bundled voice.

    voice: the name of a bundled voice; else a path; else the name of a folder in ./voices, or in one of those that the environment
    variable PNGNAT_VOICES lists as PATH does.
    Raises PngnatError, naming where it looked, where there is none.
    """
    bundled = bundled_voices()
    if voice is None:
        if not bundled:
            raise PngnatError("no voice is installed with pngnat; name a voice folder (--voice FOLDER)")
        return next(iter(bundled.values()))
    if str(voice) in bundled:
        return bundled[str(voice)]
    places = _places(Path(voice))
    # A folder of recordings may have the name of the voice that is made of them.
    for exists in (lambda folder: os.path.isfile(folder / CARD), os.path.isdir):
        for folder in filter(exists, places):
            return folder
    known, looked = ", ".join(bundled) or "none", ", ".join(map(str, places))
    unset = "" if os.environ.get(ELSEWHERE) else f" (${ELSEWHERE} is not set)"
    raise PngnatError(f"there is no voice '{voice}': it is none of the bundled ones ({known}), and no folder at {looked}{unset}")


def _places(voice: Path) -> list[Path]:
    """Where a voice that is not bundled may lie: a name is looked for among the voices of others, a path is not."""
    return [voice] if voice.name != str(voice) else [voice, *(folder / voice for folder in _own_places())]


def _own_places() -> list[Path]:
    return [OWN, *(Path(folder) for folder in os.environ.get(ELSEWHERE, "").split(os.pathsep) if folder)]


def bundled_voices() -> dict[str, Path]:
    """Folders of the voices inside the package, by name, in alphabetical order."""
    return _voices_in(BUNDLED)


def named_voices() -> dict[str, Path]:
    """Folders of the bundled voices and of those in ./voices and where PNGNAT_VOICES says, by the name that `find_voice` takes."""
    found = bundled_voices()
    for place in _own_places():
        found |= {name: folder for name, folder in _voices_in(place).items() if name not in found}
    return found


def list_voices() -> list[VoiceCard]:
    """The cards of the voices that have a name. Raises PngnatError where one of them is damaged."""
    return [read_card(folder) for folder in named_voices().values()]


def _voices_in(place: Path) -> dict[str, Path]:
    if not place.is_dir():
        return {}
    return {folder.name: folder for folder in sorted(place.iterdir()) if (folder / CARD).is_file()}


def safe_file(folder: Path, name: str, what: str = "voice") -> Path:
    """The path of the file `name` in the folder of a voice, or of what else.

    Raises PngnatError where it is missing, larger than such a file can be, no ordinary file, or a link out of the folder.
    """
    path = folder / name
    try:
        found = path.stat()
        inside = path.resolve(strict=True).is_relative_to(folder.resolve(strict=True))
    except (OSError, RuntimeError) as error:
        raise PngnatError(f"{folder} is no complete {what}: {name} cannot be read ({getattr(error, 'strerror', None) or error})") from error
    if not inside:
        raise PngnatError(f"{folder} is not safe to use: {name} leads out of the folder")
    if not stat.S_ISREG(found.st_mode):
        raise PngnatError(f"{folder} is no {what}: {name} is no ordinary file")
    if found.st_size > _LARGEST[path.suffix]:
        raise PngnatError(f"{folder} is no {what}: {name} is too large ({found.st_size // 2**20} MB)")
    return path


def read_card(folder: str | os.PathLike) -> VoiceCard:
    """Read and check voice.json. Raises PngnatError for a damaged folder, a newer format, or a value that cannot be."""
    folder = Path(folder)
    path = safe_file(folder, CARD)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise PngnatError(f"{path} is damaged ({error})") from error
    section = _Section(str(path), values)
    version = section.number("format_version", 1, _LARGEST_NUMBER)
    if version > FORMAT_VERSION:
        raise PngnatError(f"{folder} has voice format {version}, and this pngnat reads up to {FORMAT_VERSION}: update pngnat")
    speakers = _speakers(section)
    card = VoiceCard(
        name=section.text("name"),
        description=section.text("description", ""),
        licence=section.text("licence", ""),
        audio=audio_settings(str(path), section.section("audio").values),
        acoustic=section.section("acoustic").checked(),
        vocoder=section.section("vocoder").checked(),
        speakers=speakers,
        default_speaker=section.text("default_speaker"),
        pauses=_pauses(section),
        blend=_blend(section),
        professional=_professional(section),
        consent=_consent(section),
        lexicon=_lexicon(section),
    )
    _check_names(str(path), card)
    return card


def _check_names(path: str, card: VoiceCard) -> None:
    names = [speaker.name for speaker in card.speakers]
    if card.default_speaker not in names:
        raise PngnatError(f"{path}: the default speaker '{card.default_speaker}' is none of its speakers")
    professionals = [speaker.name for speaker in card.professional.speakers] if card.professional else []
    if card.blend and card.blend.professional not in (*professionals, *names):
        raise PngnatError(f"{path}: it blends with '{card.blend.professional}', who is none of its speakers")


class _Section:
    """A JSON object of the card, whose values are asked for by name and kind."""

    def __init__(self, path: str, values: Any):
        self.path, self.values = path, values
        if not isinstance(values, dict):
            raise PngnatError(f"{path} is damaged: it holds no JSON object where one belongs")

    def text(self, key: str, default: str | None = None) -> str:
        value = self.values.get(key, default)
        if not isinstance(value, str) or len(value) > 10_000 or (default is None and not value):
            raise self.wrong(key, "should be text")
        return value

    def number(self, key: str, smallest: float, largest: float, default: float | None = None):
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not smallest <= value <= largest:
            raise self.wrong(key, f"should be a number from {smallest} to {largest}")
        return value

    def integer(self, key: str, smallest: int, largest: int) -> int:
        value = self.number(key, smallest, largest)
        if not isinstance(value, int):
            raise self.wrong(key, "should be a whole number")
        return value

    def section(self, key: str) -> _Section:
        value = self.values.get(key)
        if not isinstance(value, dict):
            raise self.wrong(key, "should be an object")
        return _Section(self.path, value)

    def optional(self, key: str) -> _Section | None:
        return None if self.values.get(key) is None else self.section(key)

    def checked(self, depth: int = 4) -> dict[str, Any]:
        """The values as they are, once each is known to be a flag, a short text, a sane number or an object of such."""
        for key, value in self.values.items():
            if isinstance(value, dict) and depth:
                _Section(self.path, value).checked(depth - 1)
            elif isinstance(value, (int, float)):
                limit = _MOST_LAYERS if key in _REPEATED else _LARGEST_NUMBER
                if not math.isfinite(value) or abs(value) > limit:
                    raise self.wrong(key, f"should be a number up to {limit}")
            elif value is not None and not (isinstance(value, str) and len(value) <= 100):
                raise self.wrong(key, "should be a number or a short text")
        return self.values

    def wrong(self, key: str, reason: str) -> PngnatError:
        shown = repr(self.values.get(key))
        return PngnatError(f"{self.path} is damaged: '{key}' {reason}, and is {shown if len(shown) <= 60 else shown[:60] + '…'}")


def audio_settings(path: str, values: Any) -> AudioConfig:
    """The settings of sound that a file holds, checked. Raises PngnatError, naming the path, for a value that cannot be."""
    section = _Section(path, values)
    audio = AudioConfig(
        sample_rate=section.integer("sample_rate", 4000, 192_000),
        n_fft=section.integer("n_fft", 16, 65_536),
        window_length=section.integer("window_length", 16, 65_536),
        hop_length=section.integer("hop_length", 8, 16_384),
        n_mels=section.integer("n_mels", 1, 1024),
        f_min=float(section.number("f_min", 0, 96_000)),
        f_max=float(section.number("f_max", 1, 96_000)),
        log_floor=float(section.number("log_floor", 1e-12, 1)),
    )
    if not (audio.hop_length <= audio.window_length <= audio.n_fft and audio.f_min < audio.f_max <= audio.sample_rate / 2):
        raise PngnatError(f"{section.path} is damaged: the sizes in 'audio' do not fit each other")
    return audio


def _speakers(section: _Section) -> tuple[SpeakerCard, ...]:
    rows = section.values.get("speakers")
    if not isinstance(rows, list) or not 0 < len(rows) <= 100_000:
        raise section.wrong("speakers", "should be a list of speakers")
    entries = [_Section(section.path, row) for row in rows]
    speakers = tuple(SpeakerCard(entry.text("name"), entry.text("description", "")) for entry in entries)
    if len({speaker.name for speaker in speakers}) < len(speakers):
        raise section.wrong("speakers", "should have different names")
    return speakers


def _pauses(section: _Section) -> Pauses:
    pauses = section.optional("pauses")
    if pauses is None:
        return Pauses()
    values = {entry.name: float(pauses.number(entry.name, 0, 60, entry.default)) for entry in dataclasses.fields(Pauses)}
    return Pauses(**values)


def _blend(section: _Section) -> Blend | None:
    blend = section.optional("blend")
    return blend and Blend(blend.text("professional"), float(blend.number("weight", 0, 1)))


def _professional(section: _Section) -> Professional | None:
    professional = section.optional("professional")
    return professional and Professional(professional.section("acoustic").checked(), _speakers(professional))


def _consent(section: _Section) -> dict[str, str] | None:
    consent = section.optional("consent")
    return consent and {name: consent.text(name, "") for name in consent.values}


def _lexicon(section: _Section) -> dict[str, tuple[str, ...]]:
    lexicon = section.optional("lexicon")
    try:
        return {word.lower(): parse_phonemes(lexicon.text(word)) for word in lexicon.values} if lexicon else {}
    except PngnatError as error:
        raise PngnatError(f"{section.path} is damaged: in 'lexicon', {error}") from error
