"""Which scope a call needs."""

import re

READ_CONTACTS = "contacts.readonly"
WRITE_CONTACTS = "contacts.write"
READ_CUSTOM_FIELDS = "locations/customFields.readonly"
SCOPES = (READ_CONTACTS, WRITE_CONTACTS, READ_CUSTOM_FIELDS)

CUSTOM_FIELDS_PATH = re.compile(r"/locations/[^/]+/customFields/?")
SEARCH_PATH = re.compile(r"/contacts/search/?")


def scope_of(method: str, path: str) -> str | None:
    """Return the scope that a call needs, as HighLevel's API description names it."""
    if CUSTOM_FIELDS_PATH.fullmatch(path):
        return READ_CUSTOM_FIELDS
    if not path.startswith("/contacts"):
        return None
    only_reads = method in ("GET", "HEAD") or SEARCH_PATH.fullmatch(path)
    return READ_CONTACTS if only_reads else WRITE_CONTACTS
