"""Who a contact is, as keyed hashes: the journal locks persons and remembers them without knowing their names."""

import hmac
from hashlib import sha256

from pydantic import SecretStr

from shared.highlevel.contact import Contact

IDENTIFIERS = ("email", "phone")


def identity(key: SecretStr, location_id: str, email: object, phone: object) -> dict[str, str]:
    """Return the hash of each identifier that is there; the same at each location only by chance."""
    found = {"email": email, "phone": phone}
    return {
        name: _hash(key, f"{location_id} {name} {value.strip().lower()}")
        for name, value in found.items()
        if isinstance(value, str) and value.strip()
    }


def identity_of(key: SecretStr, location_id: str, contact: Contact) -> dict[str, str]:
    """Return the hashes of a contact's identifiers."""
    return identity(key, location_id, contact.email, contact.phone)


def _hash(key: SecretStr, text: str) -> str:
    return hmac.new(key.get_secret_value().encode(), text.encode("utf-8", "replace"), sha256).hexdigest()[:32]
