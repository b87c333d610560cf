"""What tests of synthesis say, and what they ask of the result."""

from pngnat.synthesis.speech import Speech

TEXT = "Hello there, my friend. How are you?"
LONG = "The boy was there when the sun rose and a rod is used to catch pink salmon in the cold river above the town."


def says(speech: Speech, text: str) -> bool:
    return [word.text for word in speech.words] == text.replace(",", "").replace(".", "").replace("?", "").split()


def gap(speech: Speech, word: int) -> float:
    """Seconds between the end of a word and the start of the next."""
    return speech.words[word + 1].start - speech.words[word].end
