"""
The first generation of the API: no Version header, and the key says which location is meant.

Its pages are gone; mirrors of them remain: https://example.leadprosper.tech/go-high-level
"""

from flask import Blueprint, Response, g, jsonify, request

from sandbox import answers, validation
from sandbox.api import noted
from sandbox.bodies import json_body
from sandbox.checks import Body, check
from sandbox.contact import Contact
from sandbox.edge import CALL_KEY
from sandbox.phones import to_e164
from sandbox.refusals import BadRequest, Unprocessable
from sandbox.state import State

Json = answers.Json
INVALID = {"email": "The email address is invalid.", "phone": "The phone number is invalid."}
NOBODY = {"email or phone": {"message": "The email or phone field is mandatory.", "rule": "required"}}


class Invalid(Exception):
    """What v1 refuses with a 422: by property, what is wrong and the rule that is broken."""

    def __init__(self, faults: Json) -> None:
        super().__init__(faults)
        self.faults = faults


def create_v1(state: State) -> Blueprint:
    """Return v1's routes over this state."""
    v1 = Blueprint("v1", __name__)
    v1.url_value_preprocessor(_forget_the_mirror)
    v1.register_error_handler(Invalid, lambda error: (jsonify(error.faults), 422))
    v1.register_error_handler(BadRequest, lambda error: (jsonify(msg=error.message), 400))
    v1.before_request(_note_location)
    _add_contacts(v1, state)
    _add_tags(v1, state)
    _add_notes(v1, state)

    @v1.get("/custom-fields/")
    def custom_fields() -> Response:
        location = state.contacts.location(g.location)
        declared = enumerate(location.settings.custom_fields)
        return jsonify(customFields=[answers.v1_custom_field(field, position) for position, field in declared])

    return v1


def _add_contacts(v1: Blueprint, state: State) -> None:
    contacts = state.contacts

    @v1.post("/contacts/")
    def create() -> Response:
        fields = _fields(json_body(), state)
        if not (fields.get("email") or fields.get("phone")):
            raise Invalid(NOBODY)
        # Live, a person who is known is updated.
        contact, _ = contacts.upsert({"locationId": g.location, **fields})
        return jsonify(contact=answers.v1_contact(noted(contact)))

    @v1.get("/contacts/lookup")
    def lookup() -> Response:
        return jsonify(contacts=[answers.v1_contact(contact) for contact in _looked_up(state)])

    @v1.get("/contacts/<contact_id>")
    def get(contact_id: str) -> Response:
        return jsonify(contact=answers.v1_contact(_own(state, contact_id)))

    @v1.put("/contacts/<contact_id>")
    def update(contact_id: str) -> Response:
        _own(state, contact_id)
        return jsonify(contact=answers.v1_contact(contacts.update(contact_id, _fields(json_body(), state))))

    @v1.delete("/contacts/<contact_id>")
    def delete(contact_id: str) -> Response:
        _own(state, contact_id)
        contacts.delete(contact_id)
        return jsonify({})


def _add_tags(v1: Blueprint, state: State) -> None:
    @v1.post("/contacts/<contact_id>/tags/")
    def add_tags(contact_id: str) -> Response:
        return jsonify(tags=state.contacts.add_tags(_own(state, contact_id).id, _tags()).tags)

    @v1.delete("/contacts/<contact_id>/tags/")
    def remove_tags(contact_id: str) -> Response:
        return jsonify(tags=state.contacts.remove_tags(_own(state, contact_id).id, _tags()).tags)


def _add_notes(v1: Blueprint, state: State) -> None:
    @v1.post("/contacts/<contact_id>/notes/")
    def add_note(contact_id: str) -> Response:
        contact = _own(state, contact_id)
        text = json_body().get("body")
        if not isinstance(text, str) or not text:
            raise Invalid(_invalid("body"))
        return jsonify(answers.v1_note(contact, state.contacts.add_note(contact.id, {"body": text})))

    @v1.get("/contacts/<contact_id>/notes/")
    def list_notes(contact_id: str) -> Response:
        contact = _own(state, contact_id)
        return jsonify(notes=[answers.v1_note(contact, note) for note in reversed(contact.notes.values())])


def _forget_the_mirror(_endpoint: str | None, values: Body | None) -> None:
    if values:
        values.pop("mirror", None)


def _note_location() -> None:
    g.location = request.environ[CALL_KEY].location


def _own(state: State, contact_id: str) -> Contact:
    contact = state.contacts.find(contact_id)
    if contact is None or contact.location_id != g.location:
        raise Invalid(_invalid("contactId"))
    return contact


def _looked_up(state: State) -> list[Contact]:
    location = state.contacts.location(g.location)
    email, phone = request.args.get("email"), request.args.get("phone")
    if not (email or phone):
        raise Invalid(NOBODY)
    owners = (location.owner("email", email), location.owner("phone", _phone(phone, state) if phone else None))
    found = {owner.id: owner for owner in owners if owner}
    if not found:
        raise Invalid(_invalid("email" if email else "phone"))
    return list(found.values())


def _fields(body: Body, state: State) -> Body:
    """Return what v1 takes of a body, in the words of v2."""
    fields = {name: value for name, value in body.items() if name in validation.V1_CONTACT and value not in ("", None)}
    try:
        check(fields, validation.V1_CONTACT)
    except Unprocessable as error:
        # Each message of the newer generations begins with the property.
        raise Invalid(
            {name: fault for text in error.message for name, fault in _invalid(text.split()[0]).items()}
        ) from error
    if "phone" in fields:
        fields["phone"] = _phone(fields["phone"], state)
    custom = fields.pop("customField", {})
    return {**fields, "customFields": [{"id": key, "field_value": value} for key, value in custom.items()]}


def _phone(text: str, state: State) -> str:
    try:
        return to_e164(text, state.contacts.location(g.location).settings.default_region)
    except BadRequest as error:
        raise Invalid(_invalid("phone")) from error


def _tags() -> Body:
    tags = json_body().get("tags")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise Invalid(_invalid("tags"))
    return {"tags": tags}


def _invalid(name: str) -> Json:
    return {name: {"message": INVALID.get(name, f"The {name} is invalid."), "rule": "invalid"}}
