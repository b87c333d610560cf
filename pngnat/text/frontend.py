"""Text to utterances: markup, sentences, normalization, words, and their phonemes in context."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from pngnat.text.context import pronounce
from pngnat.text.g2p import Pronouncer
from pngnat.text.html import readable
from pngnat.text.markup import Markup
from pngnat.text.normalize import normalize
from pngnat.text.sentences import clauses, paragraphs, sentences
from pngnat.text.ssml import is_ssml, read_ssml
from pngnat.text.utterance import Utterance
from pngnat.text.words import Draft, DraftBoundary, draft

_MORE_THAN_MARKS = re.compile(r"[^\s.!?,;:…'\"()-]")


class Frontend:
    """English text to utterances. lexicon: the user's pronunciations (see load_lexicon), which win over the
    dictionary."""

    def __init__(self, lexicon: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self.pronouncer = Pronouncer(lexicon)

    def utterances(
        self, text: str, on_skipped: Callable[[str], None] | None = None, ssml: bool | None = None
    ) -> Iterator[Utterance]:
        """The sentences of `text`, lazily; sentences of more than 300 phonemes come in several utterances, cut at
        clauses.

        The text may hold HTML, `[word](W ER1 D)`, `[word](/wɝd/)`, `{W ER1 D | W ER1 D Z}`, `[pause:0.5]` (seconds),
        `[pace:0.7]`, `[pitch:2]` (semitones) and `[mark:NAME]`. Every utterance has words; a sentence without any gives
        its marks, pauses, pace and pitch to its neighbour.
        on_skipped: called with a line for each run of characters that cannot be spoken, and each tag of SSML that is
        not supported.
        ssml: whether the text is SSML; None means that it is where it begins with <speak>.
        Raises PngnatError for markup that cannot be read.
        """
        if is_ssml(text) if ssml is None else ssml:
            text = read_ssml(text, on_skipped)
        else:
            text = readable(text)
        held: Draft | None = None
        for paragraph in paragraphs(text):
            for following in self._drafts(paragraph, on_skipped):
                if held and held.words and following.words:
                    yield from clauses(held.utterance(pronounce(held, self.pronouncer)))
                    held = following
                elif held:
                    held.absorb(following)
                else:
                    held = following
            if held:
                held.ends_paragraph = bool(held.words)
        if held and held.words:
            yield from clauses(held.utterance(pronounce(held, self.pronouncer)))

    def _drafts(self, paragraph: str, on_skipped: Callable[[str], None] | None) -> Iterator[Draft]:
        if not _MORE_THAN_MARKS.search(paragraph):
            yield Draft(boundaries=[DraftBoundary(paragraph)])
            return
        markup = Markup(paragraph, on_skipped)
        for sentence in sentences(markup.text):
            yield draft(normalize(sentence), markup, self.pronouncer)
