"""A hook of MkDocs: speaks the samples of the pages, so that what is heard there is what is installed."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

import pngnat

_MENU = "For sales, press one; for the workshop,"
_TEXT = "Hello. This voice was made by a small program, and it needs no network to speak."


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the sounds to the site."""
    for name, _, options in _samples():
        files.append(File.generated(config, name, content=_spoken(**options)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Put players where a page says so."""
    if "{{ samples }}" not in markdown:
        return markdown
    rows = [
        f'| {title} | <audio controls preload="none" src="{name}" title="{title}"></audio> |'
        for name, title, _ in _samples()
    ]
    return markdown.replace("{{ samples }}", "\n".join(["| | |", "| --- | --- |", *rows]))


def _samples() -> list[tuple[str, str, dict[str, Any]]]:
    """Name of the file, what stands beside the player, and what `synthesize` takes."""
    voice = pngnat.load_voice()
    speakers = [(f"samples/{name}.opus", f"`{name}`", {"text": _TEXT, "speaker": name}) for name in voice.speakers]
    slow = ("samples/slow.opus", "one word slowed: “I said **now**.”", {"text": "I said now.", "word_pace": {2: 0.5}})
    blend = pngnat.Blend("am_onyx", 1.0)
    borrowed = (
        "samples/blend.opus",
        "`af_heart` in the rhythm of `am_onyx`",
        {"text": _TEXT, "speaker": "af_heart", "blend": blend},
    )
    two, too = ((f"samples/{end}.opus", f"“{_MENU} **{end}**.”", {"text": f"{_MENU} {end}."}) for end in ("two", "too"))
    return [*speakers, two, too, slow, borrowed]


def _spoken(**options: Any) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sample.opus"
        pngnat.synthesize(**options).save(path)
        return path.read_bytes()
