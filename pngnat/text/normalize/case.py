"""Capitals: shouted sentences and stressed words become lower case, so that only initialisms keep their capitals."""

from __future__ import annotations

import re

from pngnat.text.lexicon import dictionary, is_acronym, is_initialism

# Letters beside digits are codes.
_WORD = re.compile(r"(?<![\w-])[A-Za-z][A-Za-z'’]*(?!\w|-\d)")
_REACH = 40
_OWNER = r"\b(?:the|an?|our|your|my|his|her|their|its|this|that|every|no|another)[\s-]$"
_EXAMS = (
    rf"{_OWNER}|\b(?:took|take|takes|taking|taken|aced|retake|retook|pass|passed|and|or|of|on)\s$",
    r"\s(?:scores?|exams?|tests?|prep|math|verbal|results?|tutors?|sections?|words|practice|essay|registration|and"
    r"|or)\b",
)
# (pattern before, pattern after): the word is an initialism where one of the two matches, and stressed elsewhere.
_INITIALISM_IN = {
    "IT": (
        r"\b(?:the|an|our|your|their|my|corporate|central)\s$",
        r"\s(?:departments?|teams?|support|staff|guys?|managers?|industry|infrastructure|systems?|sector|security"
        r"|services?|specialists?|consultants?|consulting|budgets?|projects?|skills|jobs?|professionals?|directors?"
        r"|help|policy|policies|admins?|company|companies|firms?|work|workers?|person|people|training|equipment"
        r"|solutions?|operations|strategy|field|career|degree|world|department's)\b|\s?[&/-]",
    ),
    "US": (
        r"\b(?:the|across|into|outside|throughout|an?|non|in|from|via|within)[\s-]$",
        r"['’]s\b|-|\s(?:and|or)\s(?:the\s)?(?:UK|EU|USSR|China|Canada|Mexico|Russia|Europe|Britain|Japan|India|Israel"
        r"|Germany|France|Cuba|Iran)\b"
        r"|\s(?!(?:all|and|not|to|the|in|on|about|is|was|who|that|this|now|then|here|there|out|up|down|off|for|from"
        r"|with|at|by|but|if|when|as|or|so|too|both|how|what|why|where|some|one|more|go|know|do|have|into|today|again"
        r"|please|it|a|an|back|because|alone|get|see|be|than|first|over|away|any|your|you|we|he|she|they|i|tonight"
        r"|tomorrow|yesterday|will|can|win|live|free)\b)[a-z]",
    ),
    "WHO": (
        r"\b(?:the|a|our)\s$",
        r"\s(?:officials?|experts?|reports?|guidelines?|data|director|chief|recommend\w*|warn\w*|announced|declared"
        r"|estimates?|spokes\w+|team|staff|headquarters|and\sthe|scientists?|representatives?|advice)\b",
    ),
    "AM": (
        r"(?:\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirty|fifteen|the|an|and))\s?$",
        r"\s(?:radio|and\sPM|or\sPM)|[-/](?:FM|PM)",
    ),
    "AT": (r"(?!)", r"\s?&|\sand\sT\b"),
    "SAT": _EXAMS,
    "ACT": _EXAMS,
    "ERA": (r"\b(?:the|an|his|her|my|their|team|career|low|lowest|season|\d)\s$", r"\s(?:was|is|title|leader|of\s\d)"),
    "ADD": (
        r"\b(?:has|have|had|having|with|of|and|for|is|my|his|her)\s$",
        r"\s(?:medication|medicine|diagnosis|symptoms?|and\sADHD|or\sADHD)",
    ),
    "ICE": (
        r"\b(?:the|by|an|and|called)\s$",
        r"\s(?:agents?|raids?|officers?|officials?|detention|arrests?|custody|detained|deport\w+|facility)\b",
    ),
}
# Before "us", which is no country, and after "who", which is no organization.
_BEFORE_US = (
    r"\b(?:to|with|for|of|tell|told|tells|give|gave|gives|lets?|about|help|join|like|than|between|see|saw|ask|asked"
    r"|show|it's|is|was|on|against|all|save|trust|follow|pay|call|and|at|made|make)\s$"
)
_AFTER_WHO = (
    r"\s(?:is|are|was|were|did|does|do|will|would|can|could|has|had|have|am|should|the|said|you|I|we|they|he|she)\b|\?"
)
_IN_FIELD = re.compile(r"\b(?:in|into|for|with|and|from)\s$")
_ENDS = re.compile(r"\s*(?:[.,;:!?)\"]|$)|\s(?:and|or|at|since)\b")


def is_shouted(text: str) -> bool:
    """Return whether the sentence is all in capitals, with at least two ordinary words."""
    words = [word for word in _WORD.findall(text) if len(word) > 1]
    return all(word.isupper() for word in words) and sum(_is_ordinary(word) for word in words) >= 2


def _is_ordinary(word: str) -> bool:
    return word in _INITIALISM_IN or not is_initialism(word, shouted=True)


def lower_shouting(text: str) -> str:
    """Return `text` with its stressed words in lower case ("It IS up to US" -> "It is up to us")."""
    capitals = [match for match in _WORD.finditer(text) if len(match[0]) > 1 and match[0].isupper()]
    if not capitals:
        return text
    shouted = is_shouted(text)
    emphatic = shouted or any(_is_stressed(match[0]) for match in capitals)

    def replaced(match: re.Match[str]) -> str:
        word = match[0]
        if word in _INITIALISM_IN:
            return word if _is_initialism_here(word, text, match, emphatic) else word.lower()
        if not shouted or is_initialism(word, shouted=True) or (word[0] == "I" and (len(word) < 2 or word[1] in "'’")):
            return word
        return word.lower()

    return _WORD.sub(replaced, text) if shouted else _sub_capitals(text, capitals, replaced)


def _sub_capitals(text: str, capitals: list[re.Match[str]], replaced) -> str:
    parts, start = [], 0
    for match in capitals:
        parts += [text[start : match.start()], replaced(match)]
        start = match.end()
    return "".join([*parts, text[start:]])


def _is_stressed(word: str) -> bool:
    """Return whether a word in capitals can only be an ordinary word ("NOT", "HAPPY")."""
    return (
        word not in _INITIALISM_IN and word.lower() in dictionary() and not is_initialism(word) and not is_acronym(word)
    )


def _is_initialism_here(word: str, text: str, match: re.Match[str], emphatic: bool) -> bool:
    before, after = text[max(0, match.start() - _REACH) : match.start()], text[match.end() : match.end() + _REACH]
    preceding, following = _INITIALISM_IN[word]
    if word == "ACT" and re.match(r"\s(?:of|like|as)\b", after, re.IGNORECASE):
        return False
    if re.search(preceding, before, re.IGNORECASE) or re.match(following, after, re.IGNORECASE):
        return True
    if word == "IT":
        return not emphatic and bool(_IN_FIELD.search(before) and _ENDS.match(after))
    if word == "US" and not emphatic:
        return not re.search(_BEFORE_US, before, re.IGNORECASE)
    if word == "WHO" and not emphatic:
        return bool(before.strip()) and not re.match(_AFTER_WHO, after)
    return False
