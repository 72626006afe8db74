"""The fields of how a step is computed: what is left alone is chosen at the start of a run."""

from __future__ import annotations

from studio.app.session import Session
from studio.app.settings_panel.fields import CheckField, ChoiceField, Field
from studio.training.speed_settings import AUTO, FORMATS, PRECISIONS
from studio.words import Message

SECTION = "training"
_FORMATS = {"contiguous": Message("channels first"), "channels_last": Message("channels last")}


def fields(session: Session) -> list[Field]:
    """Precision, memory format, and whether the network is compiled or its steps are replayed."""
    unset = (AUTO, Message("automatic"))
    precisions = [unset, *((name, Message("{name}", name=name)) for name in PRECISIONS[1:])]
    formats = [unset, *((name, _FORMATS[name]) for name in FORMATS[1:])]
    return [
        ChoiceField(session, (SECTION, "precision"), Message("Computing precision"), AUTO, precisions),
        ChoiceField(session, (SECTION, "memory_format"), Message("Memory format"), AUTO, formats),
        CheckField(session, (SECTION, "compile"), Message("Compiled"), False),
        CheckField(session, (SECTION, "replay"), Message("Replayed"), True),
    ]
