"""Which resources there are, and which of them a reference means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bayesdx.cells import clipped
from bayesdx.errors import InputError, nearest
from bayesdx.formats.fhir.structure import Element, Malformed

#: Resources from which findings are read.
READ = ("Observation", "DiagnosticReport", "Bundle")
#: Types of a Bundle, and the fields of an entry.
_TYPES = (
    "document", "message", "transaction", "transaction-response", "batch", "batch-response", "history", "searchset",
    "collection", "subscription-notification",
)  # fmt: skip
_ENTRY = ("id", "extension", "modifierExtension", "link", "fullUrl", "resource", "search", "request", "response")
#: The address of a resource on a server: its base, and type and id.
_ADDRESS = re.compile(r"(https?://.+)/([A-Za-z]+/[^/]+)")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


@dataclass(frozen=True)
class Resources:
    """The resources of a file in their order.

    ``held[i]`` are those that resource i contains, by id; ``urls[i]`` is what its Bundle calls it.
    """

    found: list[Element] = field(default_factory=list)
    urls: list[str | None] = field(default_factory=list)
    held: list[dict[str, Element]] = field(default_factory=list)
    _named: dict[str, Element] = field(default_factory=dict)

    def add(self, resource: Element, url: str | None = None) -> None:
        """Add a resource, and those of a Bundle one by one."""
        kind = resource.text("resourceType")
        if kind is None:
            raise Malformed("has no resourceType", place=resource.place)
        if kind == "Bundle":
            resource.understood()
            kind = resource.text("type")
            if kind == "history":
                raise InputError("a history holds several versions of a resource", place=resource.at("type"))
            if kind is not None and kind not in _TYPES:
                raise Malformed(f"there is no type '{clipped(kind)}'", nearest(kind, _TYPES), resource.at("type"))
            for entry in resource.elements("entry"):
                entry.understood()
                entry.only(_ENTRY)
                inner = entry.element("resource")
                if inner is not None:
                    self.add(inner, entry.text("fullUrl"))
                elif not (entry.has("request") or entry.has("response")):
                    raise Malformed("has no resource", place=entry.place)
            return
        held: dict[str, Element] = {}
        for one in resource.elements("contained"):
            name = one.text("id")
            if name is None or name in held:
                what = "has no id" if name is None else f"id '{name}' is given twice"
                raise Malformed(f"{what}: what is contained is referred to by it", place=one.place)
            held[name] = one
        name = resource.text("id")
        if name is not None and not _ID.fullmatch(name):
            raise Malformed(f"'{clipped(name)}' is no id: letters, digits, - and .", place=resource.at("id"))
        address = _ADDRESS.fullmatch(_plain(url)) if url else None
        for known in (_plain(url) if url else None, f"{kind}/{name}" if name else None):
            other = None if known is None else self._named.setdefault(known, resource)
            apart = address and "://" not in str(known)  # another server may have one of this id
            if other is not None and other.fields != resource.fields and not apart:
                raise InputError(f"'{clipped(str(known))}' is here twice, and not the same", place=resource.place)
        self.found.append(resource)
        self.urls.append(url)
        self.held.append(held)

    def everything(self, kind: str) -> Iterator[tuple[int, Element]]:
        """Resources of a kind with the number of the resource that they are, or are contained in."""
        for number, resource in enumerate(self.found):
            for one in (resource, *self.held[number].values()):
                if one.text("resourceType") == kind:
                    yield number, one

    def meant(self, reference: str, owner: int) -> Element | None:
        """The resource that a reference of resource ``owner`` means; None where it is not here."""
        if reference.startswith("#"):
            return self.found[owner] if reference == "#" else self.held[owner].get(reference[1:])
        wanted = _plain(self.absolute(reference, owner))
        found = self._named.get(wanted) or self._named.get(_tail(wanted))
        url = next((url for one, url in zip(self.found, self.urls, strict=True) if one is found), None)
        elsewhere = url is not None and url.startswith("http") and not same(url, wanted)
        return None if elsewhere else found

    def with_members(self, one: Element, owner: int) -> list[Element]:
        """An Observation that resource ``owner`` refers to, its members, and theirs."""
        found: list[Element] = []
        left = [one]
        while left:
            found.append(left.pop())
            for member in found[-1].elements("hasMember"):
                meant = self.meant(member.text("reference") or "", owner)
                if meant is not None and meant not in (*found, *left):
                    left.append(meant)
        return found

    def absolute(self, reference: str, owner: int) -> str:
        """A reference of resource ``owner`` with the server from which that comes, as far as it is known."""
        address = _ADDRESS.fullmatch(_plain(self.urls[owner] or ""))
        relative = not reference.startswith("#") and ":" not in reference
        return f"{address[1]}/{reference}" if address and relative else reference

    def reference_to(self, number: int, resource: Element) -> str | None:
        """How others refer to a resource; None for one that is contained, or has neither address nor id."""
        if resource is not self.found[number]:
            return None
        if self.urls[number] is not None:
            return self.urls[number]
        return f"{resource.kind}/{resource.text('id')}" if resource.has("id") else None


def _plain(reference: str) -> str:
    """A reference without the version that it names."""
    return reference.partition("/_history/")[0]


def _tail(reference: str) -> str:
    """The relative form of a reference: type and id."""
    return "/".join(reference.split("/")[-2:])


def same(reference: str, other: str) -> bool:
    """Whether two references mean the same resource: one may be relative."""
    one, two = _plain(reference), _plain(other)
    return one == two or ("/" in one and _tail(one) == _tail(two) and (one == _tail(one) or two == _tail(two)))


def check_kind(kind: str, place: str) -> None:
    """Raise InputError for a resource that states no findings."""
    if kind not in READ:
        raise InputError(f"'{kind}' is no resource that findings are read from", nearest(kind, READ), place)
