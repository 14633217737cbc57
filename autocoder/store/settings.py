"""What a team chose for its review: how many random passages are mixed in, and whether errors are planted."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

import sqlalchemy as sa

from autocoder.errors import AutocoderError
from autocoder.store import schema as t
from autocoder.store.audit import Deed, append
from autocoder.store.study import Store


class SettingRefused(AutocoderError):
    """A setting outside its range."""


@dataclass(frozen=True)
class Settings:
    """Shares of the cards: ``random_share`` are passages without a suggestion, ``planted_share`` known errors.

    Nothing is planted unless ``planted`` is on.
    """

    random_share: float = 0.10
    planted: bool = False
    planted_share: float = 0.05

    def __post_init__(self) -> None:
        for name in ("random_share", "planted_share"):
            if not 0 <= getattr(self, name) <= 0.5:
                raise SettingRefused(f"{name} is a share of the cards between 0 and 0.5, not {getattr(self, name):g}.")


def settings(store: Store) -> Settings:
    """Return the settings of a project; what was never set is as it comes."""
    with store.reading() as connection:
        kept = {row.name: row.value for row in connection.execute(sa.select(t.setting))}
    return Settings(**{field.name: kept[field.name] for field in fields(Settings) if field.name in kept})


def change_settings(store: Store, wanted: Settings, who: str, at: str) -> None:
    """Keep the settings."""
    values = asdict(wanted)
    with store.writing() as connection:
        connection.execute(sa.delete(t.setting).where(t.setting.c.name.in_(values)))
        connection.execute(sa.insert(t.setting), [{"name": name, "value": value} for name, value in values.items()])
        append(connection, who, Deed.SETTING, values, at)
