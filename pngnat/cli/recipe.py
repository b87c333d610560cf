"""One way to make a command of a function whose settings Hydra composes: its help, its errors in one line, what must be
installed."""

from __future__ import annotations

import argparse
import difflib
import functools
import importlib
import importlib.util
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pngnat.config.help import Setting, settings_of, settings_text, yaml_values
from pngnat.errors import PngnatError, extra_command

_PACKAGE = Path(__file__).parents[1]
# An installed package has conf/ in itself; in a checkout, be it installed as editable or found on the path, conf/ lies
# beside it.
CONF = next((folder for folder in (_PACKAGE / "conf", _PACKAGE.parent / "conf") if folder.is_dir()), _PACKAGE / "conf")
_OWN = ("pngnat", "experiments", "recipes")
# Lines of OmegaConf's messages that say nothing to who gave the value.
_INTERNAL = ("full_key:", "object_type=", "reference_type=")


def recipe(
    name: str, settings: str, extra: str = "train", folder: Path = CONF
) -> Callable[[Callable[[Any], None]], Recipe]:
    """Decorates a function of settings, which becomes a command of arguments; its docstring is the head of its help.

    name: of the config in `folder`, and of the command in messages. settings: the dataclass with the fields, as
    "pngnat.training.runs.RunConfig"; conf's files build on it as `NAME_schema`. extra: what `pip install` needs for it.
    The function must import what is heavy, or belongs to the extra, in its body.
    """
    return lambda function: Recipe(function, name, settings, extra, folder)


