"""Owners look after who may come in; everybody looks after their own password and app."""

import base64
import hmac
import re
import struct
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from functions.console.access.users import EmailRefusedError, User, Users
from functions.runtime.wiring import users
from tests.console.site import PASSWORD, Site, Visitor, deeds
from tests.integration.cloud import cloud

NEW = "Another-Password-2"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Return the console of a school of which nothing was read yet."""
    with cloud(monkeypatch.setenv) as stack:
        yield Site(stack, monkeypatch.setenv)


def _user(visitor: Visitor, email: str) -> dict[str, Any]:
    (found,) = [one for one in visitor.ask("/users")["users"] if one["email"] == email]
    return dict(found)


def _sign_in(email: str, password: str) -> tuple[Visitor, dict[str, Any]]:
    """Begin to sign in, and return what is asked for next."""
    visitor = Visitor()
    return visitor, visitor.post("/sign-in", email=email, password=password, accept="application/json").json


def _status(email: str, password: str) -> int:
    """Return what a browser is answered that signs in: 303 leads in."""
    return Visitor().post("/sign-in", email=email, password=password).status


def _invited(site: Site, owner: Visitor, email: str, *roles: str) -> str:
    """Invite somebody, and return the first password that the e-mail would have brought."""
    owner.do("/users", email=email, role=list(roles))
    given = {"UserPoolId": site.pool, "Username": email, "Password": PASSWORD}
    boto3.client("cognito-idp").admin_set_user_password(**given, Permanent=False)
    return PASSWORD


def test_somebody_is_invited_and_comes_in_with_their_roles(site: Site) -> None:
    """They choose a password of their own, and may do what they were given; nobody is invited twice."""
    owner = site.visitor("owner")
    first = _invited(site, owner, "new@school.example", "viewer", "medical")
    assert _user(owner, "new@school.example")["state"] == "invited"
    assert owner.post("/users", email="New@school.example", accept="application/json").json["code"] == "user-exists"
    visitor, page = _sign_in("new@school.example", first)
    assert page["step"] == "NEW_PASSWORD_REQUIRED"
    step = visitor.post("/sign-in/step", answer="short", to="/students")
    assert 'name="to" value="/students"' in step.text
    assert visitor.post("/sign-in/step", answer=NEW, to="/students").headers["location"] == "/students"
    assert visitor.get("/medical").status == 200
    assert visitor.get("/users").status == 403
    assert _user(owner, "new@school.example")["state"] == "active"


def test_roles_are_set_as_marked_and_the_trail_says_before_and_after(site: Site) -> None:
    """What is not marked is taken away."""
    owner = site.visitor("owner")
    site.person("other@school.example", "viewer", "administrator")
    user = _user(owner, "other@school.example")
    owner.do(f"/users/{user['id']}/roles", role=["viewer", "medical"], seen=user["roles"])
    assert _user(owner, "other@school.example")["roles"] == ["viewer", "medical"]
    (deed,) = [one for one in deeds() if one.what == "user: set roles"]
    assert (deed.who, deed.to) == ("owner@school.example", "other@school.example")
    assert (deed.before, deed.after) == ("viewer, administrator", "viewer, medical")


def test_two_owners_do_not_undo_each_others_roles(site: Site) -> None:
    """Who looked before another owner set somebody's roles is told so, and nothing is taken away unseen."""
    owner = site.visitor("owner")
    site.person("other@school.example", "viewer")
    user = _user(owner, "other@school.example")
    owner.do(f"/users/{user['id']}/roles", role=["viewer", "medical"], seen=["viewer"])
    assert 'name="seen" value="medical"' in owner.get(f"/users/{user['id']}").text
    again = {"role": ["viewer", "administrator"], "seen": ["viewer"]}
    late = owner.post(f"/users/{user['id']}/roles", accept="application/json", **again)
    assert (late.status, late.json["code"]) == (409, "user-changed")
    assert _user(owner, "other@school.example")["roles"] == ["viewer", "medical"]


def test_the_last_owner_stays(site: Site) -> None:
    """An owner who was only invited does not count, and neither does a blocked one."""
    owner = site.visitor("owner")
    me = _user(owner, "owner@school.example")
    _invited(site, owner, "invited@school.example", "owner")
    site.person("blocked@school.example", "owner")
    owner.do(f"/users/{_user(owner, 'blocked@school.example')['id']}/do", deed="block")
    less = {"role": ["viewer"], "seen": ["owner"]}
    for path, form in ((f"/users/{me['id']}/roles", less), (f"/users/{me['id']}/do", {"deed": "block"})):
        refused = owner.post(path, accept="application/json", **form)
        assert (refused.status, refused.json["code"]) == (409, "last-owner")
    site.person("second@school.example", "owner")
    owner.do(f"/users/{me['id']}/roles", **less)
    assert _user(site.visitor("owner", "viewer"), "owner@school.example")["roles"] == ["viewer"]


