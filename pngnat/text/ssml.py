"""SSML to pngnat's markup: the tags of W3C SSML 1.1 that a voice can follow.

| tag | becomes |
| --- | --- |
| `<break time strength>` | `[pause:0.5]` |
| `<prosody rate pitch>` | `[pace:0.8]`, `[pitch:2]`, and the values before it at its end |
| `<phoneme alphabet="ipa" or "x-arpabet" ph>` | `[word](W ER1 D)` |
| `<sub alias>`, `<say-as interpret-as>` | the words that are spoken |
| `<p>`, `<s>`, `<mark name>` | a paragraph, a sentence, `[mark:NAME]` |

Other tags are reported once and left out; their text is spoken. defusedxml expands no entity and opens no file."""

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
# SSML leaves these to the engine; the figures of Microsoft's documentation are the most widely used.
_BREAKS = {"none": 0.0, "x-weak": 0.25, "weak": 0.5, "medium": 0.75, "strong": 1.0, "x-strong": 1.25}
_RATES = {"x-slow": 0.5, "slow": 0.64, "medium": 1.0, "default": 1.0, "fast": 1.55, "x-fast": 2.0}
_PITCHES = {"x-low": 0.55, "low": 0.8, "medium": 1.0, "default": 1.0, "high": 1.2, "x-high": 1.45}
# Tags without an effect, and tags whose text is not spoken.
_PLAIN = frozenset(("speak", "w", "token"))
_SILENT = frozenset("metadata meta lexicon desc".split())
_ARPABETS = ("x-arpabet", "cmu-arpabet", "arpabet")
_PROLOG = ("<?xml", "<!DOCTYPE", "<!--")
_PROLOG_SIZE = 4000
# Pieces of text that show whether the previous sentence has ended.
_RECENT = 8
_NAMED_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,30};)")


def is_ssml(text: str) -> bool:
    """Return whether `text` is a document whose root is `<speak>`."""
    head = text[:_PROLOG_SIZE].lstrip("\ufeff \t\r\n")
    return bool(re.match(r"<speak[\s>/]", head) or (head.startswith(_PROLOG) and re.search(r"<speak[\s>/]", head)))


def read_ssml(text: str, on_skipped: Callable[[str], None] | None = None) -> str:
    """Return the document as text with pngnat's markup; markup inside the text stays.

    on_skipped: called with each tag and attribute that is not supported, once.
    Raises PngnatError for malformed XML, entities, another root than `<speak>`, and values out of range.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    reader = _Reader(on_skipped)
    parser = DefusedXMLParser(target=reader, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    try:
        # Not as bytes, whose declared encoding would be used.
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
    """Return the text with HTML's entities as characters, and with the bare signs of "AT&T" and "I <3 you" escaped."""
    if "<![CDATA[" not in text:
        text = re.sub(r"&(?!#?\w{1,31};)", "&amp;", re.sub(r"<(?![A-Za-z_/!?])", "&lt;", text))
    return _NAMED_ENTITY.sub(lambda match: _character(match[1]), text)


def _declared(text: str) -> str:
    """Return the text with its undeclared prefixes declared (`<amazon:effect>`, `<mstts:express-as>`)."""
    used = set(re.findall(r"[<\s]/?([A-Za-z][\w.-]{0,40}):[A-Za-z][\w.-]{0,40}(?=[\s=/>])", text))
    missing = sorted(prefix for prefix in used - {"xml", "xmlns"} if f"xmlns:{prefix}" not in text)
    declarations = "".join(f' xmlns:{prefix}="urn:{prefix}"' for prefix in missing)
    return re.sub(r"<speak(?=[\s>/])", lambda match: match[0] + declarations, text, count=1) if missing else text


def _character(name: str) -> str:
    """Return the character of an entity of HTML, as `nbsp;`; unknown entities stay for the parser to report."""
    found = html.unescape(f"&{name}")
    return found if not found.startswith("&") else f"&{name}"


@dataclass
class _Element:
    """An open tag. spoken: its text so far, which its end appends to the parent. rate, pitch: the values inside."""

    name: str
    attributes: dict[str, str]
    rate: float
    pitch: float
    spoken: list[str] = field(default_factory=list)


class _Reader:
    """The target of an XML parser: it receives each tag and text in turn, and builds no tree."""

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
        elif name == "s" and not _ends_sentence("".join(parent.spoken[-_RECENT:])):
            parent.spoken.append(". ")
        self._open.append(element)

    def end(self, _tag: str) -> None:
        self._flush()
        element, parent = self._open.pop(), self._open[-1]
        text, name = "".join(element.spoken), element.name
        if (
            name == "phoneme"
            and element.attributes.get("alphabet", "ipa").lower() not in ("ipa", *_ARPABETS)
            and text.strip()
        ):
            self._name(f"<phoneme alphabet={element.attributes['alphabet']!r}>")
            parent.spoken.append(text)
        elif name in _ENDS:
            parent.spoken.append(_ENDS[name](element, text))
        elif name == "say-as":
            parent.spoken.append(say_as(text, element.attributes, self._name))
        elif name == "prosody":
            parent.spoken.append(text + _changed(parent.rate, parent.pitch, element.rate, element.pitch))
        elif name not in _SILENT:
            if name not in _PLAIN:
                self._name(f"<{name}>")
            parent.spoken.append(text)

    def data(self, text: str) -> None:
        self._text.append(text)

    def close(self) -> str:
        return "".join(self._open[0].spoken).strip()

    def _flush(self) -> None:
        """Append the collected text; space at its ends, as indentation, becomes one space."""
        text = "".join(self._text)
        self._text.clear()
        if text:
            lead, trail = (" " if text[place].isspace() else "" for place in (0, -1))
            self._open[-1].spoken.append(f"{lead}{text.strip()}{trail}" if text.strip() else " ")

    def _begin_prosody(self, element: _Element) -> None:
        before = element.rate, element.pitch
        for key, value in element.attributes.items():
            if key == "rate":
                element.rate = _rate(value.strip(), element.rate)
            elif key == "pitch" and not re.fullmatch(r"\s*[+-]?[\d.]+Hz\s*", value):
                element.pitch = _pitch(value.strip(), element.pitch)
            else:
                self._name(f"{key}={value!r} of <prosody>")
        element.spoken.append(_changed(element.rate, element.pitch, *before))

    def _name(self, unsupported: str) -> None:
        silent = any(element.name in _SILENT for element in self._open)
        if unsupported not in self._named and self._on_skipped and not silent:
            self._on_skipped(f"{unsupported[:80]} (SSML that is not supported)")
        self._named.add(unsupported)


