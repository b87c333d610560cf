"""`python -m pngnat` is `pngnat`."""

import sys

from pngnat.cli.speak import main

if __name__ == "__main__":
    sys.exit(main())
