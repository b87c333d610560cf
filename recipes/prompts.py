"""Make pngnat/studio/data/prompts.txt: sentences to read aloud for a voice, the most useful first.

    pip install wordfreq
    python recipes/prompts.py text.txt.gz [more ...]

From public-domain novels, one sentence a line: what their people say to each other, in words that are said today. RULES
leaves out what is odd, old, unkind or hard to read at first sight; how much each rule left out is printed.
`pngnat.studio.prompts` puts the rest in order."""

from __future__ import annotations

import argparse
import gzip
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

from wordfreq import zipf_frequency

from pngnat.data.sources import plain_text
from pngnat.evaluation.passages import listed_passages
from pngnat.files import write_text
from pngnat.studio.prompts import PROMPTS, choose_prompts

# Half an hour of speech, at 170 words a minute.
COUNT = 800
WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
# One or two clauses without a capital inside, which would be a name.
PLAIN = re.compile(r"[A-Z][a-z]*(?:'[a-z]+)?(?: (?:[a-z]+|I)(?:'[a-z]+)?)*(?:,(?: (?:[a-z]+|I)(?:'[a-z]+)?)+)?[.?!]")
# Zipf's scale: the logarithm of how often a word is used among a thousand million. What is below COMMON is rare today;
# what the novels use 10 ** DATED times as often as people do today is out of fashion.
COMMON, DATED = 4.3, 0.8
# How often two words stand beside each other in all the text, at least, and how many times three may that do it nowhere
# else: who reads what people say all the time does not stumble.
USUAL, NEW = 3, 2
SOMEBODY, SOMEBODYS = (
    "(?:i|you|he|she|it|we|they)",
    "(?:a|an|the|any|no|some|my|your|his|her|our|their|much|many|nothing|anything)",
)
HELPER = "(?:is|are|was|were|does|do|did|have|has|had|can|could|will|would|should|must|am|may|might)"


def any_of(*patterns: str) -> re.Pattern[str]:
    """What finds one of these, from the beginning of a word to the end of one."""
    return re.compile("|".join(rf"\b(?:{pattern})\b" for pattern in patterns))


