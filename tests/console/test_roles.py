"""Every address of the console says who may ask it: a stranger, and whoever has not the role, hear so and nothing else."""

import re
from collections.abc import Iterator, Mapping

from functions.console.access.roles import ROLES, allows
from functions.console.handler import console
from tests.console.site import Answer, Site, Visitor

_JSON = {"Accept": "application/json"}
_OPEN = {("GET", "/sign-in"), ("POST", "/sign-in"), ("POST", "/sign-in/step"), ("GET", "/static/<name>")}
_EVERYBODYS = "/account", "/sign-out"
_VALUES: Mapping[str, str] = {"kind": "students", "record_id": "3", "student": "3", "version": "1", "name": "0" * 32}


def _addresses() -> Iterator[tuple[str, str]]:
    app = console()
    found = {(route.method, route.path) for route in (*app._static_routes, *app._dynamic_routes)} - _OPEN
    for method, path in sorted(found):
        yield method, re.sub(r"<(\w+)>", lambda place: _VALUES.get(place[1], "x"), path)


def _code(answer: Answer) -> str:
    return str(answer.json["code"]) if answer.status in {401, 403} else ""


def test_strangers_hear_nothing_but_that_they_are(site: Site) -> None:
    """Whatever the address, the cookie that they make up, and the form that they send along."""
    stranger = Visitor()
    stranger.cookies["__Host-session"] = "x" * 43
    asked = [
        (method, address, _code(stranger.send(method, address, _JSON, {"forms": "x"}))) for method, address in _addresses()
    ]
    assert [one for one in asked if one[2] != "not-signed-in"] == []


def test_every_address_wants_a_role_and_every_deed_a_form_of_ours(site: Site) -> None:
    """Without any role there is nothing but one's own account; with one, nothing is done by a form of somebody else's."""
    nobody, others = site.visitor(), site.visitor(*ROLES).forms
    by_role = {role: site.visitor(role) for role in ROLES}
    for method, address in _addresses():
        form = {"forms": others} if method == "POST" else None
        heard = {role: _code(one.send(method, address, _JSON, form)) for role, one in by_role.items()}
        refused = {role for role, code in heard.items() if code == "not-allowed"}
        if address.startswith(_EVERYBODYS):
            assert refused == set(), address
            continue
        assert _code(nobody.send(method, address, _JSON, form)) == "not-allowed", address
        # Each is for those whom one role lets in.
        assert refused in [{role for role in ROLES if not allows((role,), wanted)} for wanted in ROLES], (address, refused)
        assert all(heard[role] == ("form-expired" if form else "") for role in set(ROLES) - refused), (address, heard)
