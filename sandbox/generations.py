"""The generations of the API that a Version header names, and the one table of how they differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic.alias_generators import to_camel

Settings = dict[str, Any]
CHANNELS = ("Call", "Email", "SMS", "WhatsApp", "GMB", "FB")


@dataclass(frozen=True, slots=True)
class Generation:
    """
    What one generation does in its own way.

    `channels` spells each channel of do-not-disturb; `value_names` are what a custom field's entry may call its value,
    the best first; `done` and `updated` are the properties by which an answer says that something was done;
    `lists_contacts` is whether `GET /contacts/` is still there; `camel_case_oauth` is how the token call spells names.
    """

    name: str
    channels: Mapping[str, str]
    value_names: tuple[str, ...]
    done: tuple[str, ...]
    updated: tuple[str, ...]
    lists_contacts: bool
    camel_case_oauth: bool

    def stored(self, settings: Settings) -> Settings:
        """Return do-not-disturb settings in the sandbox's own spelling, which is v2's."""
        ours = {spelling: channel for channel, spelling in self.channels.items()}
        return {ours[spelling]: setting for spelling, setting in settings.items()}

    def shown(self, settings: Settings) -> Settings:
        """Return stored do-not-disturb settings in this generation's spelling."""
        return {self.channels[channel]: setting for channel, setting in settings.items()}

    def parameter(self, name: str) -> str:
        """Return a name of the token call, such as client_id, in this generation's spelling."""
        return to_camel(name) if self.camel_case_oauth else name


# The field names of v2 are live-proven beyond its schema: it takes fieldValue and value too.
V2 = Generation(
    name="v2",
    channels={channel: channel for channel in CHANNELS},
    value_names=("field_value", "fieldValue", "value"),
    done=("succeded",),  # documented with one e
    updated=("succeded",),
    lists_contacts=True,
    camel_case_oauth=False,
)
# The answers' properties are those of the official SDK's models (gohighlevel-api-client 3.0.0).
V3 = Generation(
    name="v3",
    channels=dict(zip(CHANNELS, ("call", "email", "sms", "whatsApp", "gmb", "fb"), strict=True)),
    value_names=("fieldValue", "field_value", "value"),
    done=("succeeded", "succeded"),
    updated=("succeeded",),
    lists_contacts=False,
    camel_case_oauth=True,
)
VERSIONS: Mapping[str, Generation] = {"2021-07-28": V2, "2021-04-15": V2, "2023-02-21": V2, "v3": V3}
