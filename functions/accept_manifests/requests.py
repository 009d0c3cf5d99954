"""What an administrator's request sets in motion. Each is checked whole before anything of it is done."""

import re
from collections.abc import Iterable, Sequence
from typing import get_args

from functions.accept_manifests.manual_records import check_records, send_records
from functions.accept_manifests.medical import carry_out_medical
from functions.accept_manifests.snapshots import all_buckets, kinds_made_from, verify_chunks
from functions.accept_manifests.wording import amounts, people_of, whole
from functions.records.kinds import ROW_SETS_OF
from functions.records.restaging import RestageRequest, listed, whole_kind
from functions.records.rules import meets
from functions.records.runs import run_of_snapshot
from functions.records.staged import StagedRecord
from functions.runtime.wiring import (
    exchange,
    holds,
    map_queue,
    plan_queue,
    records_table,
    return_queue,
    runs_table,
    selection_rules,
    snapshot_line,
    stage_queue,
)
from functions.store.snapshots import newest_snapshot
from shared.digests import digest
from shared.errors import RefusedManifestError
from shared.manifests import (
    ROW_SETS,
    ApproveManifest,
    DiscardManifest,
    RecordsManifest,
    RequestManifest,
    ResyncManifest,
    Rule,
    SelectionChange,
    SelectionManifest,
    SnapshotManifest,
)
from shared.messages import READS, Decide, Decision, FullRead, MapBucket, Restage
from shared.owners import KINDS, Kind, bucket_of, is_manual
from shared.records import Group, GroupType
from shared.wording import counted

NO_SNAPSHOT = "no-snapshot"
_SHOWN_IDS = 10
_MOST_OWNERS = 500
_IDS_PER_DECISION = 1_000
_IDENTIFIER = re.compile(rf"\d{{1,19}}|(?:{'|'.join(get_args(GroupType))}):\S{{1,80}}")


def examine(request: RequestManifest) -> str:
    """Check a request whose own deeds change what is checked, and return what it will set in motion, in plain words.

    Whatever is checked as it is carried out, the same each time, needs none of it: the text is empty then.

    Raises:
        RefusedManifestError: It names what is not there.
    """
    if isinstance(request, SelectionManifest):
        return _check_selection(request)
    if isinstance(request, RecordsManifest):
        return check_records(request)
    return _check_decision(request) if isinstance(request, ApproveManifest | DiscardManifest) else ""


def carry_out(request: RequestManifest, *, run: str, order: str) -> str:
    """Carry out a request that was examined; return what was set in motion, empty if that was said already.

    Raises:
        RefusedManifestError: It names what is not there; nothing of it was done.
    """
    if isinstance(request, ResyncManifest):
        return _resync(request, run=run)
    if isinstance(request, SelectionManifest):
        return _selection(request, run=run, order=order)
    if isinstance(request, RecordsManifest):
        send_records(request, run=run, order=order)
        return ""
    if isinstance(request, ApproveManifest | DiscardManifest):
        return _decision(request, run=run)
    return carry_out_medical(request, run=run, order=order)


def _resync(request: ResyncManifest, *, run: str) -> str:
    wanted = {kind: ids for kind, ids in request.listed().items() if ids}
    made = kinds_made_from(request.row_set)
    strangers = [kind for kind in wanted if kind not in made]
    if strangers:
        raise RefusedManifestError(
            f"No {' and no '.join(strangers)} is made from {request.row_set}.",
            remedy="List only what is made from the row set, or leave out one of both.",
            code="manifest-invalid",
        )
    _check_known(wanted)
    if request.full_read and any(is_manual(one) for ids in wanted.values() for one in ids):
        raise RefusedManifestError(
            "The relay cannot read again what a person brought.",
            remedy="Leave it out, or resync it without full_read.",
            code="not-in-synergetic",
        )
    kinds = tuple(wanted) or made
    try:
        nothing = f"no record is made from {request.row_set}, so there is none to do again"
        done = _again(request, kinds, wanted, run=run) if kinds else nothing
    except RefusedManifestError as refusal:
        # A full read is just what mends that there is nothing to map, as after a first snapshot that was refused.
        if refusal.code != NO_SNAPSHOT or not request.full_read:
            raise
        done = "there is no reading yet to take them from again"
    if request.full_read:
        wish = _full_read(request, wanted, run=run)
        return_queue().send([wish], group=READS)
        row_sets = ", ".join(wish.row_sets).replace("_", " ") or "everything"
        done += f"; the relay is asked to read {row_sets} again{' of those alone' if wish.owners else ''}"
    return done


