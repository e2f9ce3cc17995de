"""Journals of dead hosts: each is kept until the store has every end that only it knows of."""

from __future__ import annotations

import os


class KeptJournals:
    """The files, with the ids of the tries and callbacks that are not in the store yet."""

    def __init__(self) -> None:
        self._idents: dict[str, set[str]] = {}

    def keep(self, path: str, idents: set[str]) -> None:
        """Remove the file once all of these are forgotten: at once when there are none."""
        self._idents[path] = idents
        self._remove_if_done(path)

    def forget(self, ident: str) -> None:
        """The end of this one is in the store."""
        for path, idents in list(self._idents.items()):
            idents.discard(ident)
            self._remove_if_done(path)

    def _remove_if_done(self, path: str) -> None:
        if not self._idents[path]:
            del self._idents[path]
            remove(path)


def remove(path: str) -> None:
    """Remove a journal; fine when it is gone."""
    try:
        os.unlink(path)
    except OSError:
        pass
