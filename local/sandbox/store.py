"""What the sandbox holds: people, groups, photos, medical profiles; in memory and, where a file is given, in SQLite too."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

Resource = Literal["members", "group_carers", "groups"]
RESOURCES: tuple[Resource, ...] = ("members", "group_carers", "groups")
INTEGRATION: dict[Resource, str] = {
    "members": "integration_member_id",
    "group_carers": "integration_id",
    "groups": "integration_group_id",
}
_FIRST_ID = 40_001
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, resource TEXT, body TEXT, photo BLOB)",
    "CREATE TABLE IF NOT EXISTS files (id INTEGER PRIMARY KEY, name TEXT, content BLOB)",
)


@dataclass
class Item:
    """A student, a member of staff or a group.

    Attributes:
        manual: Made by hand on the sandbox's page, not by a call of the interface.
        profile: A student's medical profile as JSON, None until a family has shared one.
        photo: The bytes of the photo, if there is one.
    """

    id: int
    resource: Resource
    fields: dict[str, object]
    manual: bool = False
    archived: bool = False
    created_at: str = ""
    updated_at: str = ""
    photo_type: str = ""
    profile: dict[str, object] | None = field(default=None, repr=False)
    photo: bytes | None = field(default=None, repr=False)

    @property
    def integration_id(self) -> str:
        """Return the mark of the integration, empty if it is not synchronised."""
        return self.text(INTEGRATION[self.resource])

    @property
    def name(self) -> str:
        """Return what the item is shown as."""
        person = f"{self.text('first_name')} {self.text('last_name')}".strip()
        return person or self.text("name") or f"No. {self.id}"

    @property
    def photo_digest(self) -> str:
        """Return the SHA-256 of the photo, empty if there is none."""
        return hashlib.sha256(self.photo).hexdigest() if self.photo else ""

    def text(self, name: str) -> str:
        """Return a field as text, empty if it is not set."""
        value = self.fields.get(name)
        return "" if value is None else str(value)

    def ids(self, name: str) -> list[int]:
        """Return a field that is a list of identifiers."""
        value = self.fields.get(name)
        return [int(str(one)) for one in value if str(one).isdecimal()] if isinstance(value, list) else []


class Store:
    """All items by identifier.

    Args:
        path: A SQLite file to read at start and to keep in step; empty for memory alone.
    """

    def __init__(self, path: str = "") -> None:
        self._items: dict[int, Item] = {}
        self._files: dict[int, tuple[str, bytes]] = {}
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None) if path else None
        if self._database:
            self._database.execute("PRAGMA synchronous = OFF")
            for statement in _SCHEMA:
                self._database.execute(statement)
            for body, photo in self._database.execute("SELECT body, photo FROM items"):
                item = Item(**json.loads(body), photo=photo)
                self._items[item.id] = item
            for file_id, name, content in self._database.execute("SELECT id, name, content FROM files"):
                self._files[file_id] = (name, content)
        self._last_id = max(self._items, default=_FIRST_ID - 1)

    def close(self) -> None:
        """Close the file."""
        if self._database:
            self._database.close()

    def clear(self) -> None:
        """Forget everything."""
        self._items.clear()
        self._files.clear()
        self._last_id = _FIRST_ID - 1
        if self._database:
            self._database.execute("DELETE FROM items")
            self._database.execute("DELETE FROM files")

    def all(self, resource: Resource, *, archived: bool = False) -> list[Item]:
        """Return the items of a resource, those that are archived or those that are not, oldest first."""
        return [item for item in self._items.values() if item.resource == resource and item.archived == archived]

    def get(self, resource: Resource, item_id: int) -> Item | None:
        """Return an item, archived or not."""
        item = self._items.get(item_id)
        return item if item and item.resource == resource else None

    def add(self, resource: Resource, fields: Mapping[str, object], *, manual: bool = False) -> Item:
        """Make a new item."""
        now = _now()
        self._last_id += 1
        item = Item(self._last_id, resource, dict(fields), manual=manual, created_at=now)
        item.updated_at = now
        self._items[item.id] = item
        self._write(item)
        return item

    def change(self, item: Item, fields: Mapping[str, object], *, archived: bool | None = None) -> None:
        """Set fields of an item, and whether it is archived if that is given."""
        item.fields.update(fields)
        item.archived = item.archived if archived is None else archived
        item.updated_at = _now()
        self._write(item)

    def set_photo(self, item: Item, content: bytes, kind: str) -> None:
        """Set the photo of an item."""
        item.photo, item.photo_type, item.updated_at = content, kind, _now()
        self._write(item)

    def set_profile(self, item: Item, profile: Mapping[str, object] | None) -> None:
        """Set a student's medical profile as confirmed now: later than before, however fast one change follows another."""
        now, step = datetime.now(UTC), timedelta(milliseconds=1)
        if item.profile:
            now = max(now, datetime.fromisoformat(str(item.profile["updated_at"])) + step)
        item.updated_at = now.isoformat(timespec="milliseconds")
        item.profile = None if profile is None else {**profile, "updated_at": item.updated_at}
        self._write(item)

    def add_file(self, name: str, content: bytes) -> int:
        """Keep a file that a profile links to, and return its number."""
        number = max(self._files, default=0) + 1
        self._files[number] = (name, content)
        if self._database:
            self._database.execute("INSERT INTO files VALUES (?, ?, ?)", (number, name, content))
        return number

    def file(self, number: int) -> tuple[str, bytes] | None:
        """Return the name and the content of a file."""
        return self._files.get(number)

    def groups_with(self, resource: Resource, item_id: int) -> Iterator[Item]:
        """Yield the groups that a person is in or leads."""
        name = "student_memberships" if resource == "members" else "staff_memberships"
        return (group for group in self.all("groups") if item_id in group.ids(name))

    def _write(self, item: Item) -> None:
        if self._database:
            body = {name: value for name, value in vars(item).items() if name != "photo"}
            values = (item.id, item.resource, json.dumps(body), item.photo)
            self._database.execute("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?)", values)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
