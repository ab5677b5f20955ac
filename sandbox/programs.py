"""Faults by name: answers that HighLevel, or what stands before it, has been seen to give."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CLOUDFLARE = {"Server": "cloudflare", "CF-RAY": "8f0c2a4b6d1e7f35-IAD"}
BLOCKED_PAGE = """<!DOCTYPE html>
<html lang="en-US">
<head><title>Attention Required! | Cloudflare</title></head>
<body><h1>Sorry, you have been blocked</h1><p>You are unable to access leadconnectorhq.com</p></body>
</html>
"""
BAD_GATEWAY_PAGE = """<html>
<head><title>502 Bad Gateway</title></head>
<body><center><h1>502 Bad Gateway</h1></center><hr><center>cloudflare</center></body>
</html>
"""
TOO_MANY = {"statusCode": 429, "message": "Too Many Requests"}


@dataclass(frozen=True, slots=True)
class Program:
    """A fault as it is asked for, and a sentence on what it is."""

    sentence: str
    fault: Mapping[str, Any]


def _refusal(status: int, message: str | list[str], error: str) -> Mapping[str, Any]:
    return {"status": status, "body": {"statusCode": status, "message": message, "error": error}}


def _at_the_edge(status: int, body: str, content_type: str = "text/html; charset=UTF-8") -> Mapping[str, Any]:
    headers = {**CLOUDFLARE, "Content-Type": content_type}
    return {"status": status, "body": body, "headers": headers, "without_rate_headers": True}


PROGRAMS: Mapping[str, Program] = {
    "edge_html_403": Program("Cloudflare blocks the caller with its page.", _at_the_edge(403, BLOCKED_PAGE)),
    "edge_1010": Program(
        "Cloudflare refuses the caller's User-Agent.",
        _at_the_edge(403, "error code: 1010", "text/plain; charset=UTF-8"),
    ),
    "html_200": Program("A page comes back with a 200, and nothing was stored.", _at_the_edge(200, BLOCKED_PAGE)),
    "bad_gateway_502": Program("Cloudflare cannot reach HighLevel.", _at_the_edge(502, BAD_GATEWAY_PAGE)),
    "empty_200": Program("A 200 without a body, and nothing was stored.", {"status": 200, "body": ""}),
    "timeout_401": Program(
        "A time-out behind HighLevel that is dressed as a 401.", _refusal(401, "Command timed out", "Unauthorized")
    ),
    "token_401": Program("The token is no longer good.", _refusal(401, "Invalid JWT", "Unauthorized")),
    "scope_401": Program(
        "The token lacks the scope.", _refusal(401, "The token is not authorized for this scope.", "Unauthorized")
    ),
    "version_401": Program(
        "The Version header is not taken.", _refusal(401, "version header is invalid", "Unauthorized")
    ),
    "location_401": Program(
        "The token is another location's.",
        _refusal(401, "This location is not accessible from this token!", "Unauthorized"),
    ),
    "location_403": Program(
        "The token is another location's, in the other wording.",
        {"status": 403, "body": {"statusCode": 403, "message": "The token does not have access to this location."}},
    ),
    "forbidden_403": Program(
        "The plan or the permissions forbid the call.", _refusal(403, "Forbidden resource", "Forbidden")
    ),
    "endpoint_404": Program("There is no such path.", _refusal(404, "Cannot POST /contacts/upsert", "Not Found")),
    "rate_429": Program(
        "Too many calls in ten seconds.",
        {"status": 429, "body": TOO_MANY, "headers": {"X-RateLimit-Remaining": "0"}},
    ),
    "rate_429_retry_after": Program(
        "Too many calls, with a Retry-After.",
        {"status": 429, "body": TOO_MANY, "headers": {"X-RateLimit-Remaining": "0", "Retry-After": "7"}},
    ),
    "rate_429_bare": Program(
        "Too many calls, without any X-RateLimit header.",
        {"status": 429, "body": TOO_MANY, "without_rate_headers": True},
    ),
    "daily_429": Program(
        "The day's calls are used up.",
        {"status": 429, "body": TOO_MANY, "headers": {"X-RateLimit-Daily-Remaining": "0"}},
    ),
    "internal_500": Program("HighLevel fails.", _refusal(500, "Internal server error", "Internal Server Error")),
    "unavailable_503": Program("HighLevel is away.", _refusal(503, "Service Unavailable", "Service Unavailable")),
    # https://github.com/GoHighLevel/highlevel-api-docs/issues/64
    "create_422_but_stored": Program(
        "A create answers 422 although the contact was made.",
        {
            "match": {"method": "POST", "path": "/contacts/?$"},
            "after_write": True,
            **_refusal(422, ["Unprocessable Entity"], "Unprocessable Entity"),
        },
    ),
    "stored_but_reset": Program(
        "The call is carried out, and the connection breaks before the answer.", {"reset": True, "after_write": True}
    ),
    "stored_but_504": Program(
        "The call is carried out, and the gateway does not wait for it.",
        {"after_write": True, **_refusal(504, "Gateway Timeout", "Gateway Timeout")},
    ),
}
