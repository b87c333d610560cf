"""The International Phonetic Alphabet to ARPAbet: General American, as dictionaries and other engines spell it."""

from __future__ import annotations

import re
import unicodedata

from pngnat.errors import PngnatError
from pngnat.text.phonemes import VOWELS

# Symbols of one sound, ARPAbet first. Where dictionaries differ, the most frequent meaning counts ("e" as in "bed").
_SOUNDS = """
P p | B b | T t ɾ ʔ T | D d | K k x | G g ɡ | F f | V v | TH θ | DH ð | S s | Z z | SH ʃ | ZH ʒ
HH h ɦ ç | M m ɱ | N n | NG ŋ
L l ɫ | R r ɹ ɻ ɽ ʁ | W w ʍ | Y j | CH tʃ ʧ | JH dʒ ʤ
IY i | IH ɪ ɨ ᵻ ɩ | EY eɪ ei ɛɪ A | EH e ɛ | AE æ | AA ɑ ɒ a | AO ɔ | OW oʊ ou əʊ əu o O Q | UH ʊ ɷ | UW u ʉ ɯ
AH ʌ ə ɐ ᵊ | AY aɪ ai ɑɪ I | AW aʊ au ɑʊ æʊ W | OY ɔɪ ɔi oɪ oi Y | ER ɝ ɚ ɜ ɜɹ ɜr ɜ˞ ə˞ əɹ ər ɝɹ ɚɹ ɜːɹ ɜːr ɝːɹ
IY+AH ɪə | IH+R ɪəɹ ɪər iəɹ iər | EH+R eəɹ eər ɛəɹ ɛər eə ɛə | UH+R ʊəɹ ʊər ʊə
AH+N n\u0329 n\u030d | AH+L l\u0329 l\u030d ɫ\u0329
AH+M m\u0329 m\u030d | ER r\u0329 ɹ\u0329 r\u030d
"""


def _table() -> dict[str, tuple[str, ...]]:
    rows = [part.split() for part in re.split(r"[|\n]", _SOUNDS) if part.strip()]
    return {
        unicodedata.normalize("NFD", symbol): tuple(sounds.split("+"))
        for sounds, *symbols in rows
        for symbol in symbols
    }


_ARPABET = _table()
_STRESS = {"ˈ": "1", "'": "1", "ˌ": "2"}
# Length, syllables, ties, optional sounds, and differences that do not distinguish words of English.
_SILENT = "ːˑ:.‿| ()\u032f\u032a\u0325\u030a\u032c\u031f\u0320\u031d\u031e\u031a\u0306\u0334ʰʲʷˠʼˀ\u2060\u200d"
_TIES = re.compile("[\u0361\u035c]")
_SYMBOL = re.compile("|".join(map(re.escape, sorted(_ARPABET, key=len, reverse=True))))
_REDUCED = re.compile("[əɨᵻᵊɚ][ɹr˞]?|.[\u0329\u030d]")


def parse_ipa(text: str) -> tuple[str, ...]:
    """Return the ARPAbet phonemes of `text` in IPA ("ˈwɪnstən" -> W IH1 N S T AH0 N).

    A stress mark holds for the next vowel. Where none marks the primary stress, the first full vowel gets it. Raises
    PngnatError with the name of a symbol that is no sound of General American."""
    plain = _TIES.sub("", unicodedata.normalize("NFD", text))
    phonemes: list[str] = []
    stress, full, place = "0", None, 0
    while place < len(plain):
        match = _SYMBOL.match(plain, place)
        if match is None and plain[place] not in _STRESS and plain[place] not in _SILENT:
            raise PngnatError(_unknown(plain[place], text))
        if match is None:
            stress = _STRESS.get(plain[place], stress)
        symbol = match[0] if match else ""
        for sound in _ARPABET[symbol] if match else ():
            if sound not in VOWELS:
                phonemes.append(sound)
                continue
            if full is None and not _REDUCED.fullmatch(symbol):
                full = len(phonemes)
            phonemes.append(sound + stress)
            stress = "0"
        place = match.end() if match else place + 1
    if not phonemes:
        raise PngnatError(f"'{text[:40]}' has no sound; write IPA like /ˈwɪnstən/")
    return _stressed(phonemes, full)


def _stressed(phonemes: list[str], full: int | None) -> tuple[str, ...]:
    if full is not None and not any(phoneme.endswith("1") for phoneme in phonemes):
        phonemes[full] = phonemes[full][:-1] + "1"
    return tuple(phonemes)


def _unknown(symbol: str, text: str) -> str:
    name = unicodedata.name(symbol, f"U+{ord(symbol):04X}").lower()
    shown = f"'{symbol}' ({name})" if symbol.isprintable() and not unicodedata.combining(symbol) else name
    return f"{shown} in /{text[:60]}/ is no sound of General American English; write IPA like /ˈwɪnstən/"
