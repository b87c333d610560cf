"""Compose menus whose last word is "two", a choice, or "too": sentences that sound alike but for the pause that only
the spelling tells.

python texts.py metadata.csv SPEAKER COUNT [SPEAKER COUNT ...]     (COUNT pairs for each speaker)

Lines are id|speaker|split|text, the two of a pair one after the other. Goals and wordings of `test` are in no other
split, and "To cancel the payment, press one; or to continue, two.", the sentence that the original is known for, is in
none."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

# What a caller may want, "to" with a verb or "for" with a noun. Those behind the bar are kept for valid, then for test.
VERBS = """pay a bill, open an account, close an account, report a problem, change your password, book a room, speak with a nurse, leave
a message, hear this again, order a card, check your balance, send a letter, find a store, rent a car, update your address, return an
order, move a meeting, buy a ticket, ask a question, join a class, stop the alarm, renew your passport, talk to an agent, record a
greeting, skip this step, set a timer, read the news, hear the weather, save your work, turn on the lights, sign a form, give a gift,
start over, go back, add a number, remove a name, confirm your visit, track a package, request a refund, learn more, call the school,
use another language, visit the museum, reach the kitchen, wake the driver, wait for help, end this call, plan a trip, reserve a table, keep
the old plan | get a copy, check the traffic, call a doctor | find a lawyer, borrow a book, plant a garden, move the appointment, hear a
story, sell your house, feed the animals"""
NOUNS = """sales, support, the office, the front desk, new orders, opening hours, the night nurse, billing, lost keys, a receipt, the
library, the gym, train times, hotel rooms, dinner, breakfast, the pharmacy, road repairs, a taxi, sports news, the weather, group
tickets, delivery, the main hall, the garden center, tax forms, a new phone, the service desk, student loans, the bus station, lunch, the
second floor, the manager, flight delays, jobs, parking, the swimming pool, a wheelchair, tea, coffee, the night shift, English, Spanish,
the red team, the harbor, the airport, computer help, water bills, the theater, a refund | the bakery, medical advice, the ferry |
the emergency room, farm machines, a translator, winter coats, the fire station, museum tours, horse riding"""
# {a} and {b} are goals, {w} what to do with a number.
WORDINGS = """{a}, {w} one; {b}, {last}. | {a}, {w} one; or {b}, {last}. | {a}, {w} one, or {b}, {last}. | {a}, {w} one. {b}, {last}. |
If you call {a}, {w} one; {b}, {last}. | {w} one {a}; {b}, {last}. | {a}, the number is one; {b}, {last}. | Please {w} one {a}; or {b},
{last}. | {a}, just {w} one; and {b}, {last}."""
TEST_WORDINGS = (
    "{a}, {w} one now; {b}, {last}. | You can {w} one {a}, or {b}, {last}. | {a}, we ask you to {w} one; {b}, {last}."
)
ACTIONS = "press, press, press, dial, say, choose, enter, push, select"
TEST_ACTIONS = "press, press, touch, pick, type"
# A third choice, whose pauses are as in the menus of two.
LONGER = "{a}, {w} one; {b}, two; {c}, three. | {a}, {w} one; {b}, two; or {c}, three. | {a}, {w} one; {b}, two; {c}, three; {d}, four."
PLAIN = """She wanted to come along, too. | I like the blue one, too. | They were late, too. | The dog was tired, too. | My sister plays
the piano, too. | He will be there, too. | It was cold at night, too. | We saw the lights, too. | You can leave your coat here, too. | The
children laughed, too. | Her brother works here, too. | I heard that noise, too. | Bring a pencil, too. | The soup is hot, too."""


def _items(text: str) -> list[str]:
    return [" ".join(item.split()) for item in text.split(",")]


def _patterns(text: str) -> list[str]:
    return [" ".join(item.split()) for item in text.split("|")]


def goals() -> dict[str, list[str]]:
    """What can be chosen, in each split."""
    found: dict[str, list[str]] = {}
    for word, texts in (("to", VERBS), ("for", NOUNS)):
        for split, text in zip(("train", "valid", "test"), texts.split("|"), strict=True):
            found.setdefault(split, []).extend(f"{word} {item}" for item in _items(text))
    return found


def pairs(split: str, count: int, draw: random.Random) -> Iterator[tuple[str, ...]]:
    """`count` sentences that end in "two", each with its twin in "too"; of those to learn from, one in six is a longer
    menu, alone, and one in ten a plain sentence."""
    wordings = _patterns(TEST_WORDINGS if split == "test" else WORDINGS)
    actions = _items(TEST_ACTIONS if split == "test" else ACTIONS)
    for number in range(count):
        a, b, c, d = draw.sample(goals()[split], 4)
        action = draw.choice(actions)
        if split == "train" and number % 10 == 9:
            yield (_patterns(PLAIN)[number // 10 % len(_patterns(PLAIN))],)
        elif split == "train" and number % 6 == 5:
            yield (_sentence(draw.choice(_patterns(LONGER)).format(a=a, b=b, c=c, d=d, w=action)),)
        else:
            wording = draw.choice(wordings)
            yield tuple(_sentence(wording.format(a=a, b=b, w=action, last=last)) for last in ("two", "too"))


def _sentence(text: str) -> str:
    """With capitals where sentences begin."""
    return ". ".join(part[:1].upper() + part[1:] for part in text.split(". "))


def metadata(speaker: str, count: int) -> Iterator[str]:
    """The lines of one speaker: of the pairs 80 % in train, 6 % in valid, 14 % in test."""
    valid, test = max(1, round(0.06 * count)), max(1, round(0.14 * count))
    for split, share in (("train", count - valid - test), ("valid", valid), ("test", test)):
        # Each speaker says other menus.
        for number, texts in enumerate(pairs(split, share, random.Random(f"{speaker} {split}"))):
            for text in texts:
                ending = text.rstrip(".").rsplit(maxsplit=1)[-1]
                yield f"menu_{split}_{number:03d}_{ending}_{speaker}|{speaker}|{split}|{text}"


def main() -> None:
    if len(sys.argv) < 4 or len(sys.argv) % 2:
        sys.exit(__doc__)
    wanted = zip(sys.argv[2::2], sys.argv[3::2], strict=True)
    lines = [line for speaker, count in wanted for line in metadata(speaker, int(count))]
    Path(sys.argv[1]).write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} sentences")


if __name__ == "__main__":
    main()
