"""How the relay proves who it is: by certificate where the school's authority is given, by an access key where it is not."""

import re

from tests.house.cloudformation import made, resources, statements, target, template

ANYWHERE = {"RelayTrustAnchor", "RelayProfile", "RelayRole"}
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUP+/=\n-----END CERTIFICATE-----\n"


def test_without_an_authority_there_is_the_user_alone() -> None:
    """Nothing of IAM Roles Anywhere is made by default."""
    assert not made() & ANYWHERE
    assert "RelayUser" in made()


def test_with_an_authority_there_is_all_that_roles_anywhere_needs() -> None:
    """Anchor, profile and role; the user stays, so that a school can change over without a gap."""
    assert made(RelayTrustAnchorCertificate=CERTIFICATE) - made() == ANYWHERE
    assert "RelayUser" in made(RelayTrustAnchorCertificate=CERTIFICATE)
    assert {name for name, one in template()["Outputs"].items() if one.get("Condition") == "HasTrustAnchor"} == {
        "RelayTrustAnchorArn",
        "RelayProfileArn",
        "RelayRoleArn",
    }


def test_only_a_certificate_is_taken_for_one() -> None:
    """A slip of the pen is refused before anything is made, a private key above all. Two are for a change of the authority."""
    pattern = template()["Parameters"]["RelayTrustAnchorCertificate"]["AllowedPattern"]
    assert re.fullmatch(pattern, CERTIFICATE)
    assert re.fullmatch(pattern, CERTIFICATE * 2)
    assert re.fullmatch(pattern, "")
    assert not re.fullmatch(pattern, "ca.pem")
    assert not re.fullmatch(pattern, CERTIFICATE.replace("CERTIFICATE", "PRIVATE KEY"))
    assert not re.fullmatch(pattern, CERTIFICATE * 3)


def test_the_role_lets_in_the_relays_certificate_alone() -> None:
    """Only Roles Anywhere may assume it, only by this stack's anchor, and only for the name in the parameter."""
    role = resources("AWS::IAM::Role")["RelayRole"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "rolesanywhere.amazonaws.com"}
    assert sorted(statement["Action"]) == ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]
    assert statement["Condition"] == {
        "StringEquals": {"aws:PrincipalTag/x509Subject/CN": {"Ref": "RelayCertificateName"}},
        "ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["RelayTrustAnchor", "TrustAnchorArn"]}},
    }


def test_by_either_way_the_relay_may_do_the_same() -> None:
    """Role and user have the one policy and no other."""
    for resource in (resources("AWS::IAM::Role")["RelayRole"], resources("AWS::IAM::User")["RelayUser"]):
        assert resource["ManagedPolicyArns"] == [{"Ref": "RelayPolicy"}]
    assert list(statements("RelayRole")) == []


def test_the_anchor_is_the_certificate_and_the_profile_the_role() -> None:
    """The credentials last an hour; the relay gets new ones by itself."""
    anchor = resources("AWS::RolesAnywhere::TrustAnchor")["RelayTrustAnchor"]
    assert anchor["Source"] == {
        "SourceType": "CERTIFICATE_BUNDLE",
        "SourceData": {"X509CertificateData": {"Ref": "RelayTrustAnchorCertificate"}},
    }
    profile = resources("AWS::RolesAnywhere::Profile")["RelayProfile"]
    assert [target(one) for one in profile["RoleArns"]] == ["RelayRole"]
    assert profile["DurationSeconds"] == 3600
    assert anchor["Enabled"] is profile["Enabled"] is True


def test_how_old_a_relay_may_be_is_a_parameter() -> None:
    """A version or nothing, handed to the function that hears the relay."""
    parameter = template()["Parameters"]["MinimumRelayVersion"]
    assert parameter["Default"] == ""
    assert [bool(re.fullmatch(parameter["AllowedPattern"], one)) for one in ("", "1", "0.2.1", "v1", "1.", "latest")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
    variables = resources("AWS::Lambda::Function")["AcceptManifests"]["Environment"]["Variables"]
    assert variables["MINIMUM_RELAY_VERSION"] == {"Ref": "MinimumRelayVersion"}
