"""HighLevel's OAuth paths: where an app is let in, and where it gets its tokens."""

from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, jsonify, redirect, request
from werkzeug.wrappers import Response as Redirect

from sandbox.generations import V2, VERSIONS, Generation
from sandbox.oauth import Parameters
from sandbox.refusals import BadRequest, Refused, Unauthorized
from sandbox.state import State

# What the v3 description calls an error of each status: https://google.aip.dev/193
AIP_CODES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 404: "NOT_FOUND"}


def create_oauth(state: State) -> Blueprint:
    """Return the OAuth routes over this state."""
    oauth = Blueprint("oauth", __name__)
    oauth.register_error_handler(Refused, _refused)

    @oauth.post("/oauth/token")
    def token() -> Response:
        generation = _generation()
        tokens = state.oauth.exchange(Parameters(request.form, generation))
        return jsonify({generation.parameter(name): value for name, value in tokens.items()})

    # In HighLevel a person chooses a location here and lets the app in; the sandbox does both at once.
    @oauth.get("/oauth/chooselocation")
    @oauth.get("/v2/oauth/chooselocation")
    def choose_location() -> Redirect:
        back = request.args.get("redirect_uri", "")
        if urlsplit(back).scheme not in ("http", "https"):
            raise BadRequest("Invalid parameter: redirect_uri")
        if request.args.get("response_type") != "code":
            raise BadRequest("Invalid parameter: response_type")
        code = state.oauth.authorize(request.args.get("client_id", ""), request.args.get("location"))
        answer = {"code": code} | ({"state": request.args["state"]} if "state" in request.args else {})
        return redirect(f"{back}{'&' if '?' in back else '?'}{urlencode(answer)}")

    return oauth


def _generation() -> Generation:
    version = request.headers.get("Version")
    if not version:  # v2's description of this path has no such header
        return V2
    if version not in VERSIONS:
        raise Unauthorized("version header is invalid")
    return VERSIONS[version]


def _refused(error: Refused) -> tuple[Response, int]:
    if VERSIONS.get(request.headers.get("Version", ""), V2).camel_case_oauth:
        code = AIP_CODES[error.status]
        return jsonify(error={"code": code, "message": error.message, "details": {}, "resolution": ""}), error.status
    return jsonify(error.body()), error.status
