"""What a full disk or a lost connection does to files."""

from pathlib import Path


def cut_in_half(path: Path) -> None:
    """Leave the first half of the file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
