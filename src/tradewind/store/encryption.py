"""Secrets at the border of the store: encrypted on the way in, readable on the way out.

Keys are Fernet keys (url-safe base64 of 32 bytes, as Airflow's `[core] fernet_key`). The first encrypts, all decrypt.
Without keys values are stored as they are. Nothing here ever shows a key or a value in a repr or an error.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tradewind.store.errors import BadAddress

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


class Cipher:
    """Encrypts and decrypts texts with the keys of this installation."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = tuple(key.strip() for key in keys if key.strip())
        for position, key in enumerate(self._keys, 1):
            _check_key(key, position, len(self._keys))
        self._fernet: MultiFernet | None = None

    def __repr__(self) -> str:
        return f"Cipher({len(self._keys)} keys)"

    @property
    def encrypts(self) -> bool:
        return bool(self._keys)

    def encrypt(self, text: str | None) -> str | None:
        """Ciphertext; the text itself without keys; None stays None."""
        if text is None or not self._keys:
            return text
        return self._multi().encrypt(text.encode("utf-8", "surrogatepass")).decode("ascii")

    def decrypt(self, stored: str | None, *, is_encrypted: bool) -> str | None:
        """The text, or None when no key fits."""
        if stored is None or not is_encrypted:
            return stored
        if not self._keys:
            return None
        from cryptography.fernet import InvalidToken

        try:
            return self._multi().decrypt(stored.encode()).decode("utf-8", "surrogatepass")
        except (InvalidToken, UnicodeError):
            return None

    def _multi(self) -> MultiFernet:
        if self._fernet is None:
            # Imported at first use: it takes longer than everything else in the store together, and most commands never
            # look at a secret.
            from cryptography.fernet import Fernet, MultiFernet

            self._fernet = MultiFernet([Fernet(key) for key in self._keys])
        return self._fernet


def _check_key(key: str, position: int, count: int) -> None:
    try:
        length = len(base64.urlsafe_b64decode(key))
    except (binascii.Error, ValueError):
        length = -1
    if length != 32:
        which = "The key" if count == 1 else f"Key {position} of {count}"
        raise BadAddress(
            f"{which} in [core] fernet_key is not a Fernet key (url-safe base64 of 32 bytes). Make one with: python -c "
            '"from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
        )
