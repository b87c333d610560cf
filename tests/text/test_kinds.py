"""The tables of what is said, by kind of writing, and that every word that a rule writes is in the dictionary."""

import importlib
import pkgutil
import re
from dataclasses import replace

import pytest
from said import heard, rows

import pngnat.text.normalize
from pngnat.text.g2p import Pronouncer
from pngnat.text.normalize import normalize, tables
from pngnat.text.normalize.numbers import SCALES, cardinal, ordinal, plural

TABLES = ("kinds.tsv", "held_out.tsv")
ROWS = [row for name in TABLES for row in rows(name)]


@pytest.mark.parametrize(
    ("written", "answers"), [pytest.param(row[1], row[2], id=f"{row[0]}: {row[1]}") for row in ROWS]
)
def test_normalized_text_of_each_kind(written, answers):
    assert heard(written, answers) in answers


def test_every_kind_has_many_inputs():
    kinds = [kind for kind, _, _ in rows("held_out.tsv")]
    assert {kind for kind, _, _ in rows("kinds.tsv")} == set(kinds)
    assert all(kinds.count(kind) >= 20 for kind in kinds)


@pytest.fixture
def pronouncer(monkeypatch):
    """Pronounces without a guess: what neither the dictionary has nor its words give is an error."""

    def guess():
        return lambda word: pytest.fail(f"'{word}' is guessed")

    monkeypatch.setattr("pngnat.text.g2p.oov_network", guess)
    return Pronouncer()


def words_of_the_rules():
    """Every word in a table of the rules, with its plural where it is counted."""
    names = [module.name for module in pkgutil.iter_modules(pngnat.text.normalize.__path__)]
    modules = [importlib.import_module(f"pngnat.text.normalize.{name}") for name in names]
    values = [
        value
        for module in modules
        for name, table in vars(module).items()
        if isinstance(table, dict) and not name.startswith("__")
        for value in table.values()
    ]
    parts = [
        part for value in values for part in (value if isinstance(value, tuple) else (value,)) if isinstance(part, str)
    ]
    spoken = [part for part in parts if "\\" not in part]
    counted = [*tables.UNITS.values(), *(unit for pair in tables.CURRENCIES.values() for unit in pair)]
    numbers = [cardinal(number) for number in range(101)] + [ordinal(number) for number in range(101)] + SCALES
    numbers += [plural(number) for number in SCALES] + [plural(cardinal(number).split()[-1]) for number in range(100)]
    phrases = [*spoken, *(plural(unit) for unit in counted if unit), *numbers]
    return sorted({word for phrase in phrases for word in re.findall(r"[A-Za-z][A-Za-z'-]*", phrase)})


def test_every_word_of_a_rule_is_in_the_dictionary(pronouncer):
    words = words_of_the_rules()
    assert len(words) > 700 and {"Miz", "teaspoon", "reais", "Commander"} <= set(words)
    assert all(pronouncer.word(word) for word in words)


@pytest.mark.parametrize("kind", sorted({row[0] for row in ROWS}))
def test_every_word_that_the_rules_wrote_is_in_the_dictionary(kind, pronouncer):
    for _, written, _ in (row for row in ROWS if row[0] == kind):
        new = set(re.findall(r"[A-Za-z']+", normalize(written))) - set(re.findall(r"[A-Za-z']+", written))
        assert all(pronouncer.word(word) for word in new)


def test_rules_that_are_passed_over_would_change_nothing(monkeypatch):
    before = [normalize(written) for _, written, _ in ROWS]
    rules = pngnat.text.normalize._RULES
    assert any(one.needs for one in rules)
    monkeypatch.setattr(pngnat.text.normalize, "_RULES", [replace(one, needs="") for one in rules])
    assert [normalize(written) for _, written, _ in ROWS] == before
