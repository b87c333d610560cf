"""What the tensors of older voices are called now."""

from __future__ import annotations

# Voices of version 0.1.
_RENAMED = {"enter": "proj_in", "leave": "proj_out", "widen": "expand", "narrow": "contract", "mix": "depthwise"}


def current_name(name: str) -> str:
    """A tensor's name now: voices of version 0.1 say `enter` for `proj_in`, and the like."""
    return ".".join(_RENAMED.get(part, part) for part in name.split("."))
