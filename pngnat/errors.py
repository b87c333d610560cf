"""Errors that are meant for the person who uses pngnat."""


class PngnatError(Exception):
    """One line that says what is wrong and what to do; the CLI prints it without a traceback and exits with code 2."""
