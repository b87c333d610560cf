"""Who agreed that a voice is made of somebody's recordings, and for what. Nothing is made without it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from pngnat.errors import PngnatError
from pngnat.files import write_text

# What a missing answer costs nobody: the day is known.
_OPTIONAL = ("date",)
_LONGEST = 2000
# Of a file from an earlier run: the folder that it is about.
_RECORDINGS = "recordings"
_QUESTIONS = {
    "speaker": "Whose voice is it?",
    "agreed_by": "Who agreed that it is made (the person, or who may decide for them)?",
    "purpose": "What may it be used for?",
}


@dataclass(frozen=True)
class Consent:
    """speaker: whose voice. agreed_by: who agreed to it being made: the speaker, or who may decide for them. purpose:
    what the voice may be used for. date: of the agreement."""

    speaker: str
    agreed_by: str
    purpose: str
    date: str

    def save(self, path: Path, recordings: Path) -> None:
        """Write it as JSON, beside the folder of recordings that it is about."""
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {**asdict(self), _RECORDINGS: str(recordings.resolve())}
        write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    @property
    def lines(self) -> list[str]:
        """For the voice's card, as a Markdown list."""
        return [
            f"- Whose voice: {self.speaker}",
            f"- Who agreed: {self.agreed_by}; {self.date}",
            f"- For what: {self.purpose}",
        ]


NAMES = tuple(field.name for field in fields(Consent))
_REFUSAL = (
    "no voice is made without consent: give consent=FILE (JSON or YAML with speaker, agreed_by, purpose), or consent.speaker=..., "
    "consent.agreed_by=..., consent.purpose=..., or start this at a terminal and be asked"
)


def get_consent(
    given: str | Mapping[str, Any] | None, kept: Path, recordings: Path, ask: Callable[[str], str] | None = None
) -> Consent:
    """The consent that was given: in a file or in fields, else the one that `kept` holds from an earlier run, else
    asked for.

    given: a file's path, or the fields, of which those that are None or empty count as not given. kept: where it is
    written to.
    recordings: the folder that it is about; what was agreed for another one counts for nothing here.
    ask: puts a question to a person; None where nobody can be asked.
    Raises PngnatError, in one line, where there is none or it is incomplete.
    """
    fields_given = (
        _read(Path(given))
        if isinstance(given, str)
        else {k: v for k, v in (given or {}).items() if v not in (None, "")}
    )
    if fields_given:
        _check_recordings(fields_given, recordings)
    elif kept.exists():
        earlier = _read(kept)
        if earlier.get(_RECORDINGS) == str(recordings.resolve()) or not ask:
            _check_recordings({_RECORDINGS: "an unknown folder", **earlier}, recordings)
            return _checked(earlier)
    if not fields_given and ask:
        fields_given = _asked(ask)
    if not fields_given:
        raise PngnatError(_REFUSAL)
    consent = _checked(fields_given)
    consent.save(kept, recordings)
    return consent


def _check_recordings(given: Mapping[str, Any], recordings: Path) -> None:
    """A file from an earlier run knows whose recordings it is about."""
    about = given.get(_RECORDINGS)
    if about is not None and about != str(recordings.resolve()):
        raise PngnatError(
            f"the consent is about the recordings in {about}, not about {recordings.resolve()}; {_REFUSAL}"
        )


def terminal() -> Callable[[str], str] | None:
    """How to ask the person at the terminal; None where there is none."""
    return input if sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty() else None


def _asked(ask: Callable[[str], str]) -> dict[str, str]:
    try:
        answers = {name: ask(f"{question} ").strip() for name, question in _QUESTIONS.items()}
        sure = ask(
            "Do you confirm that this is true, and that the recordings are used with this person's consent? (yes/no) "
        )
    except EOFError:
        return {}
    if sure.strip().lower() not in ("y", "yes"):
        raise PngnatError("no voice is made without consent, and it was not confirmed")
    return answers


def _read(path: Path) -> dict[str, Any]:
    import yaml  # reads JSON too; comes with hydra-core

    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PngnatError(f"{path}: cannot be read as a consent ({_first_line(error)})") from error
    if not isinstance(values, dict):
        raise PngnatError(f"{path}: is no consent; write the lines speaker: ..., agreed_by: ..., purpose: ...")
    return values


def _checked(values: Mapping[str, Any]) -> Consent:
    unknown = sorted(set(values) - {*NAMES, _RECORDINGS})
    if unknown:
        raise PngnatError(f"the consent has a field '{unknown[0]}', and knows {', '.join(NAMES)}")
    texts = {name: " ".join(str(values.get(name) or "").split()) for name in NAMES}
    for name in NAMES:
        if not texts[name] and name not in _OPTIONAL:
            raise PngnatError(f"no voice is made without consent: '{name}' is missing ({_QUESTIONS[name]})")
        if len(texts[name]) > _LONGEST:
            raise PngnatError(f"the consent's '{name}' has more than {_LONGEST} letters")
    return Consent(**{**texts, "date": texts["date"] or date.today().isoformat()})


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