def test_two_owners_who_take_it_from_each_other_both_keep_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes first, the other looks again after the deed."""
    owner = site.visitor("owner")
    site.person("second@school.example", "owner")
    second = _user(owner, "second@school.example")
    asked = Users.all
    seen: list[int] = []

    def meanwhile(self: Users) -> list[User]:
        """Let the other take it at the moment after this one has looked."""
        found = asked(self)
        seen.append(len(found))
        if len(seen) == 1:
            (me,) = [one for one in found if one.email == "owner@school.example"]
            self.set_roles(me, set())
        return found

    monkeypatch.setattr(Users, "all", meanwhile)
    refused = owner.post(f"/users/{second['id']}/roles", accept="application/json", role=["viewer"], seen=["owner"])
    assert refused.json["code"] == "last-owner"
    assert _user(site.visitor("owner", "viewer"), "second@school.example")["roles"] == ["owner"]


def test_what_cognito_lists_later_is_known_at_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was just invited gets their roles, and an owner who was one until just now keeps nobody else from staying one."""
    owner = site.visitor("owner")
    site.person("second@school.example", "owner")
    site.person("third@school.example", "owner")
    second, third = (_user(owner, f"{name}@school.example") for name in ("second", "third"))
    with monkeypatch.context() as stale:
        listed = users().all()
        stale.setattr(Users, "all", lambda _self: listed)
        owner.do("/users", email="new@school.example", role=["viewer", "medical"])
        owner.do(f"/users/{second['id']}/do", deed="block")
        owner.do(f"/users/{third['id']}/do", deed="remove")
        me = next(one for one in listed if one.email == "owner@school.example")
        refused = owner.post(f"/users/{me.id}/do", accept="application/json", deed="block")
        assert refused.json["code"] == "last-owner"
    assert _user(owner, "new@school.example")["roles"] == ["viewer", "medical"]
    assert _user(owner, "owner@school.example")["state"] == "active"


def test_who_is_blocked_cannot_come_in_until_they_are_let_in(site: Site) -> None:
    """They hear what everybody hears."""
    owner = site.visitor("owner")
    site.person("other@school.example", "viewer")
    user = _user(owner, "other@school.example")
    owner.do(f"/users/{user['id']}/do", deed="block")
    assert _status("other@school.example", PASSWORD) == 401
    owner.do(f"/users/{user['id']}/do", deed="unblock")
    assert _status("other@school.example", PASSWORD) == 303


def test_who_is_removed_is_gone_and_may_be_invited_anew(site: Site) -> None:
    """Also where they are signed in; the last owner stays, and the trail says who was removed."""
    other, owner = site.visitor("viewer"), site.visitor("owner")
    me = _user(owner, "owner@school.example")["id"]
    assert owner.post(f"/users/{me}/do", deed="remove", accept="application/json").json["code"] == "last-owner"
    owner.do(f"/users/{_user(owner, 'viewer@school.example')['id']}/do", deed="remove")
    assert [one["email"] for one in owner.ask("/users")["users"]] == ["owner@school.example"]
    _a_while_later(site)
    assert other.get("/").headers["location"] == "/sign-in"
    assert _status("viewer@school.example", PASSWORD) == 401
    owner.do("/users", email="viewer@school.example", role=["viewer"])
    deeds = [(one["what"], one["to"]) for one in owner.ask("/audit")["deeds"]]
    assert deeds[:2] == [("user: invite", "viewer@school.example"), ("user: remove", "viewer@school.example")]


