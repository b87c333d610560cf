"""Voices on the Hugging Face Hub: `hf://user/voice`, or `hf://user/voice@revision`.

No other name of a voice causes a request to the Hub.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pngnat.errors import PngnatError, extra_command, printable, shorten
from pngnat.files import make_folder
from pngnat.untrusted import LARGEST_FILES

PREFIX = "hf://"
_NAME = re.compile(r"(?P<repo>[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95})(?:@(?P<revision>[\w.-]{1,100}))?")
_LIBRARY = "pngnat"


def download(name: str, files: Sequence[str]) -> Path:
    """Return the local folder of a voice on the Hub, after a download of its missing and changed files.

    Without a network, the folder is as the last download left it. name: begins with PREFIX. files: names of a voice's
    files; no others are downloaded. Their content is untrusted and not checked here. Raises PngnatError if
    huggingface_hub is missing, the name is not valid, or the Hub does not have it.
    """
    found = _parsed(name)
    folder = make_folder(_cache() / found["repo"].replace("/", "--") / (found["revision"] or "main"))
    with _errors_in_one_line(name):
        from huggingface_hub import HfApi, snapshot_download
        from huggingface_hub.errors import HfHubHTTPError

        try:
            about = HfApi(library_name=_LIBRARY).model_info(
                found["repo"], revision=found["revision"], files_metadata=True
            )
        except HfHubHTTPError:
            raise
        # The network is missing, or forbidden (HF_HUB_OFFLINE); each layer of the library has its own error for this.
        except Exception:
            if not any((folder / file).exists() for file in files):
                raise
            return folder
        for one in about.siblings or []:
            if one.rfilename in files and (one.size or 0) > LARGEST_FILES[Path(one.rfilename).suffix]:
                raise PngnatError(
                    f"{name} is no voice: {one.rfilename} is too large ({(one.size or 0) / 2**20:.0f} MB)"
                )
        # Files, because the Hub's cache has links, which a voice folder may not have.
        snapshot_download(
            found["repo"],
            revision=about.sha or found["revision"],
            local_dir=folder,
            allow_patterns=list(files),
            library_name=_LIBRARY,
        )
    return folder


def upload(folder: Path, files: Sequence[str], name: str, card: str, private: bool = False) -> str:
    """Upload a voice's files to the Hub with a model card, and return the address of the page.

    name: begins with PREFIX, without a revision. card: the text of the page, README.md. Raises PngnatError as
    `download` does, and if the Hub refuses the upload.
    """
    found = _parsed(name)
    if found["revision"]:
        raise PngnatError(f"'{name}' names a revision; a voice is pushed to hf://USER/VOICE")
    with _errors_in_one_line(name):
        from huggingface_hub import CommitOperationAdd, HfApi

        hub = HfApi(library_name=_LIBRARY)
        page = hub.create_repo(found["repo"], private=private, exist_ok=True)
        sent = [CommitOperationAdd(file, str(folder / file)) for file in files if file != "README.md"]
        sent.append(CommitOperationAdd("README.md", card.encode()))
        hub.create_commit(found["repo"], sent, commit_message="Add the voice")
    return str(page)


def model_card(text: str, licence: str, consent: Mapping[str, str] | None) -> str:
    """Return a voice's README with the YAML head that the Hub needs, and with the consent."""
    import yaml

    head: dict[str, Any] = {
        "library_name": _LIBRARY,
        "pipeline_tag": "text-to-speech",
        "language": ["en"],
        "tags": ["pngnat", "png-bert", "non-attentive-tacotron", "voice-banking"],
    }
    licences = {"apache-2.0", "mit", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-sa-3.0", "cc-by-nc-4.0"}
    head |= (
        {"license": licence.lower()}
        if licence.lower() in licences
        else {"license": "other", "license_name": licence or "none"}
    )
    said = "".join(f"- {name}: {' '.join(value.split())}\n" for name, value in (consent or {}).items())
    agreed = f"\n## Consent\n\n{said}" if said and "## Consent" not in text else ""
    body = text if text.strip() else "# A voice for pngnat\n"
    yaml_head = yaml.safe_dump(head, sort_keys=False, allow_unicode=True)
    return f"---\n{yaml_head}---\n\n{_without_head(body).strip()}\n{agreed}"


def _without_head(text: str) -> str:
    return re.sub(r"\A---\n.*?\n---\n", "", text, count=1, flags=re.DOTALL)


def _parsed(name: str) -> dict[str, Any]:
    found = _NAME.fullmatch(name.removeprefix(PREFIX))
    if found is None or ".." in name:
        raise PngnatError(f"'{name}' names no voice on the Hub; write hf://USER/VOICE, or hf://USER/VOICE@REVISION")
    return found.groupdict()


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pngnat" / "hub"


@contextmanager
def _errors_in_one_line(name: str) -> Iterator[None]:
    try:
        yield
    except PngnatError:
        raise
    except ModuleNotFoundError as error:
        raise PngnatError(
            f"{name} is on the Hugging Face Hub, which needs {error.name}: {extra_command('hub')}"
        ) from error
    # The Hub's library raises the errors of its layers: of HTTP, of files, of its own checks.
    except Exception as error:
        reason = shorten(printable(" ".join(str(error).split())), 300) or type(error).__name__
        raise PngnatError(f"{name}: {reason}") from error
