"""What the fields of a contact are called: by HighLevel, and by the people who configure and edit them."""

# What `[forms.x.fields]` may set. Tags, custom fields and the location have their own places in the configuration;
# do-not-disturb is a legal state and no answer of a visitor.
WRITABLE_FIELDS = frozenset(
    {"firstName", "lastName", "name", "email", "phone", "gender", "dateOfBirth", "companyName", "website", "timezone"}
    | {"address1", "city", "state", "postalCode", "country", "source", "assignedTo"}
)
# What else stands in a contact's body: an edit may leave it out, but not set it.
OTHER_FIELDS = frozenset(
    {"dnd", "dndSettings", "inboundDndSettings", "customFields", "createNewIfDuplicateAllowed", "tags", "locationId"}
)
CUSTOM = "customFields."
KEY_PREFIX = "contact."


def names_custom_field(name: str) -> bool:
    """Say whether an edit means a custom field by this name: all that is no field of every contact."""
    plain = name.strip()
    return plain.startswith(CUSTOM) or not (plain in WRITABLE_FIELDS or plain.partition(".")[0] in OTHER_FIELDS)


def plain_name(name: str) -> str:
    """Return a custom field's name as it is compared: without case, blanks and the prefix of a key."""
    return "".join(name.split()).casefold().removeprefix(KEY_PREFIX)


def as_compared(name: str) -> str:
    """Return a field's name in the one way that its spellings have in common."""
    plain = name.strip()
    return CUSTOM + plain_name(plain.removeprefix(CUSTOM)) if names_custom_field(plain) else plain
