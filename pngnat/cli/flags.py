"""Ordinary flags in front of a recipe's settings: `pngnat prepare my_recordings --out corpora/mine` beside
`workers=4`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pngnat.cli.recipe import Recipe
from pngnat.config.help import REQUIRED, Setting, settings_text
from pngnat.errors import PngnatError

# As Hydra reads it: a setting, one to add (+) or to take away (~). A path such as ./a=b is none.
_OVERRIDE = re.compile(r"(\+{0,2}[A-Za-z_][\w.@/]*=|~[A-Za-z_])")


@dataclass(frozen=True)
class Flag:
    """An option, or the one word without a name."""

    name: str
    """As `--minutes`; without dashes it is what the help calls the word without a name."""
    setting: str
    """What it sets, whose docstring is its help."""
    metavar: str = "TEXT"
    """What the help calls its value; a FILE or a FOLDER is completed as one."""
    kind: str = "value"
    """value; list, which may be given more than once; or switch, which takes no value and sets true."""

    @property
    def is_word(self) -> bool:
        """Whether it is the word without a name."""
        return not self.name.startswith("-")


@dataclass(frozen=True)
class FlaggedRecipe:
    """A recipe as a command with flags. name: of the command. flags: of which one at most has no name."""

    name: str
    recipe: Recipe
    flags: tuple[Flag, ...]

    def __call__(self, arguments: Sequence[str]) -> int:
        """Run it, and return the exit code. Raises PngnatError where something is missing, before anything is imported
        that takes time."""
        settings = {one.name: one for one in self.recipe.documented()}
        values, overrides = self.values(arguments, settings)
        given = {*values, *map(_setting, overrides)}
        for setting in settings.values():
            if setting.default == REQUIRED and setting.name not in given:
                names = [
                    flag.name if flag.is_word else f"{flag.name} {flag.metavar}"
                    for flag in self.flags
                    if flag.setting == setting.name
                ]
                wanted = names[0] if names else f"{setting.name}=..."
                raise PngnatError(
                    f"{wanted} is missing: {setting.doc.rstrip('.')} (pngnat {self.name} --help tells more)"
                )
        return self.recipe(overrides, f"pngnat {self.name}", values)

    def values(
        self, arguments: Sequence[str], settings: dict[str, Setting] | None = None
    ) -> tuple[dict[str, Any], list[str]]:
        """Return the values of settings that flags and words give, and the overrides `NAME=VALUE`, which win over them.
        Ends the process, as argparse does, for a wrong flag."""
        parser = self.parser(settings)
        given = parser.parse_intermixed_args(list(arguments))
        named = [one for one in given.words if _OVERRIDE.match(one)]
        words = [one for one in given.words if not _OVERRIDE.match(one)]
        takes = [flag for flag in self.flags if flag.is_word]
        if len(words) > len(takes):
            parser.error(f"'{words[len(takes)]}' is neither a flag nor a setting (NAME=VALUE); --help lists both")
        values: dict[str, Any] = {flag.setting: word for flag, word in zip(takes, words, strict=False)}
        for flag in self.flags:
            if not flag.is_word and (value := getattr(given, _attribute(flag))):
                values[flag.setting] = value
        overridden = set(map(_setting, named))
        return {name: value for name, value in values.items() if name not in overridden}, named

    def parser(self, settings: dict[str, Setting] | None = None) -> argparse.ArgumentParser:
        """What the command takes. settings: whose docstrings and defaults its help shows."""
        settings = settings or {}
        flagged = {flag.setting for flag in self.flags}
        others = settings_text([one for one in settings.values() if one.name not in flagged])
        parser = argparse.ArgumentParser(
            prog=f"pngnat {self.name}",
            usage=self._usage(),
            description=self.recipe.summary,
            epilog=f"further settings, each given as NAME=VALUE, lists as NAME=[A,B]:\n{others}\n\n{self.recipe.needs}".rstrip(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        word = next((flag for flag in self.flags if flag.is_word), None)
        parser.add_argument("words", nargs="*", metavar=word.name if word else "NAME=VALUE", help=_help(word, settings))
        actions = {"list": "append", "switch": "store_true"}
        for flag in self.flags:
            if not flag.is_word:
                named: dict[str, Any] = {} if flag.kind == "switch" else {"metavar": flag.metavar}
                action = actions.get(flag.kind, "store")
                parser.add_argument(
                    flag.name, dest=_attribute(flag), help=_help(flag, settings), action=action, **named
                )
        return parser

    def _usage(self) -> str:
        words = [f"pngnat {self.name}", *(flag.name for flag in self.flags if flag.is_word)]
        return " ".join([*words, "[--FLAG VALUE ...] [NAME=VALUE ...]"])


def _attribute(flag: Flag) -> str:
    return flag.name.lstrip("-").replace("-", "_")


def _help(flag: Flag | None, settings: dict[str, Setting]) -> str | None:
    setting = settings.get(flag.setting) if flag else None
    if setting is None:
        return None
    unsaid = setting.default in (REQUIRED, "null", "false", "[]", "") or setting.default.startswith("{")
    default = "" if unsaid else f" (default: {setting.default})"
    return f"{setting.doc}{default}".replace("%", "%%")


def _setting(override: str) -> str:
    """Return the name of the setting in an override."""
    return override.lstrip("+").split("=")[0]
