"""Which dots end a sentence, for the splitting into sentences and for the rules that remove a dot."""

from __future__ import annotations

import re

from pngnat.text.normalize.tables import (
    BOOKS,
    COMPANY,
    DAYS,
    DOTTED,
    MARKED,
    MONTHS,
    NUMBERED,
    PHRASES,
    SHORT_DAYS,
    SHORT_MONTHS,
    STATES,
    STREETS,
    TITLES,
    UNITS,
)

_REACH = 60
_OPENERS = r"[\s\"'(\[\U000F0000-\U000FFFFD]*"
# Words that begin a sentence and do not continue a name.
STARTS = re.compile(
    _OPENERS
    + r"(?:He|She|It|They|We|I|The|A(?!,)|An|There|This|That|These|Those|In|On|At|But|And|Then|His|Her|My|Our|You|When"
    r"|If|As|So|After|For|Who|What|Where|Why|How|Their|Its|Your|Some|Most|Many|Now|Yet|Or|Not|Yes|All|With|By|From|To"
    r"|Here|Please|Also|However|Meanwhile|Since|While|Because|Although|Though|Once|Each|Every|Both|Nobody|Nothing"
    r"|Everyone|Everybody|Someone|Let|Was|Is|Are|Did|Does|Do)"
    r"(?![\w.]|['’-]\w)|\s*\([A-Z][^()]{0,40}[.!?]\)"
    r"|" + _OPENERS + r"(?:It|He|She|We|They|I|You|That|There|Let|What|Who)['’]\w"
)
_NEXT = re.compile(_OPENERS + r"(?P<word>\S[\w'’-]*)")
_GOES_ON = re.compile(_OPENERS + r"[,;:.!?…)\]}–—*/%&+=<>-]")
_CALENDAR = frozenset([*MONTHS, *DAYS, *SHORT_MONTHS, *SHORT_DAYS])
_ZONES = frozenset(
    "EST EDT CST CDT MST MDT PST PDT GMT UTC ET CT MT PT BST CET Eastern Pacific Central Mountain".split()
)
# Words before a single letter that is a name and no initial.
LETTERED = (
    r"\b(?i:plan|vitamin|grade|option|part|class|group|type|point|letter|section|hepatitis|appendix|exhibit"
    r"|gate|apartment)\s"
)
_ARTICLE = re.compile(r"\b(?i:the|my|your|his|her|our|their|a|this|that|good|dear)\s$")
# Verbs that begin a sentence after a street ("on Elm St. Call him"), where other capitals are places.
_VERBS = frozenset(
    "Call Turn Go Come See Take Drive Walk Park Stop Visit Ask Bring Meet Wait Look Keep Make Follow Use Send Ring "
    "Cross Pass".split()
)
# A time alone is no sentence ("At 5 a.m. Mr. Smith left").
_AT_TIME = re.compile(r"\W*(?:At|By|From|Around|Until|Since|Before|After|About)\s[\d:]{1,5}\s?[AaPp]\.[Mm]")
_DOTTED_LETTERS = re.compile(r"(?:[A-Za-z]{1,2}\.)+[A-Za-z]{1,2}")
_NEVER = frozenset(phrase.rstrip(".").lower() for phrase in PHRASES)
_UNITS = frozenset(unit.rpartition(" ")[2] for unit in UNITS)
_AMOUNT = re.compile(r"[\d½⅓⅔¼¾⅛⅜⅝⅞]\s?(?:(?:sq|cu|fl)\.?\s)?$")
_HYPHENED_AMOUNT = re.compile(r"\d-$")
_FLOOR = re.compile(r"\d(?:st|nd|rd|th)\s$")
_ITEM = re.compile(r"[\s\"'(]*(\d{1,3}|[IVX]{1,5}|[ivx]{2,5}|[A-Za-z])$")
_ROMAN = re.compile(r"[IVXLC]+$")


def ends_sentence(text: str, dot: int, end: int, start: int = 0) -> bool:
    """Return whether the mark at text[dot] ends the sentence that begins at `start`.

    end: the end of the closing quotes and brackets after the mark. Before another mark or a lower-case letter no
    sentence ends.
    """
    following = text[end : end + _REACH]
    found = _NEXT.match(following)
    if found is None:
        return not following.strip() or not _GOES_ON.match(following)
    if found["word"][0].islower() or _GOES_ON.match(following):
        return False
    if text[dot] != "." or text[max(start, dot - 1) : dot] == ".":
        return True
    before = text[max(start, dot - _REACH) : dot]
    found_word = re.search(r"[^\s\"'(\[–—/-]*$", before)
    word = found_word[0] if found_word else ""
    if not word:
        return True
    lead = before[: len(before) - len(word)]
    if (
        dot - start < 8
        and (item := _ITEM.match(text[start:dot]))
        and (len(item[1]) > 1 or item[1].isdigit() or not STARTS.match(following))
    ):
        return False
    if _AT_TIME.fullmatch(text, start, dot):
        return False
    return _dot_ends(word, lead, found["word"], bool(STARTS.match(following)))


def _dot_ends(word: str, lead: str, following: str, starts: bool) -> bool:
    """Return whether a dot after `word` ends a sentence.

    lead: the text before the word. starts: whether the following word begins sentences.
    """
    number = following[0].isdigit()
    if len(word) == 1 and word.isalpha():
        return _letter_ends(word, lead, number, starts)
    if word in _UNITS and _HYPHENED_AMOUNT.search(lead):
        return starts
    if word in _UNITS and _AMOUNT.search(lead):
        return not number
    if number and (word + "." in DOTTED or word in ("al", "Rs", "Est", "est") or word in BOOKS):
        return False
    if word.lower() in _NEVER or (word in NUMBERED and (number or (_ROMAN.match(following) and following != "I"))):
        return False
    if (word in MARKED and len(following) == 1 and following.isupper()) or (word == "fl" and _FLOOR.search(lead)):
        return starts
    if _DOTTED_LETTERS.fullmatch(word):
        half_day = word.lower() in ("a.m", "p.m")
        return following not in _CALENDAR | _ZONES and not number if half_day else starts
    if word in SHORT_MONTHS or word in SHORT_DAYS or (number and word.capitalize() in SHORT_MONTHS):
        return not number and following.rstrip(".") not in _CALENDAR
    if word in TITLES and _ARTICLE.search(lead):
        return starts
    if word in TITLES or word in STREETS or word + "." in COMPANY or word in STATES:
        named = word in STREETS and re.search(r"(?:[A-Z][\w’'-]*|\d(?:st|nd|rd|th))\s$", lead)
        return starts or bool(named and following in _VERBS)
    return True


def _letter_ends(word: str, lead: str, number: bool, starts: bool) -> bool:
    if (word in NUMBERED and number) or (word == "c" and number):
        return False
    if word == "v":
        return not re.search(r"[A-Z][\w.'’-]*\s$", lead)
    if word in "NSEW" and re.search(r"\d\s$", lead):
        return False
    if word.islower() or re.search(LETTERED + "$", lead):
        return True
    if word == "I" and re.search(r"(?:^|\s)[a-z][\w'’]*,?\s$", lead):
        return True
    return starts or number
