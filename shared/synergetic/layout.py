"""Where Synergetic keeps things: three databases up to version 67, one database with schemas from 68 on."""

from dataclasses import dataclass

from shared.errors import ContractError
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.table_model import Place
from shared.synergetic.version import Version

_STALE = "zpre68"


@dataclass(frozen=True)
class TableLocation:
    """A schema, in a database that is named where it may be another than the connected one."""

    schema: str
    database: str | None = None


@dataclass(frozen=True)
class Layout:
    """The spot of each place."""

    main: TableLocation
    media: TableLocation

    @classmethod
    def of(cls, version: Version | None, settings: SynergeticSettings) -> "Layout":
        """Return the layout of a version; before that is known, the connected database is the one that is read.

        Raises:
            ContractError: A configured database is a stale copy.
        """
        if version is None or version.single_database:
            return cls(TableLocation(settings.main_schema), TableLocation(settings.media_schema))
        refuse_stale_copy(settings.main_database)
        refuse_stale_copy(settings.media_database)
        return cls(
            TableLocation(settings.main_schema, settings.main_database),
            TableLocation(settings.main_schema, settings.media_database),
        )

    def spot(self, place: Place) -> TableLocation:
        """Return where a place is."""
        return self.media if place == "media" else self.main


def refuse_stale_copy(database: str) -> None:
    """Refuse a database that was kept when version 68 was installed: nobody updates it any more.

    Raises:
        ContractError: The database's name says that it is one.
    """
    if database.strip().lower().startswith(_STALE):
        raise ContractError(
            f"The database {database} is the copy that was kept from before version 68; it is never updated.",
            remedy="Name the live database, which is called Synergetic_... in most schools.",
            code="stale-database",
        )