def _full_read(request: ResyncManifest, wanted: dict[Kind, tuple[str, ...]], *, run: str) -> FullRead:
    """Return what the relay is asked for: the row set that is named, or those that the listed are made from, or all."""
    made_from = {name for kind in wanted for name in ROW_SETS_OF[kind]}
    row_sets = (request.row_set,) if request.row_set else tuple(name for name in ROW_SETS if name in made_from)
    owners = tuple(one for ids in wanted.values() for one in ids)
    # More would not fit into a message, and whole row sets hold them all.
    return FullRead(request=run, row_sets=row_sets, owners=owners if len(owners) <= _MOST_OWNERS else ())


def _again(request: ResyncManifest, kinds: Sequence[Kind], wanted: dict[Kind, tuple[str, ...]], *, run: str) -> str:
    whom = people_of(wanted) or whole(kinds)
    match request.step:
        case "map":
            return f"taken again from the relay's reading no. {_remap(kinds, wanted)}: {whom}"
        case "stage":
            _look_again(kinds, wanted, {"forget_decisions": True}, run=run)
            return f"looked at again: {whom}"
        case "apply":
            _look_again(kinds, wanted, {"forget_applied": True}, run=run)
            return f"sent to Operoo again, if selected: {whom}"


def _remap(kinds: Sequence[Kind], wanted: dict[Kind, tuple[str, ...]]) -> int:
    """Have records mapped again; return the number of the snapshot that they are mapped from."""
    manifest = _newest_snapshot()
    staged = {kind: snapshot_line().bucket_states(kind) for kind in kinds}
    messages = all_buckets(manifest, staged, run=run_of_snapshot(manifest.sequence))
    if wanted:
        places = {(kind, bucket) for kind, ids in wanted.items() for bucket in _buckets(ids, manifest.digits)}
        messages = [message for message in messages if (message.kind, message.bucket) in places]
    # They were whole when the snapshot came; what has happened to one since would show in the dead letters alone.
    verify_chunks(exchange(), manifest, messages)
    if messages:
        # Else each of them would be taken for the last one, and have everything planned.
        runs_table().await_again(messages[0].run, [part_of(message) for message in messages])
    send_buckets(messages)
    return manifest.sequence


def part_of(message: MapBucket) -> str:
    """Return what a run calls the part that is done when a bucket is staged."""
    return f"{message.kind}#{message.bucket}"


def _newest_snapshot() -> SnapshotManifest:
    manifest = newest_snapshot(snapshot_line(), exchange())
    if manifest is None:
        raise RefusedManifestError(
            "There is no snapshot, or it lies in the bucket no more, so there is nothing to map again.",
            remedy="Run the relay (operoo-relay sync --full), or ask it to by a resync with full_read.",
            code=NO_SNAPSHOT,
        )
    return manifest


def send_buckets(messages: Sequence[MapBucket]) -> None:
    """Claim buckets for the newest snapshot and have them mapped.

    Raises:
        ChangedMeanwhileError: A newer snapshot was accepted, which does all that these messages would.
    """
    if messages:
        snapshot_line().claim([(message.kind, message.bucket) for message in messages], sequence=messages[0].sequence)
        map_queue().send(messages)