def _local(tag: str) -> str:
    """Return the name of a tag or an attribute; another namespace than SSML's becomes its prefix."""
    namespace, _, name = tag.rpartition("}")
    namespace = namespace.removeprefix("{")
    return name if namespace in _NAMESPACES else f"{re.split('[:/#]', namespace.rstrip('/#'))[-1]}:{name}"


def _ends_sentence(spoken: str) -> bool:
    """Return whether `spoken` is empty or ends a sentence."""
    text = re.sub(r"(?:\[(?:pause|pace|pitch|mark):[^]]{1,200}\]\s*)+$", "", spoken.rstrip()).rstrip()
    return not text or text[-1] in ".?!…:;"


def _changed(rate: float, pitch: float, rate_before: float, pitch_before: float) -> str:
    """Return the markup of a pace and a pitch that differ from those before."""
    pace = "" if rate == rate_before else str(Pace(rate))
    return pace + ("" if pitch == pitch_before else str(Pitch(pitch)))


def _break(element: _Element, text: str) -> str:
    time, strength = element.attributes.get("time"), element.attributes.get("strength", "medium")
    seconds = _seconds(time) if time is not None else _BREAKS.get(strength.strip())
    if seconds is None or seconds > MAX_PAUSE:
        given = f'time="{time}"' if time is not None else f'strength="{strength}"'
        raise PngnatError(
            f"<break {given[:60]}> needs a time up to {MAX_PAUSE:g}s, like 500ms, or a strength: {', '.join(_BREAKS)}"
        )
    return f"{Pause(seconds)}{text}"


def _seconds(time: str) -> float | None:
    match = re.fullmatch(r"\s*\+?(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})\s*(ms|s)\s*", time)
    return float(match[1]) / (1000 if match[2] == "ms" else 1) if match else None


def _rate(value: str, outer: float) -> float:
    """Return the pace of a rate: a signed percentage is relative to `outer`, other values to the default pace."""
    match = re.fullmatch(r"([+-]?)(\d{1,6}(?:\.\d{0,6})?|\.\d{1,6})(%?)", value)
    rate = _RATES.get(value)
    if match:
        number = float(match[2]) / (100 if match[3] else 1)
        rate = outer * (1 + float(f"{match[1]}{number}")) if match[1] else number
    if rate is None or not SLOWEST <= rate <= FASTEST:
        raise PngnatError(
            f'<prosody rate="{value[:40]}"> needs {SLOWEST:.0%} to {FASTEST:.0%}, a change like +20%, or '
            f"{', '.join(_RATES)}"
        )
    return rate


def _pitch(value: str, outer: float) -> float:
    """Return the semitones of a pitch: +2st and +10% are relative to `outer`, 110% and names to the default pitch."""
    match = re.fullmatch(r"([+-]?)(\d{1,6}(?:\.\d{0,6})?)(st|%)", value)
    pitch = 12 * log2(_PITCHES[value]) if value in _PITCHES else None
    if match and match[1] and match[3] == "st":
        pitch = outer + float(match[1] + match[2])
    elif match and match[3] == "%":
        factor = float(match[2]) / 100 if not match[1] else 1 + float(match[1] + match[2]) / 100
        pitch = (outer if match[1] else 0.0) + 12 * log2(factor) if factor > 0 else None
    if pitch is None or abs(pitch) > LARGEST_PITCH:
        raise PngnatError(
            f'<prosody pitch="{value[:40]}"> needs +2st, +10% or 110%, an octave at most, or {", ".join(_PITCHES)}'
        )
    return pitch


def _phoneme(element: _Element, text: str) -> str:
    alphabet, ph = element.attributes.get("alphabet", "ipa").lower(), element.attributes.get("ph", "")
    phonemes = " ".join(parse_phonemes(ph) if alphabet in _ARPABETS else parse_ipa(ph))
    word = re.sub(r"[\[\](){}\s]+", " ", text).strip()
    return f"[{word[:100]}]({phonemes})" if word else f"{{{phonemes}}}"


def _sentence(element: _Element, text: str) -> str:
    return text.rstrip() + (" " if _ends_sentence(text) else ". ")


_ENDS: dict[str, Callable[[_Element, str], str]] = {
    "break": _break,
    "phoneme": _phoneme,
    "sub": lambda element, text: element.attributes.get("alias", text),
    "mark": lambda element, text: (
        f"[mark:{re.sub(r'[^ -~]|[]]', '_', element.attributes.get('name', ''))[:200] or '_'}]{text}"
    ),
    "s": _sentence,
    "p": lambda element, text: f"\n\n{text}\n\n",
}