class Recipe:
    """A function of settings as a command of arguments `NAME=VALUE`. `__wrapped__` is the function."""

    def __init__(self, function: Callable[[Any], None], name: str, settings: str, extra: str, folder: Path):
        functools.update_wrapper(self, function)
        self.function, self.name, self.settings_class, self.extra, self.folder = function, name, settings, extra, folder

    def __call__(
        self,
        arguments: Sequence[str] | None = None,
        command: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> int:
        """Run the function and return the exit code: 2, after a message of one line, for an error of the user's.

        arguments: by default those of the command line. command: the beginning of a message. values: further settings
        by their names, whose text is taken literally.
        """
        given = _Arguments.parse(sys.argv[1:] if arguments is None else arguments, self.name)
        given = replace(given, values=values or {})
        try:
            if given.help:
                print(self.help(given))
            else:
                self._run(given)
        except PngnatError as error:
            return self._refuse(str(error), command)
        except ModuleNotFoundError as error:
            if error.name is None or error.name.split(".")[0] in _OWN:
                raise
            return self._refuse(f"this needs {error.name.split('.')[0]}: {self._installing}", command)
        return 0

    def help(self, given: _Arguments | None = None) -> str:
        """The text of --help: what it does, and each setting with its default and meaning."""
        parts = [
            self.summary,
            "Settings, each given as NAME=VALUE, lists as NAME=[A,B]; ... stands for what must be given:",
            settings_text(self.documented(given)),
            "--config-name NAME takes another file of settings, --config-dir FOLDER looks for it there first.",
        ]
        return "\n\n".join([*parts, *([self.needs] if self.needs else [])])

    def documented(self, given: _Arguments | None = None) -> list[Setting]:
        """Each setting with its default and meaning."""
        given = given or _Arguments()
        return settings_of(self.settings_class, yaml_values(given.config or self.name, [*given.folders, self.folder]))

    @property
    def summary(self) -> str:
        """What it does."""
        return inspect.getdoc(self.function) or ""

    @property
    def needs(self) -> str:
        """What must be installed first; empty where nothing is missing."""
        missing = any(importlib.util.find_spec(name) is None for name in ("hydra", "lightning"))
        return f"This needs more than is installed: {self._installing}" if missing else ""

    def settings(self, *overrides: str, config: str | None = None, folder: Path | None = None) -> Any:
        """The settings that these overrides make of a config, the command's own by default; `folder` is looked in
        first.

        Raises PngnatError for what is missing or unknown.
        """
        return self._built(self.compose(*overrides, config=config, folder=folder))

    def compose(self, *overrides: str, config: str | None = None, folder: Path | None = None) -> Any:
        """The same as a `DictConfig`, as yet with what is missing in it."""
        with _errors_in_one_line():
            return self._composed(_Arguments(config, (folder,) if folder else (), overrides=overrides))

    @property
    def _installing(self) -> str:
        return extra_command(self.extra)

    def _refuse(self, reason: str, command: str | None) -> int:
        print(f"{command or self.name}: {reason}", file=sys.stderr)
        return 2

    def _class(self) -> type:
        module, _, name = self.settings_class.rpartition(".")
        return getattr(importlib.import_module(module), name)

    def _built(self, config: Any) -> Any:
        from omegaconf import OmegaConf

        from pngnat.config.schema import build

        if missing := sorted(OmegaConf.missing_keys(config)):
            names = " ".join(f"{name}=..." for name in missing)
            raise PngnatError(
                f"no value for {', '.join(missing)}: give {names} (--help says what {'each' if missing[1:] else 'it'} is)"
            )
        with _errors_in_one_line():
            return build(self._class(), config)

    def _composed(self, given: _Arguments) -> Any:
        """Return the config without Hydra's own part, as a task of Hydra's gets it."""
        with self._hydra(given) as (name, overrides):
            from hydra import compose

            return _updated(compose(name, overrides), given.values)

    @contextmanager
    def _hydra(self, given: _Arguments) -> Iterator[tuple[str, list[str]]]:
        """Initialize Hydra with the folders of configs, and yield the name of the config and the overrides."""
        from hydra import initialize_config_dir

        self._register_schema()
        first, *others = [*given.folders, self.folder]
        places = [f"hydra.searchpath=[{','.join(f'file://{folder}' for folder in others)}]"] if others else []
        with initialize_config_dir(str(first.resolve()), self.name, version_base=None):
            yield given.config or self.name, [*places, f"hydra.job.name={self.name}", *given.overrides]

    def _register_schema(self) -> None:
        from pngnat.config.schema import register

        register(f"{self.name}_schema", self._class())

    def _run(self, given: _Arguments) -> None:
        """Run the function: by `hydra.main` where options of Hydra's, such as --multirun, are given; else on settings
        that are checked before a folder is made."""
        run = self._run_by_hydra if given.options else self._run_once
        failures: list[BaseException] = []
        with _errors_in_one_line():
            run(given, failures)
        if failures:
            raise failures[0]

    def _run_once(self, given: _Arguments, failures: list[BaseException]) -> None:
        """Compose and build the settings once, and run with the folder, the log and the copy of the settings that
        Hydra makes for a run."""
        from hydra import compose
        from hydra._internal.callbacks import Callbacks  # a context of Hydra's cannot be made without one
        from hydra.core.global_hydra import GlobalHydra
        from hydra.core.utils import run_job
        from hydra.types import HydraContext
        from omegaconf import open_dict

        with self._hydra(given) as (name, overrides):
            config = _updated(compose(name, [*overrides, "hydra.mode=RUN"], return_hydra_config=True), given.values)
            own = config.copy()
            with open_dict(own):
                del own["hydra"]
            settings = self._built(own)
            context = HydraContext(GlobalHydra.instance().config_loader(), Callbacks(config))
            run_job(lambda _: self._call(lambda: settings, failures), config, "hydra.run.dir", None, context)

    def _run_by_hydra(self, given: _Arguments, failures: list[BaseException]) -> None:
        """Let Hydra read the command line, and build the settings of each of its jobs."""
        import hydra

        self._register_schema()
        os.environ["HYDRA_FULL_ERROR"] = "1"  # errors come as exceptions, not as printed tracebacks
        argv = sys.argv

        def task(config: Any) -> None:
            sys.argv = argv  # Lightning starts its other processes with the command line of this one
            self._call(lambda: self._built(config), failures)

        sys.argv = [argv[0], *given.for_hydra(self.name)]
        try:
            hydra.main(version_base=None, config_path=str(self.folder), config_name=self.name)(task)()
        finally:
            sys.argv = argv

    def _call(self, settings: Callable[[], Any], failures: list[BaseException]) -> None:
        """Run the function, and keep its exception from Hydra, which would cut the traceback."""
        try:
            self.function(settings())
        except BaseException as error:
            failures.append(error)


def _updated(config: Any, values: Mapping[str, Any]) -> Any:
    """Return the config with these values of its settings; text is taken literally, without Hydra's grammar."""
    from omegaconf import OmegaConf

    for name, value in values.items():
        OmegaConf.update(config, name, value)
    return config


@dataclass(frozen=True)
class _Arguments:
    """A command line of Hydra's. options: Hydra's own with their values, besides the two that name a config and its
    folder. values: settings that are given as values, and not in Hydra's grammar."""

    config: str | None = None
    folders: tuple[Path, ...] = ()
    help: bool = False
    options: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, arguments: Sequence[str], name: str) -> _Arguments:
        parser = argparse.ArgumentParser(prog=name, add_help=False, allow_abbrev=False)
        parser.add_argument("--config-name", "-cn")
        parser.add_argument("--config-dir", "-cd", type=Path)
        parser.add_argument("--help", "-h", action="store_true")
        known, rest = parser.parse_known_args(list(arguments))
        has_options = any(one.startswith("-") for one in rest)
        options = tuple(
            one for one in rest if has_options and (one.startswith("-") or ("=" not in one and one[0] != "~"))
        )
        overrides = tuple(one for one in rest if one not in options)
        folders = (known.config_dir,) if known.config_dir else ()
        return cls(known.config_name, folders, known.help, options, overrides)

    def for_hydra(self, job: str) -> list[str]:
        """The same with the options first, without which Hydra understands it no more."""
        names = ["--config-name", self.config] if self.config else []
        folders = [word for folder in self.folders for word in ("--config-dir", str(folder))]
        return [*names, *folders, *self.options, f"hydra.job.name={job}", *self.overrides]