def _look_again(kinds: Sequence[Kind], wanted: dict[Kind, tuple[str, ...]], wish: RestageRequest, *, run: str) -> None:
    """Have staged records looked at again, in parts that whoever asked can see come to an end."""
    looks = (
        [one for kind, ids in wanted.items() for one in listed(kind, ids, **wish)]
        if wanted
        else [one for kind in kinds for one in whole_kind(kind, **wish)]
    )
    _send_in_parts(looks, run=run)


def _send_in_parts(looks: Sequence[Restage], *, run: str) -> None:
    parts = {str(number): look for number, look in enumerate(looks)}
    if parts:
        runs_table().await_parts(run, parts)
    stage_queue().send([look.model_copy(update={"run": run, "part": part}) for part, look in parts.items()])


def _check_selection(request: SelectionManifest) -> str:
    rules = selection_rules().all()
    unwanted = request.deselect.rules_without_all()
    absent = [rule for rule in unwanted if rule not in rules.values()]
    if absent:
        raise RefusedManifestError(
            f"{len(absent)} of the rules to remove are not there.",
            remedy="A rule is removed by the same conditions with which it was made; whom another rule takes, by name.",
            code="rule-unknown",
        )
    chosen = _check_known(_named(request.select))
    _check_known(_named(request.deselect))
    _check_known({"group": tuple(sorted({rule.member_of for rule in request.select.rules if rule.member_of}))})
    added, dropped = _rules(request)
    stated = {*request.select.rules, *(Rule(kind=kind) for kind in request.select.all)}
    parts = (
        people_of(_named(request.select), "selected by name")
        + _of_them(sum(not record.present for record in chosen), "not there now"),
        amounts((len(added), "rule added", "rules added"))
        + _of_them(sum(not _takes_somebody(rule) for rule in stated), "without anybody now"),
        people_of(_named(request.deselect), "deselected by name"),
        amounts((len(dropped), "rule removed", "rules removed")),
        f"{whole(request.deselect.all)} deselected" if request.deselect.all else "",
    )
    return ", ".join(filter(None, parts)) or "nothing was named, and nothing changes"


def _of_them(number: int, how: str) -> str:
    return f" ({number:,} of them {'is' if number == 1 else 'are'} {how})" if number else ""


def _takes_somebody(rule: Rule) -> bool:
    """Tell whether a rule takes anybody yet. It may be for those who are still to come; most often it is a slip."""
    records = records_table()
    found = records.all(rule.kind) if rule.member_of is None else records.get_many(rule.kind, _people_in(rule)).values()
    return any(record.present and record.content and meets(rule, record.record()) for record in found)


def _people_in(rule: Rule) -> tuple[str, ...]:
    staged = records_table().get("group", rule.member_of or "")
    group = staged.record() if staged is not None and staged.present and staged.content else None
    if not isinstance(group, Group):
        return ()
    return group.members if rule.kind == "student" else group.staff


def _rules(request: SelectionManifest) -> tuple[dict[str, Rule], list[str]]:
    """Return the rules to add, and the identifiers of those that are there and go."""
    unwanted = request.deselect.rules_without_all()
    added = {_rule_id(rule): rule for rule in request.select.rules_in_full()}
    rules = selection_rules().all()
    return added, [key for key, rule in rules.items() if rule in unwanted or rule.kind in request.deselect.all]


def _selection(request: SelectionManifest, *, run: str, order: str) -> str:
    added, dropped = _rules(request)
    selection_rules().put(added, order=order, by=request.by)
    selection_rules().drop([key for key in dropped if key not in added], order=order)
    unwanted, by = request.deselect.rules_without_all(), request.by
    touched: set[Kind] = {rule.kind for rule in (*added.values(), *unwanted)} - set(request.deselect.all)
    looks = [
        *(one for kind in request.deselect.all for one in whole_kind(kind, choice="clear", order=f"{order} 0", by=by)),
        *_choices(request.deselect, {"choice": "deselect", "order": f"{order} 1", "by": by}),
        *_choices(request.select, {"choice": "select", "order": f"{order} 2", "by": by}),
        *(one for kind in KINDS if kind in touched for one in whole_kind(kind)),
    ]
    _send_in_parts(looks, run=run)
    return ""


