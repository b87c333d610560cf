"""The version, where everything may read it without importing more."""

__version__ = "0.1.0"
