# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Names of events as users write them, and names that they may have meant."""

import difflib
import fnmatch
import os
from typing import Dict, Iterable, List, Sequence, Union

from ._errors import InvalidError, NotFoundError
from ._ringmap import lib

_GLOB = set("*?[")


def meant(word: str, known: Iterable[str]) -> str:
    """What to add to an error: names that look like the one that is not there."""
    close = difflib.get_close_matches(word, list(known), 3, 0.7)
    return f"; did you mean {' or '.join(close)}?" if close else ""


def listed(events: Union[str, Iterable[str]]) -> List[str]:
    """The events of a list, or of a text with commas."""
    texts = [events] if isinstance(events, str) else list(events)
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"events: {text!r} is no name of an event")
    return [part for text in texts for part in map(str.strip, text.split(",")) if part]


class Events:
    """The events in a tracefs, by system."""

    def __init__(self, tracefs: str):
        self._folder = os.path.join(tracefs, "events")
        self._systems: Dict[str, List[str]] = {}

    def _entries(self, *path: str) -> List[str]:
        try:
            with os.scandir(os.path.join(self._folder, *path)) as found:
                return sorted(entry.name for entry in found if entry.is_dir())
        except (FileNotFoundError, NotADirectoryError):
            return []

    def systems(self) -> Dict[str, List[str]]:
        """The names of all events."""
        if not self._systems:
            self._systems = {name: self._entries(name) for name in self._entries()}
        return self._systems

    def _can_be_enabled(self, system: str, event: str) -> bool:
        """False for the formats of ftrace's own entries."""
        return os.path.exists(os.path.join(self._folder, system, event, "enable"))

    def named(self, text: str) -> List[str]:
        """The events "system:event" that a text stands for.

        text: "system:event" or "event", with the wildcards of fnmatch in either
            part, or "system" for all of its events.

        Raises NotFoundError if there is none, InvalidError if several systems have
        an event of a name without wildcards.
        """
        system, colon, event = text.partition(":")
        if colon and event and not _GLOB & set(text) and "/" not in text:
            if os.path.isdir(os.path.join(self._folder, system, event)):
                return [text]
        elif not colon and system in self.systems():
            event = "*"
        elif not colon:
            system, event = "*", text
        found = [
            f"{one}:{name}"
            for one, names in self.systems().items()
            if fnmatch.fnmatchcase(one, system)
            for name in names
            if fnmatch.fnmatchcase(name, event or "*")
            and (one == system or self._can_be_enabled(one, name))
        ]
        if not found:
            raise NotFoundError(self._missing(text), lib.RINGMAP_E_NOENT)
        if len(found) > 1 and not colon and not _GLOB & set(event):
            raise InvalidError(
                f"several systems have an event {text}: say one of {', '.join(found)}",
                lib.RINGMAP_E_INVAL,
            )
        return found

    def tables(self, text: str) -> List[str]:
        """As named(), but the name of one event stays as it was written."""
        found = self.named(text)
        one = len(found) == 1 and text in (found[0], found[0].partition(":")[2])
        return [text] if one else found

    def _missing(self, text: str) -> str:
        systems = self.systems()
        system, colon, event = text.partition(":")
        known: Sequence[str]
        if colon and system in systems:
            known = [f"{system}:{name}" for name in systems[system]]
        elif colon:
            known = [f"{s}:{name}" for s, names in systems.items() for name in names]
        else:
            known = [*systems, *(n for names in systems.values() for n in names)]
        kind = "event matches" if _GLOB & set(text) else "event or system is named"
        return f"no {kind} {text}{meant(text, known)}"
