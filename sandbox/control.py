"""What a test asks of the sandbox itself; without a token, never rate limited, and in no log of calls."""

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, ConfigDict

from sandbox import answers
from sandbox.faults import Fault
from sandbox.locations import LocationSettings
from sandbox.refusals import BadRequest, NotFound
from sandbox.state import State
from sandbox.tokens import Token
from sandbox.validation import Body

Answer = Response | tuple[Response, int]


class TokensBody(BaseModel):
    """The tokens to accept from now on; null is any."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens: tuple[str | Token, ...] | None


class Seed(BaseModel):
    """Contacts to put in place, each written as for HighLevel's create."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contacts: tuple[Body, ...]


def create_control(state: State) -> Blueprint:
    """Return the control endpoints over this state."""
    control = Blueprint("control", __name__, url_prefix="/_sandbox")
    _add_faults(control, state)
    _add_views(control, state)
    _add_settings(control, state)
    return control


def _add_faults(control: Blueprint, state: State) -> None:
    @control.post("/faults")
    def add_fault() -> Answer:
        planned = state.faults.add(Fault.model_validate(request.get_json()))
        return jsonify(planned.shown()), 201

    @control.get("/faults")
    def list_faults() -> Answer:
        return jsonify(faults=[planned.shown() for planned in state.faults.all()])

    @control.delete("/faults")
    def remove_faults() -> Answer:
        state.faults.clear()
        return jsonify(faults=[])

    @control.delete("/faults/<int:fault_id>")
    def remove_fault(fault_id: int) -> Answer:
        if not state.faults.remove(fault_id):
            raise NotFound(f"There is no fault {fault_id}")
        return jsonify(faults=[planned.shown() for planned in state.faults.all()])


def _add_views(control: Blueprint, state: State) -> None:
    @control.get("/contacts")
    def contacts() -> Answer:
        listed = list(state.contacts.newest_first(request.args.get("location")))
        limit = request.args.get("limit", type=int)
        return jsonify(contacts=[answers.inspected(contact) for contact in listed[:limit]], total=len(listed))

    @control.get("/calls")
    def calls() -> Answer:
        listed = state.calls.newest_first(request.args.get("limit", type=int))
        return jsonify(calls=[call.shown() for call in listed], counts=state.calls.counts)


def _add_settings(control: Blueprint, state: State) -> None:
    @control.get("/locations")
    def list_locations() -> Answer:
        return jsonify(locations=[answers.settings(location) for location in state.contacts.locations()])

    @control.post("/locations/<location_id>")
    def configure(location_id: str) -> Answer:
        location = state.contacts.location(location_id)
        settings = location.settings.model_dump(by_alias=True) | _changes()
        state.contacts.configure(location_id, LocationSettings.model_validate(settings))
        return jsonify(answers.settings(location))

    @control.post("/tokens")
    def replace_tokens() -> Answer:
        accepted = TokensBody.model_validate(request.get_json()).tokens
        state.tokens.replace(accepted)
        return jsonify(tokens=None if accepted is None else len(accepted))

    @control.post("/state")
    def seed() -> Answer:
        wanted = Seed.model_validate(request.get_json()).contacts
        return jsonify(contacts=[answers.inspected(state.contacts.create(body)) for body in wanted]), 201

    @control.delete("/state")
    def clear() -> Answer:
        state.clear()
        return jsonify(contacts=[], total=0)


def _changes() -> Body:
    changes = request.get_json()
    if not isinstance(changes, dict):
        raise BadRequest("The body is not a JSON object")
    return changes
