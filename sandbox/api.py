"""HighLevel's paths; each view is check, call, answer."""

from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import BadRequest as UnreadableBody

from sandbox import answers
from sandbox.contacts import Contact
from sandbox.edge import CALL_KEY
from sandbox.refusals import BadRequest, Unauthorized
from sandbox.state import State
from sandbox.validation import Body

Answer = Response | tuple[Response, int]
VERSIONS = ("2021-07-28", "2021-04-15", "2023-02-21", "v3")


def create_api(state: State) -> Blueprint:
    """Return the routes of HighLevel's API over this state."""
    api = Blueprint("api", __name__)
    api.before_request(_check_version)
    _add_contacts(api, state)
    _add_tags(api, state)
    _add_notes(api, state)
    _add_custom_fields(api, state)
    return api


def _add_contacts(api: Blueprint, state: State) -> None:
    contacts = state.contacts

    @api.post("/contacts/")
    def create() -> Answer:
        contact = contacts.create(_body())
        return jsonify(answers.created(_noted(contact))), 201

    @api.post("/contacts/upsert")
    def upsert() -> Answer:
        contact, is_new = contacts.upsert(_body())
        return jsonify(answers.upserted(_noted(contact), is_new))

    @api.post("/contacts/search")
    def search() -> Answer:
        return jsonify(answers.found(*contacts.search(_body())))

    @api.get("/contacts/search/duplicate")
    def duplicate() -> Answer:
        contact = contacts.duplicate(request.args.to_dict())
        return jsonify(contact=answers.shown(contact) if contact else None)

    @api.get("/contacts/<contact_id>")
    def get(contact_id: str) -> Answer:
        return jsonify(contact=answers.shown(contacts.get(contact_id)))

    @api.put("/contacts/<contact_id>")
    def update(contact_id: str) -> Answer:
        return jsonify(answers.updated(contacts.update(contact_id, _body())))

    @api.delete("/contacts/<contact_id>")
    def delete(contact_id: str) -> Answer:
        contacts.delete(contact_id)
        return jsonify(succeded=True)


def _add_tags(api: Blueprint, state: State) -> None:
    @api.post("/contacts/<contact_id>/tags")
    def add_tags(contact_id: str) -> Answer:
        return jsonify(tags=state.contacts.add_tags(contact_id, _body()).tags), 201

    @api.delete("/contacts/<contact_id>/tags")
    def remove_tags(contact_id: str) -> Answer:
        return jsonify(tags=state.contacts.remove_tags(contact_id, _body()).tags)


def _add_notes(api: Blueprint, state: State) -> None:
    contacts = state.contacts

    @api.post("/contacts/<contact_id>/notes")
    def add_note(contact_id: str) -> Answer:
        return jsonify(note=answers.note(contact_id, contacts.add_note(contact_id, _body()))), 201

    @api.get("/contacts/<contact_id>/notes")
    def list_notes(contact_id: str) -> Answer:
        return jsonify(notes=answers.notes(contacts.get(contact_id)))

    @api.get("/contacts/<contact_id>/notes/<note_id>")
    def get_note(contact_id: str, note_id: str) -> Answer:
        return jsonify(note=answers.note(contact_id, contacts.note(contact_id, note_id)))

    @api.put("/contacts/<contact_id>/notes/<note_id>")
    def change_note(contact_id: str, note_id: str) -> Answer:
        return jsonify(note=answers.note(contact_id, contacts.change_note(contact_id, note_id, _body())))

    @api.delete("/contacts/<contact_id>/notes/<note_id>")
    def delete_note(contact_id: str, note_id: str) -> Answer:
        contacts.delete_note(contact_id, note_id)
        return jsonify(succeded=True)


def _add_custom_fields(api: Blueprint, state: State) -> None:
    @api.get("/locations/<location_id>/customFields")
    def list_custom_fields(location_id: str) -> Answer:
        location = state.contacts.location(location_id)
        declared = location.settings.custom_fields if request.args.get("model") != "opportunity" else ()
        return jsonify(customFields=[answers.custom_field(location, field, at) for at, field in enumerate(declared)])


def _check_version() -> None:
    version = request.headers.get("Version")
    if not version:
        raise Unauthorized("version header was not found.")
    if version not in VERSIONS:
        raise Unauthorized("version header is invalid")


def _body() -> Body:
    if not request.is_json:  # a body of another type is not read, as with Express
        return {}
    try:
        body: Any = request.get_json()
    except UnreadableBody as error:
        raise BadRequest("Unexpected token in JSON") from error
    if not isinstance(body, dict):
        raise BadRequest("The body is not a JSON object")
    return body


def _noted(contact: Contact) -> Contact:
    request.environ[CALL_KEY].contact_id = contact.id
    return contact