OLD_WORDS = set(
    "ah alas apt aught ay aye beg bless bosom captain carriage chap chaps chamber cousin dare dear dearest em fancy farewell fellow "
    "fellows folk folks forth gentleman gentlemen goodness gracious ha hath heaven heavens hence hey hither ill indeed ink jolly "
    "lad lads lady ladies lass lord ma madam maid mamma manner master miss mistress monsieur nay nigh nor o oh ought papa parlour "
    "pound pounds pray presently quite reckon says servant servants shall shilling shillings sir sirs supper thee thence thou thus "
    "thy upon verily whence whilst whom woe yes'm yonder".split()
)
OLD_GRAMMAR = any_of(
    "(?:know|knew|think|thought|care|see|saw|say|said|believe|doubt|want|like|mean|meant|go|went|come|came|hear|heard|mind|fear|let)s? not",
    f"{HELPER} not (?=.*\\?)",
    f"{HELPER} {SOMEBODY} not (?=.*\\?)",
    f"(?:have|has|had)(?:n't)?(?: {SOMEBODY})? {SOMEBODYS} (?=.*\\?)",
    "(?:haven't|hasn't|hadn't) (?:a|an|the|any|much|many|time|but)",
    f"(?:am|is|are|was|were) {SOMEBODY} to",
    "(?:i'm|i am|he is|he's|she is|she's|we are|they are|you are|you're) to",
    "(?:is|are|am|was|were|i'm|he's|she's) (?:come|grown|arrived|returned|become)",
    "(?:i|we) should",
    "shouldn't (?:like|think|wonder)",
    "wish (?:i|you|he|she|it|they) may",
    "but (?:one|a|to|the)",
    "not (?:half|a|the)",
    "(?:every|any|some) (?:thing|body|one else|where)",
    "(?:says|said) (?:i|you|he|she|they)|to be had|worth to|(?<=, )my own",
    "(?:you|he|they) make it(?=\\.)|must hear|in you|be able to tell|nothing (?:he|she) would not",
    "(?:had|much) rather|must needs|many a|used always|to have \\w+ed|teach you to let|all the fashion|made me like|a going|no more do",
    "at present|of late|in short|by and by|a (?:good|great) deal|a great many|so good as|be so kind|as ever|of use|to be sure|so before",
    "i tell you|i say|mistake me|is it you|(?:what|how|why) is it that|good as|as well as i|what a|such a|you see|see here",
    "(?:cannot|can't) think|(?:don't|doesn't|didn't) (?:know|think|believe) (?:but|as)|(?:them|one) as|as (?:to|for|if|how)",
    "(?:he|she|it|that|there) don't|ain't|(?:you|we|they) was|me and|us (?:used|was|were)",
    "do (?:go|come|let|tell|say|be)",
    "(?:i|you|we|they|he|she) (?:but|do|does|did) (?!not|n't|it|that|so|this|what|\\w+thing|my|me|well|all|the|a)\\w+",
)
# How a whole sentence begins; others are answers, or the other half of what was said before.
STARTS = re.compile(
    r"(?:(?:yes|no|well|now|oh|please|perhaps|of course|thank you),? )?"
    r"(?:(?:i|you|he|she|it|that|this|we|they|there|what|who|where|let|here)(?:'\w+)?"
    r"|(?:my|your|his|her|our|their|the|these|those|every(?:thing|body|one)|some(?:thing|body|one)|nothing)"
    r"(?=.* (?:is|are|was|were|has|have|had|will|would|can|could|does|did|must|may|might|comes?|came|goes|went|takes?|took|seems?|made)\b)"
    r"|why|how|when (?=.*[,?])|if (?=.*,)"
    r"|(?:do|does|did|ca|wo|are|is|was|could|would|have|has)n't|do|does|did"
    r"|(?:is|are|was|were|can|could|will|would|may|have|has|must) (?:i|you|he|she|it|we|they|that|this|there|my|your|his|her|the|any)"
    r"|tell|give|come|go|take|look|show|put|keep|make|thank|please|try|sit|stay|turn|bring|read|write|ask|call|wait|think|remember|perhaps"
    r"|maybe|of course)\b"
)
QUESTION = "what|who|where|why|how|when|which"
# A question whose words are those of a statement, whose tune hangs on the story; and a statement in the words of a
# question, half of one.
ASKS = re.compile(
    rf"(?:(?:well|now|why|oh|yes|no|please|then|so),? )?(?:{QUESTION}|{HELPER}"
    r"|(?:do|does|did|ca|could|wo|would|should|is|are|was|were|have|has)n't)\b.*\?"
)
# What hurts to say for somebody who is ill and loses their speech; and crimes, for which novels have a liking.
SORE_WORDS = set(
    "accident afraid alas alive alone ashamed awful bad bear beast blame bleeding blind blood bloody body bones break breath "
    "breathe breathing buried bury chest choke coffin corpse creature cried crime criminal cruel cry crying cure cursed danger "
    "dangerous dead deadly deaf death despair desperate devil die died dies disease doctor doom dreadful drowned drunk dumb dying "
    "enemies enemy evil fall fat fault fear fell fight fit fool foolish fools forget forgive forgotten funeral future ghost god "
    "grave grief guilty gun hang hanged harm hate hated heart hell helpless hopeless horrible horrid hurt idiot innocent insane "
    "invalid kill killed knife lame last lie lies locked lonely lose losing loss lost mad mercy miserable misery murder murdered "
    "nerves never nobody pain painful patient pistol pity poison poor prison regret ruin ruined sad shame shoot shot shut sick "
    "silly sin sins sorrow soul souls spirits steal stole stolen stupid suffer suffered suffering sword tears terrible terror thief "
    "trembling ugly unhappy victim villain violence voice war weak weakness weep wicked wild witness worse worst wound wounded "
    "wretched wrong".split()
)
SORE = any_of(
    "(?:cannot|could not|never|not|(?:ca|could|wo|would|do|did)n't) (?:\\w+ )?(?:speak|talk|walk|eat|move|live|say|sleep|stand|see|help)",
    "too late|no (?:hope|use|help|good|one|more)|nothing to|give up|good ?bye|go away|got to go|put an end|the end|all over|not happy",
    "long to live|this world|love to talk|as long as i live|some life|(?:your|my|his|her) life|become of",
    "strong enough|live to|sent for|done with you|been through|keep still",
    "hold your|get out|how dare|see (?:him|her|me|you|them) again",
)
# What people of those days said about each other's place, and what was theirs alone to say: courtship, family.
OTHERS = set(
    "boy boys bride engaged engagement female females fortune gipsy girl girls heathen husband indian indians kiss kissed lover "
    "lovers maiden man manly marriage married marry men negro negroes proposal savage savages slave slaves wed wedding widow wife "
    "wives woman women darling sweetheart beloved aunt baby brother brothers child children dad daughter daughters family father "
    "mother mum mummy nephew niece sister sisters son sons uncle".split()
)
LOVE = any_of("(?:in|to) love", "love (?:me|you|him|her|them)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path, nargs="+")
    lines: list[str] = []
    for path in parser.parse_args().texts:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            lines += [line.strip().replace("\u2019", "'") for line in file]
    # Those are kept for figures.
    measured = {plain_text(passage.text) for passage in listed_passages()}
    rules, left_out, fitting = make_rules(Text(lines)), Counter[str](), []
    for sentence in filter(PLAIN.fullmatch, dict.fromkeys(spoken(lines))):
        said = sentence.lower()
        words = WORD.findall(said)
        reason = next((reason for reason, is_so in rules.items() if is_so(said, words)), None)
        if reason is not None:
            left_out[reason] += 1
        elif plain_text(sentence) not in measured:
            fitting.append(sentence)
    for reason, count in left_out.items():
        print(f"{count:7} {reason}")
    everyday = {word: round(10 ** zipf(word)) for sentence in fitting for word in plain_text(sentence).split()}
    chosen = list(choose_prompts(fitting, COUNT, everyday))
    head = "# Sentences to read aloud, the most useful first: what people say in public-domain novels; recipes/prompts.py chose them."
    out = Path(__file__).parents[1] / "pngnat" / "studio" / "data" / PROMPTS
    write_text(out, "\n".join([head, *chosen]) + "\n")
    print(f"{len(chosen)} of {len(fitting)} sentences")


def spoken(lines: list[str]) -> Iterator[str]:
    """What stands between quotation marks, which end with the paragraph at the latest, sentence by sentence."""
    inside = False
    for line in lines:
        parts = line.split('"')
        for place, part in enumerate(parts):
            part, is_closed = part.strip(), place < len(parts) - 1
            if inside and part[-1:] in (".", "?", "!"):
                yield part
            elif (
                inside
                and is_closed
                and part.endswith(",")
                and place == len(parts) - 2
                and re.fullmatch(r" [a-z][^,;:]*\.", parts[-1])
            ):
                yield part[:-1] + "."  # "I am glad," he said.
            inside ^= is_closed
        inside &= bool(line)


class Text:
    """How often words, and two and three of them side by side, are used in these lines."""

    def __init__(self, lines: list[str]) -> None:
        self.words, self.names = Counter[str](), Counter[str]()
        self.pairs, self.threes = Counter[tuple[str, str]](), Counter[tuple[str, str, str]]()
        for line in lines:
            words = WORD.findall(line.lower())
            self.words.update(words)
            self.pairs.update(pairwise(words))
            self.threes.update(zip(words, words[1:], words[2:], strict=False))
            self.names.update(name.lower() for name in re.findall(r"(?<=[a-z,] )[A-Z][a-z]+", line))

    def is_unusual(self, words: list[str]) -> bool:
        """Whether words stand side by side that hardly ever do; see USUAL."""
        new = sum(self.threes[three] < 2 for three in zip(words, words[1:], words[2:], strict=False))
        return new > NEW or any(self.pairs[pair] < USUAL for pair in pairwise(words))

    def is_dated(self, word: str) -> bool:
        """Whether it was said much more often then than it is now."""
        return math.log10(self.words[word] / self.words.total() * 1e9) - zipf(word) > DATED

    def is_name(self, word: str) -> bool:
        """Whether it is a name wherever a capital shows that."""
        return word != "i" and 2 * self.names[word] > self.words[word]


@cache
def zipf(word: str) -> float:
    """How often a word is used today; see COMMON."""
    return zipf_frequency(word, "en")


Rule = Callable[[str, list[str]], bool]


def make_rules(text: Text) -> dict[str, Rule]:
    """By reason: whether a sentence in small letters, with its words, is to be left out."""
    return {
        "too long for one breath, or too short": lambda _, words: not 5 <= len(words) <= 11,
        "a name": lambda _, words: text.is_name(words[0]),
        "half a sentence": lambda said, _: (
            not STARTS.match(said) or re.match(rf"(?:{QUESTION})\b[^,]*\.", said) is not None
        ),
        "a question that does not ask": lambda said, _: said.endswith("?") and not ASKS.match(said),
        "rare or long words": lambda _, words: any(zipf(word) < COMMON or len(word) > 11 for word in words),
        "words out of fashion": lambda _, words: any(word in OLD_WORDS or text.is_dated(word) for word in words),
        "grammar out of fashion": lambda said, _: OLD_GRAMMAR.search(said) is not None,
        "sore or frightening": lambda said, words: not SORE_WORDS.isdisjoint(words) or SORE.search(said) is not None,
        "people's place, love and family": lambda said, words: (
            not OTHERS.isdisjoint(word.removesuffix("'s") for word in words) or LOVE.search(said) is not None
        ),
        "words that are seldom side by side": lambda _, words: text.is_unusual(words),
    }


if __name__ == "__main__":
    main()
