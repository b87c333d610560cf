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
    """The text front end: English text to utterances.

    lexicon: the user's pronunciations by word (see load_lexicon), which take precedence over the dictionary.
    """

    def __init__(self, lexicon: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self.pronouncer = Pronouncer(lexicon)

    def utterances(
        self, text: str, on_skipped: Callable[[str], None] | None = None, ssml: bool | None = None
    ) -> Iterator[Utterance]:
        """Yield the sentences of `text`; one of more than 300 phonemes is cut at clauses into several utterances.

        The text may contain HTML, `[word](W ER1 D)`, `[word](/wɝd/)`, `{W ER1 D | W ER1 D Z}`, `[pause:0.5]` (seconds),
        `[pace:0.7]`, `[pitch:2]` (semitones) and `[mark:NAME]`. Every utterance has words; a sentence without
        words gives its marks, pauses, pace and pitch to its neighbour.
        on_skipped: called with a line for each run of characters that cannot be spoken, and each SSML tag that is
        not supported.
        ssml: whether the text is SSML; None means that it is SSML where it begins with <speak>.
        Raises PngnatError for markup that cannot be read.
        """
        if is_ssml(text) if ssml is None else ssml:
            text = read_ssml(text, on_skipped)
        else:
            text = readable(text)
        pending: Draft | None = None
        for paragraph in paragraphs(text):
            for following in self._drafts(paragraph, on_skipped):
                if pending and pending.words and following.words:
                    yield from clauses(pending.utterance(pronounce(pending, self.pronouncer)))
                    pending = following
                elif pending:
                    pending.absorb(following)
                else:
                    pending = following
            if pending:
                pending.ends_paragraph = bool(pending.words)
        if pending and pending.words:
            yield from clauses(pending.utterance(pronounce(pending, self.pronouncer)))

    def _drafts(self, paragraph: str, on_skipped: Callable[[str], None] | None) -> Iterator[Draft]:
        if not _MORE_THAN_MARKS.search(paragraph):
            yield Draft(boundaries=[DraftBoundary(paragraph)])
            return
        markup = Markup(paragraph, on_skipped)
        for sentence in sentences(markup.text):
            yield draft(normalize(sentence), markup, self.pronouncer)
