"""Whatever the school's records hold, mapping them for Operoo gives fields or a reason, and never a barred person."""

from hypothesis import given
from hypothesis import strategies as st

from functions.operoo.best_contact import Verdict, asked_at, best_contact
from functions.operoo.encoding import form_pairs
from functions.operoo.mapping import fields_of
from functions.operoo.settings import ContactSettings, OperooSettings
from functions.records.list_lines import Line
from functions.records.mailboxes import asking, mailbox, of_student
from local.sandbox.bodies import nest
from shared.errors import RejectedRecordError
from shared.owners import is_manual
from shared.records import Contact, Name, Student

_TEXT = st.text(max_size=12)
_NAMES = st.builds(Name, given=_TEXT, middle=_TEXT, preferred=_TEXT, surname=_TEXT)
_CONTACTS = st.builds(
    Contact,
    id=st.sampled_from(["501", "502", "503", "manual:1", "manual:503"]),
    type=st.sampled_from(["SC1", "SC2", "SCT", "SE1", "", "X"]),
    order=st.integers(1, 4),
    relationship=st.sampled_from(["", "Mother", "Mother in law"]),
    name=_NAMES,
    email=_TEXT,
    mobile=_TEXT,
    silent_mobile=st.booleans(),
    normal_mail=st.booleans(),
    reports=st.booleans(),
    parent=st.booleans(),
    lives_with=st.booleans(),
    deceased=st.booleans(),
)
_STUDENTS = st.builds(
    Student, id=st.just("1"), name=_NAMES, court_order=st.booleans(), contacts=st.lists(_CONTACTS, max_size=5).map(tuple)
)
_FLAGS = st.lists(st.sampled_from(["normal_mail", "reports", "parent", "lives_with"]), max_size=2).map(tuple)
_CONTACT_SETTINGS = st.builds(
    ContactSettings,
    types=st.sampled_from([("SC",), ("SE", "SC2"), ("SC1",)]),
    relationships=st.sampled_from([(), ("mother",), ("Mother in law", "Aunt")]),
    barred_without=_FLAGS,
    court_order_needs_lives_with=st.booleans(),
    students_for_themselves=st.booleans(),
    prefer=_FLAGS,
)
_SETTINGS = st.builds(
    OperooSettings,
    name_choice=st.sampled_from(["preferred", "legal"]),
    require_request_email=st.booleans(),
)


@given(student=_STUDENTS, settings=_SETTINGS)
def test_fields_or_a_reason(student: Student, settings: OperooSettings) -> None:
    """Nothing but the refusal of one record ever comes out, and the reason holds no value of the record."""
    fields: dict[str, object] = {}
    code = ""
    try:
        fields = fields_of(student, settings)
    except RejectedRecordError as error:
        code = error.code
    assert code in {"", "no-name", "no-request-email"}
    if code:
        return
    assert fields["first_name"]
    assert fields["request_email"] or not settings.require_request_email


@given(student=_STUDENTS)
def test_every_contact_has_a_verdict_and_at_most_one_is_asked(student: Student) -> None:
    """Who is asked has an address and is not barred; every row is accounted for."""
    settings = OperooSettings().contacts
    choice = best_contact(student, settings)
    assert len(choice.verdicts) == len(student.contacts)
    asked = [contact for contact, verdict in choice.verdicts if verdict is Verdict.CHOSEN]
    assert asked == ([choice.best] if choice.best else [])
    for contact in choice.usable:
        # Whom a person wrote down by hand is judged by nothing.
        assert is_manual(contact.id) or (
            contact.normal_mail and not contact.deceased and (contact.lives_with or not student.court_order)
        )
    assert len({contact.id for contact in choice.usable}) == len(choice.usable)


@given(student=_STUDENTS, settings=_CONTACT_SETTINGS, own=st.sampled_from(["1", "501", "manual:1", "manual:503"]))
def test_a_list_tells_whom_operoo_would_ask(student: Student, settings: ContactSettings, own: str) -> None:
    """By whatever settings hold when it is read: its line has nobody's name or address, and comes to the same as the record."""
    student = student.model_copy(update={"id": own})
    mail, contacts = of_student(student)
    line = Line(own, "", mail=mail, contacts=contacts)
    assert asking(settings)(line) == mailbox(asked_at(student, settings))


@given(student=_STUDENTS)
def test_a_form_reads_back(student: Student) -> None:
    """However odd the text, Rails' rules read back the contacts that were sent, apart and in order."""
    fields = fields_of(student.model_copy(update={"name": Name(given="A")}), OperooSettings(require_request_email=False))
    read = nest(form_pairs({"member": fields}))["member"]
    assert isinstance(read, dict)
    sent = fields["contacts"]
    assert isinstance(sent, list)
    arrived = [one for one in read["contacts"] if one]
    assert [one["integration_contact_id"] for one in arrived] == [one["integration_contact_id"] for one in sent]
    assert [one["last_name"] for one in arrived] == [one["last_name"] for one in sent]