def test_an_invitation_that_is_refused_is_not_in_the_trail_as_one(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is noted where somebody is there already; of what Cognito refuses, the trail says so."""
    owner = site.visitor("owner")
    assert owner.post("/users", email="owner@school.example", accept="application/json").json["code"] == "user-exists"
    assert [deed["what"] for deed in owner.ask("/audit")["deeds"]] == ["sign in"]

    def refuse(self: Users, email: str) -> User:
        raise EmailRefusedError("This is no e-mail address.", remedy="")

    monkeypatch.setattr(Users, "invite", refuse)
    assert owner.post("/users", email="no@school.example", accept="application/json").json["code"] == "email-refused"
    assert owner.ask("/audit")["deeds"][0]["after"] == "not invited: email-refused"


def test_who_has_no_role_reaches_their_account_and_signs_out(site: Site) -> None:
    """They see nothing else."""
    nobody = site.visitor()
    refused = nobody.get("/")
    assert refused.status == 403
    assert 'href="/account"' in refused.text
    assert nobody.get("/account").status == 200
    assert nobody.post("/sign-out").headers["location"] == "/sign-in"
    assert nobody.get("/account").headers["location"].startswith("/sign-in")


def test_a_reset_password_is_worthless_at_once(site: Site) -> None:
    """A new first one is sent, and the person begins as when they were invited."""
    owner = site.visitor("owner")
    site.person("other@school.example", "viewer")
    user = _user(owner, "other@school.example")
    owner.do(f"/users/{user['id']}/do", deed="password")
    assert _status("other@school.example", PASSWORD) == 401
    assert _user(owner, "other@school.example")["state"] == "invited"


def test_one_is_signed_out_everywhere(site: Site) -> None:
    """Also at browsers that one has no longer: Cognito says no as soon as it is asked."""
    other = site.visitor("viewer")
    owner = site.visitor("owner")
    owner.do(f"/users/{_user(owner, 'viewer@school.example')['id']}/do", deed="sign-out")
    _a_while_later(site)
    assert other.get("/").headers["location"] == "/sign-in"
    again = site.visitor("viewer")
    again.do("/account/sign-out")
    assert again.get("/").headers["location"] == "/sign-in"


def _a_while_later(site: Site) -> None:
    """Make every session older than Cognito's word is believed."""
    table = boto3.resource("dynamodb").Table("console")
    for item in table.scan()["Items"]:
        if str(item["pk"]).startswith("session#"):
            table.put_item(Item=item | {"asked_at": "2026-01-01T00:00:00Z"})


def test_an_app_is_set_up_and_asked_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret is shown as text and as a picture made here; wrong digits do nothing; an owner can have the app forgotten."""
    monkeypatch.setenv("MOTO_COGNITO_IDP_USER_POOL_ENABLE_TOTP", "true")
    visitor, owner = site.visitor("viewer"), site.visitor("owner")
    assert visitor.post("/account/authenticator", accept="application/json", answer="000000").json["code"] == "code-refused"
    visitor.do("/account/authenticator/begin")
    page = visitor.ask("/account")
    secret = page["app"]["secret"].replace(" ", "")
    assert page["app"]["size"] > 21
    assert not re.search(r"[^Mhv\d z-]", page["app"]["path"])
    assert f'd="{page["app"]["path"]}"' in visitor.get("/account").text
    assert visitor.post("/account/authenticator", accept="application/json", answer="000000").json["code"] == "code-refused"
    visitor.do("/account/authenticator", answer=_digits(secret))
    assert visitor.ask("/account")["authenticator"]
    assert visitor.ask("/account")["app"] is None
    browser, page = _sign_in("viewer@school.example", PASSWORD)
    assert page["step"] == "SOFTWARE_TOKEN_MFA"
    assert browser.post("/sign-in/step", answer="000000").status == 401
    browser, _ = _sign_in("viewer@school.example", PASSWORD)
    assert browser.post("/sign-in/step", answer=_digits(secret), to="//evil.example").headers["location"] == "/"
    owner.do(f"/users/{_user(owner, 'viewer@school.example')['id']}/do", deed="authenticator")
    assert _status("viewer@school.example", PASSWORD) == 303


def test_where_every_one_needs_an_app_it_is_set_up_at_the_first_sign_in(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the password of one's own, before anything is seen."""
    monkeypatch.setenv("MOTO_COGNITO_IDP_USER_POOL_ENABLE_TOTP", "true")
    owner = site.visitor("owner")
    boto3.client("cognito-idp").set_user_pool_mfa_config(
        UserPoolId=site.pool, SoftwareTokenMfaConfiguration={"Enabled": True}, MfaConfiguration="ON"
    )
    visitor, _ = _sign_in("new@school.example", _invited(site, owner, "new@school.example", "viewer"))
    page = visitor.post("/sign-in/step", answer=NEW, accept="application/json").json
    assert page["step"] == "MFA_SETUP"
    half_way = dict(visitor.cookies)
    assert visitor.get("/").headers["location"] == "/sign-in"
    visitor.cookies = half_way
    wrong = visitor.post("/sign-in/step", answer="000000", accept="application/json")
    assert (wrong.status, wrong.json["step"], wrong.json["app"]) == (422, "MFA_SETUP", page["app"])
    assert visitor.post("/sign-in/step", answer=_digits(page["app"]["secret"].replace(" ", ""))).status == 303
    assert visitor.get("/").status == 200


def _digits(secret: str) -> str:
    """Return what an app shows that was given a secret (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8), casefold=True)
    mac = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30), "sha1")
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def test_one_changes_ones_own_password(site: Site) -> None:
    """With the old one, and with one that is not too easy."""
    visitor = site.visitor("viewer")
    wrong = visitor.post("/account/password", old="Wrong-Password-1", new=NEW, accept="application/json")
    assert wrong.json["code"] == "sign-in-refused"
    visitor.do("/account/password", old=PASSWORD, new=NEW)
    assert _status("viewer@school.example", PASSWORD) == 401
    assert _status("viewer@school.example", NEW) == 303


def test_only_owners_look_after_users(site: Site) -> None:
    """Also if a request is forged."""
    owner, other = site.visitor("owner"), site.visitor("viewer", "administrator", "medical")
    user = _user(owner, "owner@school.example")["id"]
    for path in ("/users", f"/users/{user}"):
        assert other.get(path).status == 403
    forged: dict[str, dict[str, Any]] = {
        "": {"email": "x@y.example"},
        f"/{user}/roles": {"role": "viewer"},
        f"/{user}/do": {"deed": "block"},
    }
    assert {other.post(f"/users{path}", **form).status for path, form in forged.items()} == {403}
    assert _user(owner, "owner@school.example")["state"] == "active"
