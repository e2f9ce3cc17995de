"""The DAGs that a user keeps at the top."""

from __future__ import annotations

from tradewind.services.views.viewer import Viewer


def favourites_of(viewer: Viewer) -> frozenset[str]:
    return viewer.services.store.personal.favourites(viewer.username)
