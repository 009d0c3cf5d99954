"""How this school's Operoo is spoken to: each default is documented by Operoo or stated in `docs/operoo-assumptions.md`.

Nothing here reads the environment: the caller passes the JSON text of the function's setting.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from functions.operoo.medical_settings import MedicalSettings
from functions.operoo.names import CONTACT, FIELDS, RESOURCES
from functions.operoo.protocol import Resource
from functions.operoo.settings_base import FixedSettings, filled_with, laid_over, refuse_unknown
from shared.errors import SettingsError

Path = Annotated[str, filled_with("resource", "id")]
Code = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True)]
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class TimeoutSettings(FixedSettings):
    """Seconds. Operoo's own samples wait 55 s for an answer: reading a whole organisation is slow.

    A function begins nothing for which one late answer would leave too little of its 300 seconds.
    """

    connect: float = Field(default=10, gt=0, le=120)
    read: float = Field(default=55, gt=0, le=120)
    write: float = Field(default=55, gt=0, le=120)


class RetrySettings(FixedSettings):
    """How one call is tried again. With the defaults a call takes four minutes at the very most.

    Attributes:
        attempts: How often at most, the first included.
        backoff: Seconds; the wait is drawn from 0 to this after the first failure, and the limit doubles with each further one.
        backoff_most: Seconds; what a drawn wait is cut off at.
        wait_most: Seconds; a longer Retry-After is not waited for: the call fails, and the next run tries again.
        create_again_after: Seconds; a create that had no clear answer is not made again sooner, only looked up: Operoo may
            still be at it.
    """

    attempts: int = Field(default=3, ge=1, le=10)
    backoff: float = Field(default=1, gt=0)
    backoff_most: float = Field(default=20, gt=0)
    wait_most: float = Field(default=30, ge=0)
    create_again_after: float = Field(default=240, ge=0)


class ListingSettings(FixedSettings):
    """Where all profiles of a resource are read.

    Attributes:
        path: Relative to `base_url`, or from the host's root when it begins with `/`. `{organization}` is filled in.
        query: Switches sent along.
        keys: Under which of these names the list stands in the answer, when the answer is not itself a list.
        page_parameter: Pages are asked for by number from 1 under this name, until one is empty. Without it they are read only
            where an answer leads from one to the next.
        require_identifiers: Refuse a listing in which no profile shows an identifier of ours: nothing could be found in it, and
            every profile would be made twice.
        require_known: Create nothing while it lacks most of some profiles that are linked: it is not whole then, and whoever
            stands in the rest of it would be made twice.
    """

    path: str
    query: dict[str, str] = Field(default_factory=dict)
    keys: tuple[str, ...] = ()
    page_parameter: str = ""
    require_identifiers: bool = True
    require_known: bool = True


class ResourceSettings(FixedSettings):
    """One kind of thing in Operoo.

    Attributes:
        path: Where it is created; `<path>/<id>` is where one is updated and archived.
        wrapper: What its fields are nested under; empty for no nesting.
        fields: Operoo's name of each field; an empty name is a field that is not sent. Our mark alone must have one: by it we
            find again what we made.
        listing: Where all of them are read.
    """

    path: str
    wrapper: str
    fields: dict[str, str]
    listing: ListingSettings


class ResourcesSettings(FixedSettings):
    """The three things we keep in step. What is given is laid over the defaults, so that one name can be changed alone."""

    members: ResourceSettings
    group_carers: ResourceSettings
    groups: ResourceSettings

    @model_validator(mode="before")
    @classmethod
    def _over_defaults(cls, given: object) -> object:
        return laid_over(RESOURCES, given) if isinstance(given, Mapping) else given

    @model_validator(mode="after")
    def _known_fields(self) -> Self:
        for resource, settings in (("members", self.members), ("group_carers", self.group_carers), ("groups", self.groups)):
            refuse_unknown(settings.fields, FIELDS[resource], of=resource)
            if not settings.fields["integration_id"]:
                raise ValueError(f"integration_id of {resource} needs a name: by it we find again what we made")
        return self


class ArchiveSettings(FixedSettings):
    """How a profile is archived: by DELETE, or by a PATCH of `field` to `value`; an update sets it back to `restored`."""

    verb: Literal["delete", "patch"] = "delete"
    field: str = Field(default="archived", min_length=1)
    value: str = "true"
    restored: str = "false"


class PhotoSettings(FixedSettings):
    """How a photo is sent; `{resource}` and `{id}` are filled in. Nothing public shows that Operoo takes photos by API."""

    style: Literal["off", "multipart"] = "multipart"
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    path: Path = "{resource}/{id}/photo"
    field: str = "photo"


NameChoice = Literal["preferred", "legal"]
Flag = Literal["normal_mail", "reports", "parent", "lives_with"]


class ContactSettings(FixedSettings):
    """Which adults Operoo hears of, and who of them is asked for the child's profile.

    Attributes:
        fields: Operoo's name of each field of a contact; an empty name is a field that is not sent.
        style: Contacts go in the student's body, to a path of their own as a whole list, or not at all.
        path: That path of their own.
        types: Beginnings of the contact types that count; `SE` is emergency contacts, who are not asked.
        relationships: Only contacts of these relationships to the child count; every one, if there is none.
        barred_without: A contact who lacks any of these flags is neither asked nor sent.
        court_order_needs_lives_with: With a court order on the child, a contact who does not live with the child is barred.
        students_for_themselves: A student's row as their own contact counts, after all others. Off, it is taken for a slip: it
            would send a child the request for their own profile.
        prefer: Contacts with all of these flags come first, then the order of the contacts.
        send_silent_numbers: Also send numbers marked silent.
    """

    style: Literal["embedded", "resource", "none"] = "embedded"
    path: Path = "{resource}/{id}/contacts"
    fields: dict[str, str] = Field(default_factory=lambda: dict(CONTACT))
    types: tuple[Code, ...] = ("SC",)
    relationships: tuple[str, ...] = ()
    barred_without: tuple[Flag, ...] = ("normal_mail",)
    court_order_needs_lives_with: bool = True
    students_for_themselves: bool = False
    prefer: tuple[Flag, ...] = ("parent",)
    send_silent_numbers: bool = False

    @field_validator("fields", mode="before")
    @classmethod
    def _over_defaults(cls, given: object) -> object:
        return {**CONTACT, **given} if isinstance(given, Mapping) else given

    @field_validator("fields")
    @classmethod
    def _known_fields(cls, fields: dict[str, str]) -> dict[str, str]:
        refuse_unknown(fields, CONTACT, of="a contact")
        return fields


class OperooSettings(FixedSettings):
    """Everything about one school's Operoo but the token.

    Attributes:
        base_url: Of the API version that is written to; the listings may name another by a path from the root.
        allow_http: Let the token travel unencrypted to a host that is not this machine.
        auth: Whether the token goes in the query or in a header.
        auth_name: The parameter's or the header's name; empty is the documented one of each.
        auth_prefix: What stands before the token in the header.
        encoding: Of bodies: form fields nested as Rails reads them, or JSON.
        requests_per_second: The budget over time, of all who call Operoo together.
        burst: How many requests may go at once after a pause, the same.
        listing_seconds: How long a listing that was read is believed within one round of applying; longer only where reading
            it takes long. Each round reads it anew before it creates anything.
        pages_most: How many pages of a listing are followed at most.
        organization_id: For paths with `{organization}`; empty asks Operoo.
        organization_path: Where it is asked for: the first item's id is taken.
        existing_profile: A profile that has our school number but not our mark is linked, or the record is parked.
        name_choice: The everyday or the legal first name; each stands in for the other.
        require_request_email: Park a student whom no usable contact's e-mail can be found for.
        require_staff_email: Park a member of staff without an e-mail.
        staff_number: What identifies staff towards people: the Synergetic ID or the school's staff code.
        membership_reference: Which identifier of a person a group's lists hold.
        class_parent: A class stands below the group of its year level, where that is linked, or stands alone.
    """

    base_url: str = "https://groups.operoo.com/api/v1/"
    allow_http: bool = False
    auth: Literal["query", "header"] = "query"
    auth_name: str = ""
    auth_prefix: str = ""
    encoding: Literal["form", "json"] = "form"
    timeouts: TimeoutSettings = TimeoutSettings()
    retries: RetrySettings = RetrySettings()
    requests_per_second: float = Field(default=5, gt=0)
    burst: int = Field(default=5, ge=1)
    listing_seconds: float = Field(default=120, ge=0)
    pages_most: int = Field(default=1000, ge=1)
    organization_id: str = ""
    organization_path: str = "/api/v2/organizations"
    resources: ResourcesSettings = Field(default_factory=lambda: ResourcesSettings.model_validate({}))
    archive: ArchiveSettings = ArchiveSettings()
    photos: PhotoSettings = PhotoSettings()
    contacts: ContactSettings = ContactSettings()
    medical: MedicalSettings = MedicalSettings()
    existing_profile: Literal["link", "park"] = "link"
    name_choice: NameChoice = "preferred"
    require_request_email: bool = True
    require_staff_email: bool = True
    staff_number: Literal["id", "code"] = "id"
    membership_reference: Literal["operoo_id", "integration_id", "request_id"] = "operoo_id"
    class_parent: Literal["none", "year_level"] = "none"

    @field_validator("base_url")
    @classmethod
    def _as_folder(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.username:
            raise ValueError("must be an http(s) address without query or user")
        return url if url.endswith("/") else f"{url}/"

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        parts = urlsplit(self.base_url)
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK and not self.allow_http:
            raise ValueError("base_url must be https, or allow_http must be set")
        if self.membership_reference == "request_id" and self.staff_number == "code":
            raise ValueError("membership_reference request_id needs staff_number id: a group knows its staff by Synergetic ID")
        return self

    def resource(self, resource: Resource) -> ResourceSettings:
        """Return the settings of one resource."""
        found = getattr(self.resources, resource)
        assert isinstance(found, ResourceSettings)
        return found

    def shared_by(self, callers: int) -> Self:
        """Return the settings of one of several who call Operoo at the same time and know nothing of each other."""
        share = {"requests_per_second": self.requests_per_second / callers, "burst": max(1, self.burst // callers)}
        return self.model_copy(update=share)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read settings from a JSON object; what it does not name keeps its default, and empty text is all defaults.

        Raises:
            SettingsError: It is not JSON, or names a setting that does not exist or cannot have this value.
        """
        try:
            return cls.model_validate_json(text.strip() or "{}")
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False, include_context=False)
            shown = (f"{'.'.join(str(part) for part in fault['loc']) or 'settings'}: {fault['msg']}" for fault in faults)
            raise SettingsError(
                f"The Operoo settings cannot be used: {'; '.join(shown)}.",
                remedy="docs/operoo-assumptions.md lists the settings and their defaults.",
                code="operoo-settings",
            ) from None
