"""The forms of `outward.yaml`, and how they are read: everything that is wrong is gathered, and nothing is raised."""

from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

from msgspec import NODEFAULT, Meta, Struct, ValidationError, convert
from msgspec.structs import FieldInfo, fields

from detente.gate.outward.happenings import ALL
from detente.model.problems import Fault, Path, nearest_of, shown

__all__ = ["FORM", "Chat", "Stated", "Webhook", "read_all"]

FORM = "a mapping with `webhooks:` or `chat:`, or both"
"""What the document is."""

_MOST = 32

Name = Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
File = Annotated[str, Meta(min_length=1, max_length=200)]
Events = Annotated[tuple[str, ...], Meta(min_length=1, max_length=64)]


class Stated(Struct, frozen=True, kw_only=True):
    """What is said of everybody who is told."""

    name: Name
    give_up_after: str = "3 d"
    authority_file: File | None = None


class Webhook(Stated, frozen=True, kw_only=True):
    """What is said of a webhook."""

    url: str | None = None
    url_file: File | None = None
    secret_file: File
    events: Events


class Chat(Stated, frozen=True, kw_only=True):
    """What is said of a chat."""

    url_file: File
    events: Events = ("hold",)
    show_arguments: bool = False


_FORMS: dict[str, type[Stated]] = {"webhooks": Webhook, "chat": Chat}
_A_FILE = "the name of a file beside this one"
_EXPECTED = {
    "name": "a name of up to 64 letters, digits and . _ -",
    "give_up_after": "a duration, as `3 d` or `1 h`",
    "authority_file": _A_FILE,
    "url": "an address such as https://soc.example/gate",
    "url_file": _A_FILE,
    "secret_file": _A_FILE,
    "events": "a list of 1 to 64 things to be told of, as [hold, kill]",
    "show_arguments": "true or false",
}

Form = TypeVar("Form", bound=Stated)


def read_all(tree: object, faults: list[Fault]) -> Iterator[tuple[Path, Stated]]:
    """Yield everybody who is named and whose form is right, with their place; what is wrong is added to `faults`."""
    if not isinstance(tree, dict):
        faults.append(Fault((), shown(tree), FORM))
        return
    _only(tree, tuple(_FORMS), (), faults)
    for section, form in _FORMS.items():
        listed = tree.get(section, [])
        if not isinstance(listed, list) or len(listed) > _MOST:
            faults.append(Fault((section,), shown(listed), f"a list (array) of at most {_MOST}"))
            continue
        for number, one in enumerate(listed):
            made = _read(one, form, (section, number), faults)
            if made is not None:
                yield (section, number), made


def _read(tree: object, form: type[Form], place: Path, faults: list[Fault]) -> Form | None:
    if not isinstance(tree, dict):
        faults.append(Fault(place, shown(tree), "a mapping with `name:` and more"))
        return None
    known = {field.name: field for field in fields(form)}
    before = len(faults)
    _only(tree, tuple(known), place, faults)
    given = {name: _value(tree, field, place, faults) for name, field in known.items()}
    return form(**given) if len(faults) == before else None


def _value(tree: dict[str, Any], field: FieldInfo, place: Path, faults: list[Fault]) -> Any:
    name = field.name
    if name not in tree:
        if field.required:
            faults.append(Fault(place, f"no `{name}`", f"`{name}:`, {_EXPECTED[name]}"))
        return None if field.default is NODEFAULT else field.default
    given = (ALL,) if name == "events" and tree[name] == ALL else tree[name]
    try:
        return convert(given, field.type)
    except ValidationError:
        # An address is not shown: it may be a secret.
        found = "something else" if name == "url" else shown(tree[name])
        if name == "events" and isinstance(tree[name], str):
            found = f"the text {found}"
        faults.append(Fault((*place, name), found, _EXPECTED[name]))
        return None


def _only(tree: dict[str, Any], known: tuple[str, ...], place: Path, faults: list[Fault]) -> None:
    for key in tree:
        if key not in known:
            near = nearest_of(str(key), known)
            hint = f" (did you mean '{near[0]}'?)" if near else ""
            expected = f"only {', '.join(known)}{hint}"
            faults.append(Fault((*place, key), f"the unknown key {shown(key)}", expected, at_key=True))
