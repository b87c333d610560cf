"""Make pngnat/studio/data/prompts.txt: sentences to read aloud for a voice, the most useful first.

    python recipes/prompts.py text.txt.gz [more ...]

From public-domain text, one sentence a line: short sentences of the words that are said most, each one a statement, a question or a call
of its own, without names and without what nobody who is ill should have to read. `pngnat.studio.prompts` puts them in order.
"""

from __future__ import annotations

import argparse
import gzip
import re
from collections import Counter
from pathlib import Path

from pngnat.data.sources import plain_text
from pngnat.evaluation.passages import listed_passages
from pngnat.files import write_text
from pngnat.studio.prompts import PROMPTS, choose_prompts

COUNT = 600
# Words of a sentence, and how many of the commonest words may occur.
SHORTEST, LONGEST, COMMON = 5, 13, 3500
SENTENCE = re.compile(r"[A-Z][a-z']*(?:[,;:]? [a-z']+|[,;:]? I(?:'[a-z]+)?)+[.?!]")
# Old or formal speech and politics, which people read and do not say.
UNUSUAL = (
    "thee thou thy thine hath doth unto thus hence shall shalt upon nor ere whence whither thither hither o oh ah lo ay nay ye whom alas "
    "ought lest whilst amongst towards whereas thereof therein herself himself themselves countenance bosom gentleman gentlemen madam sir "
    "maid master mistress lord lady captain doctor whale ship ships wench fellow fellows presently dare carriage governess bishop count "
    "exclaimed cried replied murmured returned answered inquired colonel marquis prince princess king queen servant servants sailor "
    "congress union constitution nation nations foreign treaty slaves slave states government republic citizens president administration "
    "economy economic tax taxes trade laws law enterprise employment income payments federal policy policies nuclear mankind programs "
    "program budget industry security defense peace treaties production resources relations equal freedom liberty legislation"
).split()
# What hurts to say for somebody who is losing a voice, or is unkind.
GRIM = (
    "die died dies dying dead death deadly kill killed murder murdered blood bloody devil hell god christ jesus grave graves coffin corpse "
    "ghost gun pistol sword knife shot hang hanged hanging sick sickness ill illness disease pain painful suffer suffered suffering misery "
    "miserable despair grief sorrow weep weeping wept tears agony wound wounded war enemy enemies hate hated curse cursed damn damned "
    "wretched wretch horror horrible terrible dreadful savage savages negro negroes indian indians fool fools fat ugly cruel poor drunk "
    "wine gin rum whip beast villain breast naked virgin lover lovers passion burial buried funeral widow orphan prison prisoner lost "
    "voice mute dumb deaf blind lame cripple invalid mad madness madman insane idiot doom evil wicked sin sins soul souls "
    "prayer pray prayed monster pale bitter bones trembled trembling fell fallen afraid fear feared"
).split()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path, nargs="+")
    lines: list[str] = []
    for path in parser.parse_args().texts:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            lines += [line.strip().replace("\u2019", "'") for line in file]
    counts = Counter(word for line in lines for word in re.findall(r"(?<![\w'])[a-z]+(?:'[a-z]+)?(?![\w'])", line))
    everyday = dict(counts.most_common(COMMON))
    for word in (*UNUSUAL, *GRIM):
        everyday.pop(word, None)
    # Those are kept for figures.
    measured = {plain_text(passage.text) for passage in listed_passages()}
    fitting = [line for line in lines if fits(line, everyday) and plain_text(line) not in measured]
    chosen = list(choose_prompts(fitting, COUNT, everyday))
    head = "# Sentences to read aloud, the most useful first, from public-domain novels and speeches; recipes/prompts.py chose them."
    out = Path(__file__).parents[1] / "pngnat" / "studio" / "data" / PROMPTS
    write_text(out, "\n".join([head, *chosen]) + "\n")
    print(f"{len(chosen)} of {len(fitting)} sentences")


def fits(line: str, everyday: dict[str, int]) -> bool:
    """Whether a line is one plain sentence of everyday words."""
    words = plain_text(line).split()
    return (
        SHORTEST <= len(words) <= LONGEST
        and SENTENCE.fullmatch(line) is not None
        and all(word in everyday or word == "i" or word.startswith("i'") for word in words)
    )


if __name__ == "__main__":
    main()
