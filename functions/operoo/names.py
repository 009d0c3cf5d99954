"""What Operoo calls things: our word on the left, Operoo's on the right. All of it can be changed by the settings.

Sources: paths and wrappers are those of a working v1 client of 2016, the fields those of Operoo's own sync with another system.
"""

_PERSON = {"request_id": "user_request_id", "first_name": "first_name", "last_name": "last_name"}
_MEMBER = {
    **_PERSON,
    "integration_id": "integration_member_id",
    "preferred_first_name": "preferred_first_name",
    "preferred_last_name": "preferred_last_name",
    "middle_names": "middle_names",
    "request_email": "request_email",
    "request_mobile": "request_mobile_number",
    "contacts": "contacts",
}
_CARER = {
    **_PERSON,
    "integration_id": "integration_id",
    "name": "name",
    "request_email": "email",
    "request_mobile": "mobile_number",
}
CONTACT = {
    "integration_id": "integration_contact_id",
    "first_name": "first_name",
    "last_name": "last_name",
    "relationship": "relationship",
    "email": "email",
    "mobile": "mobile_number",
    "home_phone": "home_phone",
    "primary": "primary",
}
_GROUP = {
    "integration_id": "integration_group_id",
    "name": "name",
    "members": "student_memberships",
    "staff": "staff_memberships",
    "parent": "parent_group_id",
}

FIELDS: dict[str, dict[str, str]] = {"members": _MEMBER, "group_carers": _CARER, "groups": _GROUP}
RESOURCES: dict[str, object] = {
    "members": {
        "path": "members",
        "wrapper": "member",
        "fields": FIELDS["members"],
        "listing": {
            "path": "groups",
            "query": {"profile_request": "true"},
            "keys": ["profile_requests", "profile_request", "members"],
        },
    },
    "group_carers": {
        "path": "group_carers",
        "wrapper": "group_carer",
        "fields": FIELDS["group_carers"],
        "listing": {"path": "groups", "query": {"group_carer": "true"}, "keys": ["group_carers", "group_carer"]},
    },
    "groups": {
        "path": "groups",
        "wrapper": "group",
        "fields": FIELDS["groups"],
        "listing": {"path": "groups", "query": {"group": "true"}, "keys": ["groups", "group"]},
    },
}
