"""Operation id → what it needs, for the API `v1`. None: public."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tradewind.core.permissions import Need, Resource
from tradewind.server.permissions.words import PUBLIC, create, delete, edit, read

V1: Final[Mapping[str, tuple[Need, ...] | None]] = {
    "get_health": PUBLIC,
    # --- variables
    "get_variables": read(Resource.VARIABLE),
    "get_variable": read(Resource.VARIABLE),
    "post_variables": create(Resource.VARIABLE),
    "patch_variable": edit(Resource.VARIABLE),
    "delete_variable": delete(Resource.VARIABLE),
    # --- pools
    "get_pools": read(Resource.POOL),
    "get_pool": read(Resource.POOL),
    "post_pool": create(Resource.POOL),
    "patch_pool": edit(Resource.POOL),
    "delete_pool": delete(Resource.POOL),
    # --- connections
    "get_connections": read(Resource.CONNECTION),
    "get_connection": read(Resource.CONNECTION),
    "post_connection": create(Resource.CONNECTION),
    "patch_connection": edit(Resource.CONNECTION),
    "delete_connection": delete(Resource.CONNECTION),
    "test_connection": create(Resource.CONNECTION),
}
