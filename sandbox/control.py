"""What a test asks of the sandbox itself; without a token, never rate limited, and in no log of calls."""

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, ConfigDict, Field

from sandbox import answers
from sandbox.checks import Body
from sandbox.faults import Fault
from sandbox.limits import LimitSettings, Window
from sandbox.locations import LocationSettings
from sandbox.oauth import AppChanges, AppSettings
from sandbox.programs import PROGRAMS
from sandbox.refusals import BadRequest, NotFound
from sandbox.state import State
from sandbox.tokens import Token

Answer = Response | tuple[Response, int]


class TokensBody(BaseModel):
    """The tokens to accept from now on; null is any."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens: tuple[str | Token, ...] | None


class LimitsBody(BaseModel):
    """What changes about the limit, and how many calls a location, or every caller, has made today."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window: Window | None = None
    max_requests: int | None = None
    interval_ms: int | None = None
    daily_limit: int | None = None
    used_today: int | None = Field(default=None, ge=0)
    location: str | None = None


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
    _add_limits(control, state)
    _add_apps(control, state)
    return control


def _add_faults(control: Blueprint, state: State) -> None:
    @control.post("/faults")
    def add_fault() -> Answer:
        planned = state.faults.add(Fault.model_validate(request.get_json()))
        return jsonify(planned.shown()), 201

    @control.get("/programs")
    def list_programs() -> Answer:
        shown = [
            {"name": name, "sentence": program.sentence, "fault": program.fault} for name, program in PROGRAMS.items()
        ]
        return jsonify(programs=shown)

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
        return jsonify(contacts=[answers.inspected(state.contacts.seed(body)) for body in wanted]), 201

    @control.delete("/state")
    def clear() -> Answer:
        state.clear()
        return jsonify(contacts=[], total=0)


def _add_limits(control: Blueprint, state: State) -> None:
    limits = state.limits

    @control.get("/limits")
    def show_limits() -> Answer:
        return jsonify(limits.settings.model_dump())

    @control.post("/limits")
    def change_limits() -> Answer:
        body = LimitsBody.model_validate(request.get_json())
        changed = body.model_dump(exclude_none=True, exclude={"used_today", "location"})
        limits.settings = LimitSettings.model_validate(limits.settings.model_dump() | changed)
        if body.used_today is not None:
            limits.use_up(body.used_today, body.location, state.clock())
        return jsonify(limits.settings.model_dump())


def _add_apps(control: Blueprint, state: State) -> None:
    @control.post("/oauth")
    def register() -> Answer:
        registered = state.oauth.register(AppSettings.model_validate(request.get_json()))
        return jsonify(answers.app(registered)), 201

    @control.get("/oauth")
    def list_apps() -> Answer:
        return jsonify(apps=[answers.app(registered) for registered in state.oauth.apps()])

    @control.patch("/oauth/<client_id>")
    def change_app(client_id: str) -> Answer:
        changes = AppChanges.model_validate(request.get_json())
        changed = state.oauth.change(client_id, request.args.get("location"), changes)
        return jsonify(apps=[answers.app(registered) for registered in changed])


def _changes() -> Body:
    changes = request.get_json()
    if not isinstance(changes, dict):
        raise BadRequest("The body is not a JSON object")
    return changes