@contextmanager
def _errors_in_one_line() -> Iterator[None]:
    """Turn errors of Hydra and OmegaConf into a PngnatError of one line."""
    try:
        yield
    except Exception as error:
        if type(error).__module__.split(".")[0] not in ("hydra", "omegaconf", "yaml"):
            raise
        raise PngnatError(_line(error)) from error


def _line(error: BaseException) -> str:
    """What to do about an error of Hydra's or OmegaConf's."""
    text, cause = str(error), error.__cause__ or error
    if override := getattr(error, "override", None):
        return f"'{override}' is no setting: write NAME=VALUE, in quotes where the shell or Hydra reads it otherwise"
    if found := re.search(r"(?:Could not override|Key) '([^']+)'", text):
        name = getattr(cause, "full_key", None) or found[1]
        near = difflib.get_close_matches(name, _names(cause), 1, 0.6)
        return f"there is no setting '{name}'{f'; do you mean {near[0]}?' if near else ''} (--help lists them)"
    if found := re.search(r"Missing mandatory value: (\S+)", text):
        return f"no value for {found[1]}: give {found[1]}=... (--help says what it is)"
    where = getattr(cause, "full_key", None)
    lines = str(cause).split("Config search path:")[0].splitlines()
    reason = " ".join(line.strip() for line in lines if not line.strip().startswith(_INTERNAL))
    return f"{where}: {reason}" if where else reason


def _names(error: BaseException) -> list[str]:
    """The names of all settings of the config that an error of OmegaConf's is about."""
    node = getattr(error, "parent_node", None)
    if node is None:
        return []
    root, names = node._get_root(), []

    def walk(config: Any, prefix: str) -> None:
        for name in config:
            child = config._get_node(name)
            names.append(f"{prefix}{name}")
            if (
                hasattr(child, "items_ex")
                and not child._is_none()
                and not child._is_missing()
                and not child._is_interpolation()
            ):
                walk(child, f"{prefix}{name}.")

    walk(root, "")
    return names
