"""SSML to pngnat's own markup: the tags of W3C SSML 1.1 that mean something to a voice of this kind.

| tag | becomes |
| --- | --- |
| `<break time strength>` | `[pause:0.5]` |
| `<prosody rate pitch>` | `[pace:0.8]`, `[pitch:2]`, and what held before at its end |
| `<phoneme alphabet="ipa" or "x-arpabet" ph>` | `[word](W ER1 D)` |
| `<sub alias>`, `<say-as interpret-as>` | the words that are said |
| `<p>`, `<s>`, `<mark name>` | a paragraph, a sentence, `[mark:NAME]` |

Other tags are named once and left out; what they hold is said. Read with defusedxml: no entity is expanded, no file
opened."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from math import log2

from pngnat.errors import PngnatError
from pngnat.text.ipa import parse_ipa
from pngnat.text.lexicon import parse_phonemes
from pngnat.text.markup import FASTEST, LARGEST_PITCH, MAX_PAUSE, SLOWEST, Pace, Pause, Pitch
from pngnat.text.say_as import say_as

_NAMESPACES = ("", "http://www.w3.org/2001/10/synthesis")
# Of what SSML leaves to the engine, the figures of Microsoft's documentation, which are the most widely used.
_BREAKS = {"none": 0.0, "x-weak": 0.25, "weak": 0.5, "medium": 0.75, "strong": 1.0, "x-strong": 1.25}
_RATES = {"x-slow": 0.5, "slow": 0.64, "medium": 1.0, "default": 1.0, "fast": 1.55, "x-fast": 2.0}
_PITCHES = {"x-low": 0.55, "low": 0.8, "medium": 1.0, "default": 1.0, "high": 1.2, "x-high": 1.45}
# They change nothing that is said, or hold nothing that is to be said.
_PLAIN = frozenset(("speak", "w", "token"))
_UNSAID = frozenset("metadata meta lexicon desc".split())
_ARPABETS = ("x-arpabet", "cmu-arpabet", "arpabet")
_PROLOG = ("<?xml", "<!DOCTYPE", "<!--")
_PROLOG_SIZE = 4000
# So many pieces before a sentence tell how the one before ended.
_SEEN = 8
_NAMED_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,30};)")


def is_ssml(text: str) -> bool:
    """Whether `text` is a document whose root is `<speak>`."""
    head = text[:_PROLOG_SIZE].lstrip("\ufeff \t\r\n")
    return bool(re.match(r"<speak[\s>/]", head) or (head.startswith(_PROLOG) and re.search(r"<speak[\s>/]", head)))


def read_ssml(text: str, on_skipped: Callable[[str], None] | None = None) -> str:
    """The document as text with pngnat's markup; markup that the text brings along stays.

    on_skipped: called with each tag and attribute that is not supported, once.
    Raises PngnatError for what is no XML, has entities or another root than `<speak>`, or asks for what cannot be.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    reader = _Reader(on_skipped)
    parser = DefusedXMLParser(target=reader, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    try:
        # As bytes, an encoding that the document declares would be believed.
        parser.feed(_declared(_mended(text.lstrip("\ufeff \t\r\n"))))
        return parser.close()
    except ParseError as error:
        line, column = error.position
        raise PngnatError(
            f"the SSML is no well-formed XML: {str(error).split(':')[0]} (line {line}, column {column + 1})"
        ) from error
    except DefusedXmlException as error:
        raise PngnatError(
            "the SSML defines entities or takes them from elsewhere, which is refused; write the text out"
        ) from error


def _mended(text: str) -> str:
    """With HTML's entities as characters, and the signs of "AT&T" and "I <3 you" as entities, which people forget."""
    if "<![CDATA[" not in text:
        text = re.sub(r"&(?!#?\w{1,31};)", "&amp;", re.sub(r"<(?![A-Za-z_/!?])", "&lt;", text))
    return _NAMED_ENTITY.sub(lambda match: _character(match[1]), text)


def _declared(text: str) -> str:
    """With the prefixes declared that people leave undeclared (`<amazon:effect>`, `<mstts:express-as>`)."""
    used = set(re.findall(r"[<\s]/?([A-Za-z][\w.-]{0,40}):[A-Za-z][\w.-]{0,40}(?=[\s=/>])", text))
    missing = sorted(prefix for prefix in used - {"xml", "xmlns"} if f"xmlns:{prefix}" not in text)
    declarations = "".join(f' xmlns:{prefix}="urn:{prefix}"' for prefix in missing)
    return re.sub(r"<speak(?=[\s>/])", lambda match: match[0] + declarations, text, count=1) if missing else text


def _character(name: str) -> str:
    """Of `nbsp;` and the like, which HTML has and XML has not; others are for the parser to name."""
    found = html.unescape(f"&{name}")
    return found if not found.startswith("&") else f"&{name}"


@dataclass
class _Element:
    """An open tag. said: what it holds so far, to be put into its parent when it ends. rate, pitch: what holds
    inside."""

    name: str
    attributes: dict[str, str]
    rate: float
    pitch: float
    said: list[str] = field(default_factory=list)


class _Reader:
    """The target of an XML parser: called for each tag and text in turn, it puts the result together; no tree is
    built."""

    def __init__(self, on_skipped: Callable[[str], None] | None) -> None:
        self._on_skipped = on_skipped
        self._named: set[str] = set()
        self._open = [_Element("", {}, 1.0, 0.0)]
        self._text: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._flush()
        name, parent = _local(tag), self._open[-1]
        if len(self._open) == 1 and name != "speak":
            raise PngnatError(f"the SSML begins with <{name}>, and must begin with <speak>")
        element = _Element(name, {_local(key): value for key, value in attributes.items()}, parent.rate, parent.pitch)
        if name == "prosody":
            self._begin_prosody(element)
        elif name == "s" and not _ends_sentence("".join(parent.said[-_SEEN:])):
            parent.said.append(". ")
        self._open.append(element)

    def end(self, _tag: str) -> None:
        self._flush()
        element, parent = self._open.pop(), self._open[-1]
        said, name = "".join(element.said), element.name
        if (
            name == "phoneme"
            and element.attributes.get("alphabet", "ipa").lower() not in ("ipa", *_ARPABETS)
            and said.strip()
        ):
            self._name(f"<phoneme alphabet={element.attributes['alphabet']!r}>")
            parent.said.append(said)
        elif name in _ENDS:
            parent.said.append(_ENDS[name](element, said))
        elif name == "say-as":
            parent.said.append(say_as(said, element.attributes, self._name))
        elif name == "prosody":
            parent.said.append(said + _changed(parent.rate, parent.pitch, element.rate, element.pitch))
        elif name not in _UNSAID:
            if name not in _PLAIN:
                self._name(f"<{name}>")
            parent.said.append(said)

    def data(self, text: str) -> None:
        self._text.append(text)

    def close(self) -> str:
        return "".join(self._open[0].said).strip()

    def _flush(self) -> None:
        """Indentation is no text: at the ends of a run of text, space is one space."""
        text = "".join(self._text)
        self._text.clear()
        if text:
            lead, trail = (" " if text[place].isspace() else "" for place in (0, -1))
            self._open[-1].said.append(f"{lead}{text.strip()}{trail}" if text.strip() else " ")

    def _begin_prosody(self, element: _Element) -> None:
        before = element.rate, element.pitch
        for key, value in element.attributes.items():
            if key == "rate":
                element.rate = _rate(value.strip(), element.rate)
            elif key == "pitch" and not re.fullmatch(r"\s*[+-]?[\d.]+Hz\s*", value):
                element.pitch = _pitch(value.strip(), element.pitch)
            else:
                self._name(f"{key}={value!r} of <prosody>")
        element.said.append(_changed(element.rate, element.pitch, *before))

    def _name(self, unsupported: str) -> None:
        unsaid = any(element.name in _UNSAID for element in self._open)
        if unsupported not in self._named and self._on_skipped and not unsaid:
            self._on_skipped(f"{unsupported[:80]} (SSML that is not supported)")
        self._named.add(unsupported)


def _local(tag: str) -> str:
    """The name of a tag or an attribute; one of a foreign namespace keeps that as a prefix."""
    namespace, _, name = tag.rpartition("}")
    namespace = namespace.removeprefix("{")
    return name if namespace in _NAMESPACES else f"{re.split('[:/#]', namespace.rstrip('/#'))[-1]}:{name}"


def _ends_sentence(said: str) -> bool:
    """Whether `said` ends a sentence, or is nothing."""
    text = re.sub(r"(?:\[(?:pause|pace|pitch|mark):[^]]{1,200}\]\s*)+$", "", said.rstrip()).rstrip()
    return not text or text[-1] in ".?!…:;"


def _changed(rate: float, pitch: float, rate_before: float, pitch_before: float) -> str:
    """Return the markup of a pace and a pitch that differ from those before."""
    pace = "" if rate == rate_before else str(Pace(rate))
    return pace + ("" if pitch == pitch_before else str(Pitch(pitch)))


def _break(element: _Element, said: str) -> str:
    time, strength = element.attributes.get("time"), element.attributes.get("strength", "medium")
    seconds = _seconds(time) if time is not None else _BREAKS.get(strength.strip())
    if seconds is None or seconds > MAX_PAUSE:
        given = f'time="{time}"' if time is not None else f'strength="{strength}"'
        raise PngnatError(
            f"<break {given[:60]}> wants a time up to {MAX_PAUSE:g}s, like 500ms, or a strength: {', '.join(_BREAKS)}"
        )
    return f"{Pause(seconds)}{said}"


def _seconds(time: str) -> float | None:
    match = re.fullmatch(r"\s*\+?(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})\s*(ms|s)\s*", time)
    return float(match[1]) / (1000 if match[2] == "ms" else 1) if match else None


def _rate(value: str, outer: float) -> float:
    """A signed percentage is relative to what holds outside, all else to the voice's usual rate."""
    match = re.fullmatch(r"([+-]?)(\d{1,6}(?:\.\d{0,6})?|\.\d{1,6})(%?)", value)
    rate = _RATES.get(value)
    if match:
        number = float(match[2]) / (100 if match[3] else 1)
        rate = outer * (1 + float(f"{match[1]}{number}")) if match[1] else number
    if rate is None or not SLOWEST <= rate <= FASTEST:
        raise PngnatError(
            f'<prosody rate="{value[:40]}"> wants {SLOWEST:.0%} to {FASTEST:.0%}, a change like +20%, or '
            f"{', '.join(_RATES)}"
        )
    return rate


def _pitch(value: str, outer: float) -> float:
    """Semitones: +2st and +10% are relative to what holds outside, 110% and names to the voice's usual pitch."""
    match = re.fullmatch(r"([+-]?)(\d{1,6}(?:\.\d{0,6})?)(st|%)", value)
    pitch = 12 * log2(_PITCHES[value]) if value in _PITCHES else None
    if match and match[1] and match[3] == "st":
        pitch = outer + float(match[1] + match[2])
    elif match and match[3] == "%":
        factor = float(match[2]) / 100 if not match[1] else 1 + float(match[1] + match[2]) / 100
        pitch = (outer if match[1] else 0.0) + 12 * log2(factor) if factor > 0 else None
    if pitch is None or abs(pitch) > LARGEST_PITCH:
        raise PngnatError(
            f'<prosody pitch="{value[:40]}"> wants +2st, +10% or 110%, an octave at most, or {", ".join(_PITCHES)}'
        )
    return pitch


def _phoneme(element: _Element, said: str) -> str:
    alphabet, ph = element.attributes.get("alphabet", "ipa").lower(), element.attributes.get("ph", "")
    phonemes = " ".join(parse_phonemes(ph) if alphabet in _ARPABETS else parse_ipa(ph))
    word = re.sub(r"[\[\](){}\s]+", " ", said).strip()
    return f"[{word[:100]}]({phonemes})" if word else f"{{{phonemes}}}"


def _sentence(element: _Element, said: str) -> str:
    return said.rstrip() + (" " if _ends_sentence(said) else ". ")


_ENDS: dict[str, Callable[[_Element, str], str]] = {
    "break": _break,
    "phoneme": _phoneme,
    "sub": lambda element, said: element.attributes.get("alias", said),
    "mark": lambda element, said: (
        f"[mark:{re.sub(r'[^ -~]|[]]', '_', element.attributes.get('name', ''))[:200] or '_'}]{said}"
    ),
    "s": _sentence,
    "p": lambda element, said: f"\n\n{said}\n\n",
}
