"""`python -m tradewind.runtime.connection_check`: one connection is tested by its hook, in this process.

Hooks are code of provider packages, which may hang or crash: whoever asks starts this as a child with a time limit. The
connection comes as a JSON object on standard input (never as an argument, which other users of the machine could read), the
answer goes as one to standard output: {"status": bool, "message": text}, without the connection's secrets.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from tradewind.sdk.connection import Connection
from tradewind.sdk.masking import MASKER, mask_secret
from tradewind.sdk.secrets_lookup import CONNECTION_PREFIX


def check(fields: dict[str, Any]) -> dict[str, Any]:
    """`fields`: conn_id, conn_type, host, login, password, schema, port, extra. Sets an environment variable."""
    conn_id = str(fields.pop("conn_id"))
    if fields.get("password"):
        mask_secret(fields["password"])
    try:
        mask_secret(json.loads(fields.get("extra") or "{}"))
    except ValueError:
        pass
    # Hooks look connections up by their id, and this is the first place where they look.
    os.environ[CONNECTION_PREFIX + conn_id.upper()] = json.dumps(fields)
    status, message = Connection.get(conn_id).test_connection()
    return {"status": bool(status), "message": MASKER.redact_text(str(message))}


def main() -> None:
    fields = json.load(sys.stdin)
    # What a hook prints must not get between the answer's lines.
    answer_to = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    json.dump(check(fields), answer_to)
    answer_to.close()


if __name__ == "__main__":
    main()
