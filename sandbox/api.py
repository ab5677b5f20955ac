"""HighLevel's paths, v2 and v3; each view is check, call, answer."""

from flask import Blueprint, Response, g, jsonify, request

from sandbox import answers, bulk_tags
from sandbox.bodies import json_body
from sandbox.contact import Contact
from sandbox.edge import CALL_KEY
from sandbox.generations import VERSIONS, Generation
from sandbox.refusals import BadRequest, Unauthorized
from sandbox.state import State

Answer = Response | tuple[Response, int]


def create_api(state: State) -> Blueprint:
    """Return the routes of HighLevel's API over this state."""
    api = Blueprint("api", __name__)
    api.before_request(_check_version)
    _add_contacts(api, state)
    _add_searches(api, state)
    _add_tags(api, state)
    _add_notes(api, state)
    _add_custom_fields(api, state)
    return api


def _add_contacts(api: Blueprint, state: State) -> None:
    contacts = state.contacts

    @api.post("/contacts/")
    def create() -> Answer:
        contact = contacts.create(json_body(), _generation())
        return jsonify(answers.created(noted(contact), _generation())), 201

    @api.post("/contacts/upsert")
    def upsert() -> Answer:
        contact, is_new = contacts.upsert(json_body(), _generation())
        return jsonify(answers.upserted(noted(contact), is_new, _generation()))

    @api.get("/contacts/<contact_id>")
    def get(contact_id: str) -> Answer:
        return jsonify(contact=answers.shown(contacts.get(contact_id), _generation()))

    @api.put("/contacts/<contact_id>")
    def update(contact_id: str) -> Answer:
        contact = contacts.update(contact_id, json_body(), _generation())
        return jsonify(answers.updated(contact, _generation()))

    @api.delete("/contacts/<contact_id>")
    def delete(contact_id: str) -> Answer:
        contacts.delete(contact_id)
        return jsonify(answers.done(_generation()))


def _add_searches(api: Blueprint, state: State) -> None:
    contacts = state.contacts

    @api.get("/contacts/")
    def list_contacts() -> Answer:
        if not _generation().lists_contacts:
            raise BadRequest(f"Endpoint GET /contacts/ not available in API version {_generation().name}")
        return jsonify(answers.listed(*contacts.listed(request.args.to_dict())))

    @api.post("/contacts/search")
    def search() -> Answer:
        return jsonify(answers.found(*contacts.search(json_body()), _generation()))

    @api.get("/contacts/search/duplicate")
    def duplicate() -> Answer:
        contact = contacts.duplicate(request.args.to_dict())
        return jsonify(contact=answers.shown(contact, _generation()) if contact else None)


def _add_tags(api: Blueprint, state: State) -> None:
    @api.post("/contacts/<contact_id>/tags")
    def add_tags(contact_id: str) -> Answer:
        return jsonify(tags=state.contacts.add_tags(contact_id, json_body()).tags), 201

    @api.delete("/contacts/<contact_id>/tags")
    def remove_tags(contact_id: str) -> Answer:
        return jsonify(tags=state.contacts.remove_tags(contact_id, json_body()).tags)

    @api.post("/contacts/bulk/tags/update/<kind>")
    def change_tags(kind: str) -> Answer:
        responses = bulk_tags.change(state.contacts, kind, json_body())
        return jsonify(answers.tags_changed(responses, _generation())), 201


def _add_notes(api: Blueprint, state: State) -> None:
    contacts = state.contacts

    @api.post("/contacts/<contact_id>/notes")
    def add_note(contact_id: str) -> Answer:
        return jsonify(note=answers.note(contact_id, contacts.add_note(contact_id, json_body()))), 201

    @api.get("/contacts/<contact_id>/notes")
    def list_notes(contact_id: str) -> Answer:
        return jsonify(notes=answers.notes(contacts.get(contact_id)))

    @api.get("/contacts/<contact_id>/notes/<note_id>")
    def get_note(contact_id: str, note_id: str) -> Answer:
        return jsonify(note=answers.note(contact_id, contacts.note(contact_id, note_id)))

    @api.put("/contacts/<contact_id>/notes/<note_id>")
    def change_note(contact_id: str, note_id: str) -> Answer:
        return jsonify(note=answers.note(contact_id, contacts.change_note(contact_id, note_id, json_body())))

    @api.delete("/contacts/<contact_id>/notes/<note_id>")
    def delete_note(contact_id: str, note_id: str) -> Answer:
        contacts.delete_note(contact_id, note_id)
        return jsonify(answers.done(_generation()))


def _add_custom_fields(api: Blueprint, state: State) -> None:
    @api.get("/locations/<location_id>/customFields")
    def list_custom_fields(location_id: str) -> Answer:
        location = state.contacts.location(location_id)
        declared = location.settings.custom_fields if request.args.get("model") != "opportunity" else ()
        return jsonify(customFields=[answers.custom_field(location, field, at) for at, field in enumerate(declared)])


def noted(contact: Contact) -> Contact:
    """Write into the log of calls which contact this one is about."""
    request.environ[CALL_KEY].contact_id = contact.id
    return contact


def _check_version() -> None:
    version = request.headers.get("Version")
    if not version:
        raise Unauthorized("version header was not found.")
    if version not in VERSIONS:
        raise Unauthorized("version header is invalid")
    g.generation = VERSIONS[version]


def _generation() -> Generation:
    generation: Generation = g.generation
    return generation
