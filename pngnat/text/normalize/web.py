"""E-mail addresses, web addresses, file names, handles and hashtags."""

from __future__ import annotations

import re

from pngnat.text.normalize.numbers import cardinal, code, digits
from pngnat.text.normalize.rules import NumberRule, Rule

_SIGNS = {
    ".": "dot",
    "@": "at",
    "/": "slash",
    "-": "dash",
    "_": "underscore",
    ":": "colon",
    "?": "question mark",
    "=": "equals",
    "&": "and",
    "#": "hash",
    "%": "percent",
    "+": "plus",
    "~": "tilde",
    "!": "exclamation mark",
    ";": "semicolon",
    ",": "comma",
}
# Two-letter endings that are spoken as words; other endings of two letters are spelled.
_WORDS = frozenset({"co", "me", "no", "so", "to", "in", "is", "it", "at", "be"})
_SPELLED = frozenset(
    (
        "www http https html htm php pdf csv jpg png gif mp svg xml json txt url ftp gov.uk tv io ai uk us eu fm ly "
        "md py js ts cpp sh yml ini cfg css sql tsv docx xlsx pptx gz rb rs mov avi m4a wav svg jsx tsx exe apk"
    ).split()
)
_TOP = (
    r"(?:com|org|net|edu|gov|mil|int|info|biz|io|ai|app|dev|co|uk|us|ca|de|fr|au|eu|in|nz|ie|ch|at|nl|se|no|es|it|be"
    r"|jp|cn|ru|tv|me|fm|ly|xyz|blog|shop|online|site|tech|museum)"
)
_ENDINGS = (
    r"html?|php|pdf|csv|tsv|jpe?g|png|gif|svg|txt|json|xml|ya?ml|toml|ini|cfg|conf|md|rst|tex|log|docx?|xlsx?|pptx?"
    r"|zip|tar|gz|exe|dll|apk|py|ipynb|jsx?|tsx?|css|java|cpp|hpp|[ch]|rs|go|rb|sh|bat|sql|lock|env|mp[34]|m4a|wav|ogg"
    r"|flac|mov|avi|mkv|psd|iso|dmg|bak|tmp"
)
_HOST = rf"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+{_TOP}"
_PATH = r"(?:[/?#](?:[\w\-./?%&=+~#:@!;,]*[\w\-/=+~])?)?"


def _piece(piece: str, top: bool) -> str:
    if piece.isdigit():
        return cardinal(piece) if len(piece) < 3 or (len(piece) == 3 and piece.endswith("0")) else digits(piece)
    if piece.lower() in _SPELLED or (top and len(piece) == 2 and piece.lower() not in _WORDS):
        return piece.upper()
    return " ".join(re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\S", piece)) if re.search(r"[a-z][A-Z]", piece) else piece


def _spoken(address: str) -> str:
    parts = re.findall(r"[A-Za-z]+|\d+|[^A-Za-z\d]", address)
    words = []
    for index, part in enumerate(parts):
        ends_host = index > 0 and parts[index - 1] == "." and (index + 1 == len(parts) or parts[index + 1] in "/:?.")
        words.append(_SIGNS[part] if part in _SIGNS else _piece(part, ends_host))
    # The silent hyphen marks the letter, as opposed to the article.
    return re.sub(r"(?<![\w-])[aA] (?=\w)", "A-", " ".join(words))


def _url(match: re.Match[str]) -> str:
    return _spoken(match["address"].rstrip("/"))


def _file(match: re.Match[str]) -> str | None:
    """Return the words for a file name, None for the end of a sentence ("Plan.C")."""
    name, _, ending = match["address"].rpartition(".")
    if len(ending) == 1 and (name[0].isupper() or len(name) < 3 or "." in name):
        return None
    return _spoken(match["address"].replace("README", "Readme"))


def _hashtag(match: re.Match[str]) -> str:
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", match["tag"])
    return "hashtag " + " ".join(words or [match["tag"]])


RULES: tuple[Rule, ...] = (
    Rule(r"(?<![\w.+-])(?P<address>[A-Za-z0-9][\w.+-]*@(?:[\w-]+\.)+[A-Za-z]{2,})(?![\w@])", _url),
    Rule(rf"(?<![\w@])(?:https?|ftp|file)://(?P<address>/?(?:[\w-]+\.)*[\w-]+(?::\d+)?{_PATH})", _url, needs="/"),
    Rule(rf"(?<![\w@.-])(?P<address>www\.[\w-]+(?:\.[\w-]+)+{_PATH})", _url),
    Rule(rf"(?<![\w@.-])(?P<address>{_HOST}{_PATH})(?![\w@])", _url),
    Rule(
        r"(?<![\w./-])(?P<address>(?:(?:~|\.{1,2})?/)?(?:[\w.-]+/){0,9}\.?[A-Za-z][\w-]*(?:\.\w+)*\."
        rf"(?i:{_ENDINGS}))(?!\w|[/.]\w)",
        _file,
    ),
    Rule(r"(?<!\S)(?P<address>(?:~/|(?:~?/[\w.-]+)+/)\.?[\w-]+(?:\.\w+)*|\.[a-z]{3,}(?!\S))", _url),
    NumberRule(
        r"(?P<host>\blocalhost|\b(?:\d{1,3}\.){3}\d{1,3}):(?P<port>\d{2,5})(?!\w)",
        lambda m: f"{_spoken(m['host'])} colon {code(m['port'])}",
    ),
    Rule(r"(?<![\w#&])\#(?P<tag>[A-Za-z]\w*|\d+[A-Z][a-z]\w+)", _hashtag),
    Rule(r"(?<![\w@])@(?P<name>[A-Za-z]\w*)", lambda m: "at " + _spoken(m["name"])),
)
