"""A worker for tests of processes; a module of its own, because a new process must be able to import it."""

import os


class Deadly:
    """Works, fails or kills its process, as the item says."""

    def __call__(self, item: str) -> str:
        if item == "die":
            os._exit(1)
        if item == "fail":
            raise ValueError(item)
        return item.upper()
