"""The command `pngnat`: main.py is its door; each command is a file of its own, imported when it is called."""
