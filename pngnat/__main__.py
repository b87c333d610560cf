"""`python -m pngnat` is `pngnat`."""

import sys

from pngnat.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
