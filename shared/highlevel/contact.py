"""The contact that an upsert sends: every field HighLevel documents, under Python names and HighLevel's aliases."""

from typing import Literal

from pydantic import AliasGenerator, BaseModel, ConfigDict, Field, JsonValue, model_validator
from pydantic.alias_generators import to_camel

# The country codes that HighLevel takes (https://marketplace.gohighlevel.com/docs/other/country): ISO 3166-1 alpha-2
# with AN and XK, without BL, BQ, CW and SS.
_CODES = """
    AD AE AF AG AI AL AM AN AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT
    JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM
    MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR
    PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR ST SV SX SY SZ TC TD TF TG TH TJ
    TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_CODES.split())


class _Sent(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=AliasGenerator(alias=to_camel),
        validate_by_name=True,
        validate_by_alias=True,
    )


class CustomField(_Sent):
    """A custom field of the location, by its id or its key."""

    id: str | None = None
    key: str | None = None
    field_value: JsonValue = Field(alias="field_value")

    @model_validator(mode="after")
    def _has_one_name(self) -> "CustomField":
        if bool(self.id) == bool(self.key):
            raise ValueError("a custom field has either an id or a key")
        return self


class DndSetting(_Sent):
    """Do-not-disturb of one channel; `active` means that the contact must not be disturbed."""

    status: Literal["active", "inactive", "permanent"]
    message: str | None = None
    code: str | None = None


class DndSettings(_Sent):
    """Do-not-disturb by channel; HighLevel writes the channels just so."""

    call: DndSetting | None = Field(None, alias="Call")
    email: DndSetting | None = Field(None, alias="Email")
    sms: DndSetting | None = Field(None, alias="SMS")
    whatsapp: DndSetting | None = Field(None, alias="WhatsApp")
    gmb: DndSetting | None = Field(None, alias="GMB")
    fb: DndSetting | None = Field(None, alias="FB")


class InboundDndSetting(_Sent):
    """Do-not-disturb that the contact asked for."""

    status: Literal["active", "inactive"]
    message: str | None = None


class InboundDndSettings(_Sent):
    """Do-not-disturb that the contact asked for, for all channels."""

    all: InboundDndSetting | None = None


class Contact(_Sent):
    """
    The body of an upsert, but for `locationId`, which the client adds.

    There are no tags on purpose: an upsert would replace the contact's whole list. They are added with their own call.
    """

    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    gender: str | None = None
    date_of_birth: str | None = None
    company_name: str | None = None
    website: str | None = None
    timezone: str | None = None
    address1: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    source: str | None = None
    assigned_to: str | None = None
    dnd: bool | None = None
    dnd_settings: DndSettings | None = None
    inbound_dnd_settings: InboundDndSettings | None = None
    custom_fields: tuple[CustomField, ...] = ()
    create_new_if_duplicate_allowed: bool | None = None

    def body(self) -> dict[str, JsonValue]:
        """Return the JSON body with the values that are not empty: HighLevel may refuse an empty one."""
        sent = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {name: value for name, value in sent.items() if value not in ("", [], {})}
