"""HTML to text: tags are removed, blocks become paragraphs, entities become characters.

html.parser takes every `<` for a tag, but plain text contains `a < b`, `I <3 you` and `List<String>`, which are spoken.
The time is linear in the length of any text."""

from __future__ import annotations

import html
import re

# A paragraph ends where one of these begins or ends.
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 head header hr html legend li main menu nav ol optgroup option p pre section "
    "summary table tbody tfoot thead title tr ul".split()
)
# A short pause, as in an address or between the cells of a row; two line breaks are a paragraph.
_SHORT = frozenset({"br", "td", "th"})
_BLANK_LINE = re.compile(r"(?i)<br\s*/?>\s*(?:<br\s*/?>\s*)+")
# Without an end tag, attributes or a slash, `<name>` is a tag for these alone: `copy <source> <target>` has none.
_BARE_GLUED = frozenset("br dd dt hr li p td th tr wbr".split())
_BARE = _BARE_GLUED | frozenset(
    "b blockquote body center div em font h1 h2 h3 h4 h5 h6 html i img ol pre s span strong table tt u ul".split()
)
_MARKS = frozenset(",.;:!?…—–-([{\"'“”‘’")
_FLAGS = frozenset(
    "allowfullscreen async autofocus autoplay checked compact controls default defer disabled download draggable "
    "formnovalidate hidden inert ismap itemscope loop multiple muted nomodule novalidate nowrap open playsinline "
    "readonly required reversed selected".split()
)
_VALUE = r"""(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+)"""
_PIECE = re.compile(
    rf"""(?P<section><!--|<!\[CDATA\[)|<!(?i:doctype)\b[^<>]*>|<\?[^<>]*\?>"""
    rf"""|(?P<tag><(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9]*(?:[:-][A-Za-z0-9]+)*)"""
    rf"""(?P<attributes>(?:\s+[^\s"'<>/=]+(?:\s*=\s*{_VALUE})?)*)\s*(?P<slash>/?)>)"""
    r"""|&(?:amp;)*(?P<entity>\#[0-9]{1,7};?|\#[xX][0-9a-fA-F]{1,6};?|[A-Za-z][A-Za-z0-9]{1,30};|"""
    r"""(?:amp|lt|gt|quot|nbsp)(?![\w=]))"""
)
_SECTIONS = {"<!--": "-->", "<![CDATA[": "]]>"}
_SILENT = {name: re.compile(rf"(?i)</{name}\s*>") for name in ("script", "style")}
_END_TAG = re.compile(r"</([A-Za-z][\w:-]*)\s*>")
_FLAG = re.compile(rf"""\s+([^\s"'<>/=]+)(\s*=\s*{_VALUE})?""")
_POWER = re.compile(r"(?i)(?<=[\w)])<sup>\s*([23])\s*</sup>")
_HIGHER_POWER = re.compile(r"(?i)(?:(?<=\d)|(?<=(?<!\w)[A-Za-z]))<sup>\s*([-−]?\d{1,4})\s*</sup>")
# Angle brackets that are neither a tag nor a comparison: `<file>`, `List<String>`, but not `a<b and b>c`.
_BRACKETED = re.compile(r"(?:(?<!\w)<(?=[A-Za-z])([^<>\n]{1,60})>|<([A-Za-z][\w.:]*(?:, ?[\w.:()]+)*)>(?!\w))")


def readable(text: str) -> str:
    """Return `text` without HTML: no scripts, styles and comments, a blank line around blocks, entities decoded.

    Text that only looks like a tag stays.
    """
    if "&" not in text and not re.search("<[A-Za-z!/?]", text):
        return text
    text = _POWER.sub(lambda match: "²³"[int(match[1]) - 2], text)
    return _Reader(_BLANK_LINE.sub("<p>", _HIGHER_POWER.sub(r"^\1", text))).read()


class _Reader:
    """One pass over a text, which collects the parts of the result."""

    def __init__(self, text: str) -> None:
        self._text = text
        # The place of the last end tag of each name and of the last end of a comment, so that no search is in vain.
        self._ends = {match[1].lower(): match.start() for match in _END_TAG.finditer(text)}
        self._ends |= {mark: text.rfind(mark) for mark in _SECTIONS.values()}
        self._parts: list[str] = []

    def read(self) -> str:
        """Return the text without HTML."""
        place = 0
        while match := _PIECE.search(self._text, place):
            self._parts.append(self._text[place : match.start()])
            place = self._piece(match)
        text = "".join([*self._parts, self._text[place:]])
        # Twice: the brackets of `Map<String, List<Integer>>` are nested.
        for _ in range(2):
            text = _BRACKETED.sub(lambda match: f"({match[1] or match[2]})", text)
        return text

    def _piece(self, match: re.Match[str]) -> int:
        """Append the text that stands for the match, and return where the rest begins."""
        if match["entity"]:
            self._parts.append(_character(match))
        elif match["section"]:
            return self._section(match)
        elif match["tag"]:
            return self._tag(match)
        return match.end()

    def _section(self, match: re.Match[str]) -> int:
        """Skip a comment, or append marked text as it is; return where the rest begins."""
        mark = _SECTIONS[match["section"]]
        if self._ends[mark] < match.end():
            self._parts.append(match[0])
            return match.end()
        close = self._text.index(mark, match.end())
        if mark == "]]>":
            self._parts.append(self._text[match.end() : close])
        return close + len(mark)

    def _tag(self, match: re.Match[str]) -> int:
        """Append the pause or paragraph that stands for a tag; return where the rest begins."""
        name = match["name"].lower()
        ended = self._ends.get(name, -1) > match.start()
        if not self._is_tag(match, name, ended):
            self._parts.append(match[0])
        elif name in _SILENT and ended and not match["end"]:
            end = _SILENT[name].search(self._text, match.end())
            return end.end() if end else len(self._text)
        elif name in _BLOCKS:
            self._parts.append("\n\n")
        elif name in _SHORT and not (match["end"] and name != "br"):
            self._pause()
        return match.end()

    def _is_tag(self, match: re.Match[str], name: str, ended: bool) -> bool:
        flags = [flag.lower() for flag, value in _FLAG.findall(match["attributes"]) if not value]
        if any(flag not in _FLAGS and "-" not in flag for flag in flags):
            return False
        if ended or match["end"] or match["slash"] or match["attributes"]:
            return True
        glued = match.start() > 0 and self._text[match.start() - 1].isalnum()
        return name in (_BARE_GLUED if glued else _BARE)

    def _pause(self) -> None:
        """Append a comma, unless the text ends with a mark or a paragraph."""
        paragraph = False
        while self._parts and not self._parts[-1].strip():
            paragraph |= self._parts.pop() == "\n\n"
        if paragraph or not self._parts:
            self._parts.append("\n\n")
            return
        self._parts[-1] = self._parts[-1].rstrip()
        self._parts.append(" " if self._parts[-1][-1] in _MARKS else ", ")


def _character(match: re.Match[str]) -> str:
    entity = match["entity"]
    character = html.unescape(f"&{entity}" if entity.endswith(";") else f"&{entity};")
    return match[0] if character.startswith("&") and len(character) > 1 else character
