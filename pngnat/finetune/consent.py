"""Consent to a voice: who agreed, and to what purpose. Without consent, no voice is made."""

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

# Optional fields: the day is known.
_OPTIONAL = ("date",)
_LONGEST = 2000
# In a file of an earlier run: the folder of the recordings.
_RECORDINGS = "recordings"
_QUESTIONS = {
    "speaker": "Whose voice is it?",
    "agreed_by": "Who agreed that it is made (the person, or who may decide for them)?",
    "purpose": "What may it be used for?",
}


@dataclass(frozen=True)
class Consent:
    """A consent. speaker: the person of the voice. agreed_by: who agreed: the speaker, or a person who may decide for
    them. purpose: the permitted use. date: of the agreement."""

    speaker: str
    agreed_by: str
    purpose: str
    date: str

    def save(self, path: Path, recordings: Path) -> None:
        """Write the consent as JSON, with the folder of the recordings."""
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {**asdict(self), _RECORDINGS: str(recordings.resolve())}
        write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    @property
    def lines(self) -> list[str]:
        """Return the consent for the voice's card, as a Markdown list."""
        return [
            f"- Whose voice: {self.speaker}",
            f"- Who agreed: {self.agreed_by}; {self.date}",
            f"- For what: {self.purpose}",
        ]


NAMES = tuple(field.name for field in fields(Consent))
_REFUSAL = (
    "no voice is made without consent: give consent=FILE (JSON or YAML with speaker, agreed_by, purpose), or "
    "consent.speaker=..., "
    "consent.agreed_by=..., consent.purpose=..., or start this at a terminal and be asked"
)


def get_consent(
    given: str | Mapping[str, Any] | None, kept: Path, recordings: Path, ask: Callable[[str], str] | None = None
) -> Consent:
    """Return the consent: from `given`, else from `kept` of an earlier run, else from questions to a person.

    given: a file's path, or fields, of which None and empty ones do not count. kept: where the consent is written.
    recordings: their folder; a consent for another folder does not count. ask: asks a person; None if nobody can be
    asked. Raises PngnatError, in one line, if the consent is missing or incomplete.
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
    """Raise PngnatError if a file of an earlier run names other recordings."""
    about = given.get(_RECORDINGS)
    if about is not None and about != str(recordings.resolve()):
        raise PngnatError(
            f"the consent is about the recordings in {about}, not about {recordings.resolve()}; {_REFUSAL}"
        )


def terminal() -> Callable[[str], str] | None:
    """Return a function that asks the person at the terminal; None without a terminal."""
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
