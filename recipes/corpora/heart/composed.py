"""Sentences that novels have few of: lists, numbers, dates, quotations, announcements, single words, short questions
and calls."""

from __future__ import annotations

import random
from collections.abc import Iterator


def _list(text: str) -> list[str]:
    return [" ".join(item.split()) for item in text.replace("\n", " ").split(",")]


THINGS = _list("""apples, bread, a clean towel, two forks, paper, a blue pen, rice, fresh milk, butter, onions, a warm coat,
batteries, soap, a map, your passport, green tea, salt, a small lamp, honey, three tickets, tomatoes, cheese, a
rope, flour, the red book, candles, a hammer, nails, some string, lemons, black pepper, a good knife, clean water,
a pillow, garlic, carrots, sugar, a radio, matches, olive oil""")
PEOPLE = _list("""Anna, Peter, Maria, my brother, the doctor, our neighbor, Tom, the teacher, Susan, a nurse, the driver, her uncle,
David, the engineer, their lawyer, Helen, the mayor, Robert, a young pilot, the cook, Frank, the manager, Emma, his
mother, the captain""")
PLACES = _list("""Boston, Chicago, the station, Denver, the north gate, the library, Canada, Paris, the old bridge, Texas, the
harbor, London, the second floor, the city hall, Japan, the market, Ohio, the museum, Kansas, the coast, Brazil,
the farm, Dublin, the corner shop""")
DAYS = _list("Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday, tomorrow, today")
MONTHS = _list("January, February, March, April, May, June, July, August, September, October, November, December")
ADJECTIVES = _list("""cold, bright, heavy, quiet, empty, late, broken, ready, small, honest, strange, careful, warm, dirty, early,
simple, loud, free, expensive, narrow, famous, gentle, hungry, silent, young, rough, sweet, tired, wet, yellow""")
VERBS = _list("""call me, open the window, read the letter, close the door, wait outside, sing again, write it down, check the list,
follow me, try again, bring the keys, turn left, take a break, ask her, hold the rope, stop here, start the engine,
count to ten, look up, clean the table, come back, tell the truth, stay with us, pay the bill, send a message,
leave the room, sit down, carry the box""")
WORDS = _list("""yes, no, hello, thanks, please, sorry, maybe, never, always, welcome, goodbye, careful, help, stop, ready, again,
nothing, today, tomorrow, yesterday, breakfast, dinner, question, answer, water, coffee, music, engine, garden,
river, mountain, winter, summer, money, picture, language, computer, telephone, bridge, castle, orange, purple,
silver, seven, eleven, twelve, thirty, hundred, thousand, million, north, south, east, west, left, right, inside,
outside, exactly, perhaps, certainly, absolutely, finally, suddenly, together, apart, slowly, quickly, quietly,
beautiful, dangerous, terrible, wonderful, impossible, important, delicious, comfortable, ridiculous, obviously,
congratulations, nonsense, silence, thunder, children, judge, vision, pleasure, measure, usual, strength, months,
clothes, sixths, texts, world, girl, squirrel, rural""")
ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen""".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()


def number(value: int) -> str:
    """A whole number from 0 to 999,999 in words, as Americans say it."""
    if value < 20:
        return ONES[value]
    if value < 100:
        tens, ones = divmod(value, 10)
        return TENS[tens - 2] + (f"-{ONES[ones]}" if ones else "")
    size, name = (1000, "thousand") if value >= 1000 else (100, "hundred")
    much, rest = divmod(value, size)
    return f"{number(much)} {name}" + (f" {number(rest)}" if rest else "")


class Composer:
    """Draws sentences. Each method makes one of a kind."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        kinds = "word word_twice things names count price date time telephone quote said question choice call order weather contrast spelled"
        self.kinds = [getattr(self, kind) for kind in [*kinds.split(), "ordinal", "pair"]]

    def _of(self, items: list[str]) -> str:
        return self.draw.choice(items)

    def word(self) -> str:
        """One word alone."""
        return self._of(WORDS).capitalize() + self._of([".", ".", "?", "!"])

    def word_twice(self) -> str:
        """Two or three words, each on its own."""
        return ", ".join(self.draw.sample(WORDS, self.draw.choice([2, 2, 3]))).capitalize() + self._of([".", "?", "!"])

    def things(self) -> str:
        """A shopping list."""
        *items, last = self.draw.sample(THINGS, self.draw.randint(3, 8))
        opening = self._of(
            [
                "We need",
                "Please buy",
                "She packed",
                "On the table there were",
                "Do not forget",
                "I found",
                "They sell",
                "He asked for",
            ]
        )
        return f"{opening} {', '.join(items)}{self._of([',', ',', ''])} and {last}."

    def names(self) -> str:
        """Who did it."""
        *items, last = self.draw.sample(PEOPLE, self.draw.randint(3, 5))
        text = f"{', '.join(items)}, and {last} {self._of(['came to', 'left', 'will visit', 'met near', 'drove to'])} {self._of(PLACES)}."
        return text[0].upper() + text[1:]

    def count(self) -> str:
        """A number of things."""
        value = self.draw.choice(
            [self.draw.randrange(2, 100), self.draw.randrange(100, 1000), self.draw.randrange(1000, 1_000_000)]
        )
        unit = self._of(
            _list(
                "people, miles, pages, votes, houses, students, pounds, gallons, trees, books, seats, steps, soldiers, birds"
            )
        )
        return self._of(
            ["There were {} {} in all.", "It took {} {}.", "We counted {} {}.", "Only {} {} are left.", "Is it {} {}?"]
        ).format(number(value), unit)

    def price(self) -> str:
        """Dollars and cents."""
        opening = self._of(["That will be", "It costs", "They paid", "I owe you"])
        return (
            f"{opening} {number(self.draw.randrange(2, 900))} dollars and {number(self.draw.randrange(2, 100))} cents."
        )

    def date(self) -> str:
        """A day of a year."""
        year = f"{number(self.draw.choice([17, 18, 19, 20]))} {number(self.draw.randrange(10, 100))}"
        day, who = f"{self._of(MONTHS)} {self._of(ORDINALS)}", self._of(PEOPLE)
        return f"On {day}, {year}, {who} {self._of(['arrived in', 'left', 'returned to', 'wrote from'])} {self._of(PLACES)}."

    def time(self) -> str:
        """Hours and minutes."""
        hour, minute = number(self.draw.randrange(1, 13)), number(self.draw.randrange(10, 60))
        opening = self._of(["The train leaves at", "We met at", "Call me at", "The show begins at"])
        return f"{opening} {hour} {minute}, {self._of(['not later', 'on ' + self._of(DAYS[:7]), 'as usual', 'if you can'])}."

    def telephone(self) -> str:
        """Digits in groups."""
        digits = [ONES[self.draw.randrange(10)] for _ in range(7)]
        return f"{self._of(['The number is', 'Dial', 'My code is', 'Call'])} {' '.join(digits[:3])}, {' '.join(digits[3:])}."

    def quote(self) -> str:
        """Words in quotation marks, then who said them."""
        text, who = self._of(VERBS), self._of(PEOPLE)
        return f'"{text[0].upper()}{text[1:]}{self._of([",", "!", "?"])}" {self._of(["said", "whispered", "cried", "asked"])} {who}.'

    def said(self) -> str:
        """Who says it, then words in quotation marks."""
        who = self._of(PEOPLE)
        opening = f"{who[0].upper()}{who[1:]} {self._of(['said', 'answered', 'told us'])}"
        return f'{opening}, "It is {self._of(ADJECTIVES)}, and I am {self._of(ADJECTIVES)}."'

    def question(self) -> str:
        """A question with a wh-word or without one."""
        opening = self._of(
            [
                "Where is",
                "Who knows",
                "Why did you bring",
                "How much is",
                "Have you seen",
                "Can you find",
                "Is that",
                "When will we get",
            ]
        )
        return f"{opening} {self._of(THINGS)}?"

    def choice(self) -> str:
        """A question of two things."""
        first, second = self.draw.sample(THINGS, 2)
        return f"{self._of(['Would you like', 'Do you want', 'Should I take'])} {first}, or {second}?"

    def call(self) -> str:
        """An exclamation."""
        return self._of(
            [
                "What a {a} day!",
                "How {a} it is!",
                "Look, it is {a}!",
                "No, not that one!",
                "{v}, now!",
                "Oh, {v}!",
                "{v}!",
            ]
        ).format(a=self._of(ADJECTIVES), v=self._of(VERBS).capitalize())

    def order(self) -> str:
        """Steps, one after the other."""
        first, second, third = self.draw.sample(VERBS, 3)
        return f"First, {first}; then {second}, and after that, {third}."

    def weather(self) -> str:
        """A forecast."""
        sky = self._of(["sunny", "cloudy", "windy", "rainy", "clear"])
        opening, high = f"{self._of(DAYS).capitalize()} will be {sky}", number(self.draw.randrange(20, 100))
        return f"{opening}, with a high of {high} and a low of {number(self.draw.randrange(5, 60))}."

    def contrast(self) -> str:
        """One thing and not another."""
        first, second = self.draw.sample(ADJECTIVES, 2)
        return f"It was {first}, not {second}, but {self._of(PEOPLE)} did not mind."

    def spelled(self) -> str:
        """Clauses around a name."""
        opening = self._of(["However", "In fact", "Of course", "After all", "Luckily", "At last"])
        return f"{opening}, {self._of(PEOPLE)} from {self._of(PLACES)} was {self._of(ADJECTIVES)}."

    def ordinal(self) -> str:
        """The first, the second."""
        first, second = (f"{self._of(ORDINALS)} was {self._of(ADJECTIVES)}" for _ in range(2))
        return f"The {first}, the {second}, and the last was {self._of(ADJECTIVES)}."

    def pair(self) -> str:
        """A request with a name and a reason."""
        opening = f"{self._of(PEOPLE).capitalize()}, please {self._of(VERBS)}"
        return f"{opening}, because the {self._of(['room', 'road', 'water', 'house'])} is {self._of(ADJECTIVES)}."


def composed(draw: random.Random) -> Iterator[str]:
    """Sentences without end, of all kinds in turn."""
    composer = Composer(draw)
    while True:
        for kind in composer.kinds:
            yield kind()
