"""The sizes of the pieces in which a sound is streamed."""

from __future__ import annotations

from collections.abc import Iterator

# Frames of the first piece, which give half a second of sound; growth from piece to piece; frames of the longest piece.
FIRST, GROWTH, LONGEST = 40, 2.0, 400


def pieces(
    frames: int, first: int = FIRST, growth: float = GROWTH, longest: int = LONGEST
) -> Iterator[tuple[int, int]]:
    """Yield the first and the end frame of each piece. Raises ValueError for a first piece of a single frame."""
    if first < 2:
        raise ValueError("the first piece needs two frames or more: windows overlap by more than one")
    start, length = 0, first
    while start < frames:
        end = min(frames, start + length)
        # A last piece of a few frames would take as long as a long one, and joins the piece before it.
        end = frames if frames - end < first // 2 else end
        yield start, end
        start, length = end, min(longest, int(length * growth))
