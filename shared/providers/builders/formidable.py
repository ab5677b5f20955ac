"""Formidable Forms with its API add-on (https://formidableforms.com/knowledgebase/formidable-api/)."""

from pydantic import JsonValue

from shared.providers.base import Provider, Reading
from shared.providers.bodies import is_json
from shared.providers.flat import flat_answers
from shared.providers.flat_json import TEST_EVENT, opened, read_fields
from shared.providers.wordpress import NOISE, entry_id, revision, typed

ID_KEYS = ("item_id", "id", "entry_id", "item_key", "entry_key", "key")
# What stands beside the id in the two bodies that Formidable writes itself; without it an owner has chosen the keys.
ENTRY = frozenset({"form_id", "created_at", "is_draft"})
METADATA = ENTRY | frozenset({"post_id", "user_id", "parent_item_id", "updated_by", "updated_at", "ip"})
OWNERS_ID_KEYS = ("item_id", "entry_id", "item_key", "entry_key")
DRAFT = "1"


def read(body: bytes, content_type: str) -> Reading:
    """Read an entry as Formidable writes it, or the keys that the form's owner chose."""
    fields = read_fields(body, content_type)
    if fields == TEST_EVENT:
        return Reading(ignored="a test event")
    is_entry = fields.keys() >= ENTRY
    id_keys = ID_KEYS if is_entry else OWNERS_ID_KEYS
    own = METADATA.union(ID_KEYS) if is_entry else {*OWNERS_ID_KEYS, "form_id"}
    envelope, inner = opened({key: value for key, value in fields.items() if key not in own})
    said = {**envelope, **inner}
    if "item_key" in fields:
        said = _without_row(said, fields["item_key"])
    if is_json(body, content_type):
        said = {key: _unescaped(value) for key, value in said.items()}
    answers = tuple(map(typed, flat_answers(said, NOISE)))
    submission_id = next(filter(None, (entry_id(fields.get(key)) for key in id_keys)), "")
    return Reading(
        answers=answers,
        submission_id=submission_id,
        revision=revision(answers),  # an action may run at each update of an entry
        is_partial=is_entry and str(fields["is_draft"]) == DRAFT,
    )


def _without_row(fields: dict[str, JsonValue], item_key: JsonValue) -> dict[str, JsonValue]:
    """Return the fields without the entry's own name and description, unless a question has their key."""
    name, description = fields.get("name"), str(fields.get("description"))
    others = [value for key, value in fields.items() if key != "name"]
    unwanted = {"name"} if name in [item_key, *others] else set()
    if "browser" in description and "referrer" in description:
        unwanted.add("description")
    return {key: value for key, value in fields.items() if key not in unwanted}


def _unescaped(value: JsonValue) -> JsonValue:
    """Return a value as the visitor wrote it: a body of the owner's own gets `&` and line ends escaped twice."""
    match value:
        case str():
            return value.replace(" %26 ", " & ").replace("\\r\\n", "\n")
        case list():
            return [_unescaped(item) for item in value]
        case dict():
            return {key: _unescaped(item) for key, item in value.items()}
        case _:
            return value


PROVIDER = Provider(
    name="formidable",
    title="Formidable Forms",
    read=read,
    setup='In the form: Settings > Actions & Notifications > "Send API data" (add-on): {url}, JSON; its Basic Auth '
    "takes `username:password`.",
    recognised="`item_id` or the entry's key with the same answers, if the body has one; else the same answers",
    retries="no",
    quirks="the test button is no submission; drafts are partial; an update of an entry is a new revision",
    carries=("basic", "url_token"),
)