def _choices(change: SelectionChange, wish: RestageRequest) -> list[Restage]:
    return [one for kind, ids in _named(change).items() for one in listed(kind, ids, **wish)]


def _named(change: SelectionChange) -> dict[Kind, tuple[str, ...]]:
    return {kind: ids for kind, ids in change.listed().items() if ids}


def _check_decision(request: ApproveManifest | DiscardManifest) -> str:
    hold, decision = holds().get(request.hold), _decision_of(request)
    if hold is not None and hold.state == decision:
        return f"this was {decision} already"
    if hold is None or hold.state != "open":
        # What no hold is called may be the name of anybody, and must not get into a log.
        state = (
            f"hold {hold.hold} {'has' if hold.state == 'lapsed' else 'was'} {hold.state} already"
            if hold
            else "there is no such hold"
        )
        raise RefusedManifestError(
            f"Nothing can be decided: {state}.",
            remedy="The run that was held names its hold; look there.",
            code="hold-unknown",
        )
    strangers = [one for one in request.only if one not in hold.records]
    decided = records_table().get_many(hold.kind, strangers)
    if strangers and all(one in decided and decided[one].absence == decision for one in request.only):
        return f"this was {decision} already"
    if strangers:
        raise RefusedManifestError(
            f"Hold {hold.hold} does not hold {_show(strangers)}.", remedy="List only records of the hold.", code="hold-unknown"
        )
    held = people_of({hold.kind: hold.records})
    return f"{decision}: {len(request.only)} of {held}" if request.only else f"{decision}: {held}"


def _decision(request: ApproveManifest | DiscardManifest, *, run: str) -> str:
    hold = holds().get(request.hold)
    as_of = request.as_of if request.as_of is not None else hold.sequence if hold else None
    decide = Decide(hold=request.hold, decision=_decision_of(request), as_of=as_of, run=run)
    some = [request.only[at : at + _IDS_PER_DECISION] for at in range(0, len(request.only), _IDS_PER_DECISION)]
    plan_queue().send(decide.model_copy(update={"only": only}) for only in some or [()])
    return ""


def _decision_of(request: ApproveManifest | DiscardManifest) -> Decision:
    return "approved" if isinstance(request, ApproveManifest) else "discarded"


def _check_known(wanted: dict[Kind, tuple[str, ...]]) -> list[StagedRecord]:
    """Return whose these identifiers are. Refuse what no snapshot ever had: most often a slip, and silence would hide it."""
    found: list[StagedRecord] = []
    for kind, ids in wanted.items():
        known = records_table().get_many(kind, ids)
        unknown = [one for one in ids if one not in known]
        if unknown:
            raise RefusedManifestError(
                f"The staging area has no {kind} with {_show(unknown)}.",
                remedy="Use Synergetic IDs for people and the group identifiers shown in staging, such as year_level:S:7.",
                code="record-unknown",
            )
        found += known.values()
    return found


def _show(ids: Sequence[str]) -> str:
    """List identifiers. What is not one may be a name that somebody typed, and must not get into a log: it is only counted."""
    shown = [one for one in ids if _IDENTIFIER.fullmatch(one)]
    others = len(ids) - len(shown)
    more = f" and {len(shown) - _SHOWN_IDS} more" if len(shown) > _SHOWN_IDS else ""
    listed = f"the identifier {', '.join(shown[:_SHOWN_IDS])}{more}" if shown else ""
    unlike = counted(others, "entry that is no identifier", "entries that are no identifiers") if others else ""
    return " and ".join(part for part in (listed, unlike) if part)


def _buckets(ids: Iterable[str], digits: int) -> set[str]:
    return {bucket_of(one, digits) for one in ids}


def _rule_id(rule: Rule) -> str:
    return digest(rule.model_dump(mode="json", exclude_none=True))[:12]
