"""Whether a number with a unit is an adjective, so that the unit is singular: "a ten meter passage", "a thirty minute
show"."""

from __future__ import annotations

import re

from pngnat.text.normalize.rules import after, before

_DETERMINER = r"\b(?i:the|this|that|my|your|his|her|its|our|their|each|every|another|one|first|second|third|last|next|new|old|same|whole)\s"
_ARTICLE = r"\b(?i:an?|another|every|each)\s(?:[a-z]+(?:ed|ing|al|ous|ful|y|ic|ive|ly)\s|new\s|nice\s|big\s|small\s|good\s|bad\s|short\s|long\s)?"
# After the unit these go on with the sentence; what they follow is no adjective ("the 5 km between them").
_NO_NOUN = re.compile(
    r"(?:of|in|on|at|to|from|for|with|by|per|and|or|but|nor|than|then|as|if|when|while|that|which|who|is|was|are|were|be|has|had|have|will|would"
    r"|can|could|may|might|must|should|shall|do|does|did|a|an|the|this|these|those|my|your|his|her|its|our|their|it|he|she|they|we|you|I|ago"
    r"|away|later|after|before|until|since|off|out|up|down|over|under|above|below|between|into|onto|through|around|about|along|across|apart"
    r"|ahead|behind|east|west|north|south|left|right|each|every|more|less|longer|shorter|higher|lower"
    r"|wider|deeper|heavier|lighter|faster|slower|older|today|yesterday|tomorrow|now|here|there|so|because|per|plus|minus|times|not|only|just"
    r"|again|once|twice|daily|weekly|too|also|still|late|early|back|further|farther|inside|outside|every|last|next|since|except|without"
    r"|straight|clockwise|counterclockwise)\b"
)
_SIZE = re.compile(r"(?:long|wide|high|tall|deep|thick|old)\b")
_DIMENSION = (
    r"\s(?:long|wide|high|tall|deep|thick|old)\s(?!of\b|in\b|on\b|at\b|to\b|and\b|or\b|by\b|with\b|when\b|as\b"
    r"|the\b|a\b|is\b|was\b|but\b)[a-z]"
)
# What is measured, and so follows an adjective even where nothing comes before ("30 min show").
_MEASURED = re.compile(
    r"(?:show|walk|drive|ride|run|race|hike|trip|flight|break|meeting|call|video|film|movie|song|clip|delay|wait|limit|fence|wall|pole|ladder"
    r"|rope|cable|cord|pipe|board|plank|tree|house|home|apartment|flat|room|space|lot|property|building|office|warehouse|store|shop|garage"
    r"|bag|box|bottle|can|jar|pack|package|tub|tin|carton|jug|glass|steak|burger|patty|bulb|lamp|charger|battery|motor|engine|amplifier|speaker"
    r"|phone|tablet|laptop|hard|drive|disk|card|monitor|screen|display|camera|lens|zone|radius|diameter|angle|turn|rotation|slope|incline"
    r"|window|timer|interval|session|class|lesson|lecture|course|exam|test|period|shift|workout|nap|swim|dash|sprint|marathon|relay|climb"
    r"|jump|drop|fall|passage|tunnel|bridge|road|stretch|gap|hole|pool|tank|dose|tablet|pill|capsule|baby|dog|cat|fish|man|woman|boy|girl"
    r"|weight|dumbbell|barbell|kettlebell|stone|rock|episode|interview|presentation|speech|talk|podcast|sale|guarantee|warranty|contract"
    r"|lease|loan|mortgage|program|project|plan|tour|cruise|hurdles|radar|band|signal|connection|deal|bill|note|coin|ticket|fee|fine|tip"
    r"|prize|budget|investment|donation|bonus|gift|yacht|boat|truck|car|trail|route|loop|commute|buffer|file|memory|stick|module|video)s?\b"
)


def is_adjective(match: re.Match[str]) -> bool:
    """Whether the measure that `match` is stands before a noun as an adjective."""
    following = after(match, r"[\s-]([A-Za-z][\w'’-]*)")
    if following is None:
        return False
    if _NO_NOUN.match(following[1]):
        return False
    if before(match, _ARTICLE) or after(match, _DIMENSION):
        return True
    if _SIZE.match(following[1]):
        return False
    return bool(_MEASURED.match(following[1]) or before(match, _DETERMINER))
