"""The inventory of the phoneme segment: ARPAbet with stress, and boundary tokens."""

from __future__ import annotations

CONSONANTS = tuple("B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH".split())
VOWELS = tuple("AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split())
PHONEMES = CONSONANTS + tuple(f"{vowel}{stress}" for vowel in VOWELS for stress in "012")

WORD_BOUNDARY = " "
# Strongest first: where several marks meet, the boundary token is the strongest of them, since it owns the silence.
PUNCTUATION = (".", "?", "!", "…", "—", ";", ":", ",", ")", "(", '"')
BOUNDARIES = (WORD_BOUNDARY, *PUNCTUATION)


def boundary_token(marks: str) -> str:
    """Return the boundary token of the punctuation `marks`; a plain word boundary where there is none."""
    return next((mark for mark in PUNCTUATION if mark in marks), WORD_BOUNDARY)
