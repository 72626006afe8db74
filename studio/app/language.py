"""The window's side of the language: who is told of a switch, Qt's own words, and a font that has the signs.

Texts themselves come from `studio.words`; nothing here translates a sentence.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, QTranslator
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication

from studio import places, words

BUNDLED_CHINESE = "NetloomSansSC-Subset.otf"
CHINESE_FAMILIES = (
    "PingFang SC",
    "Microsoft YaHei UI",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
)
"""named, because a fallback by itself may choose the Japanese shapes of the same signs"""

_qt_words: QTranslator | None = None


def follow(widget: QObject, retranslate: Callable[[], None]) -> None:
    """Calls `retranslate` now and after each switch of the language, until `widget` is gone.

    Call it at the end of a constructor, when every part that has a text exists. Nothing here keeps the
    widget alive.
    """
    end: list[Callable[[], None]] = []
    owner = getattr(retranslate, "__self__", None)
    held = weakref.WeakMethod(retranslate) if owner is not None else None

    def listener() -> None:
        call = held() if held is not None else retranslate
        if call is None:
            end[0]()
        else:
            call()

    end.append(words.on_language_change(listener))
    unsubscribe = end[0]
    widget.destroyed.connect(lambda: unsubscribe())
    retranslate()


def system_language() -> str:
    """The language the desktop asks for, as far as it is one of ours."""
    for name in QLocale.system().uiLanguages():
        if name.split("-")[0] == "zh":
            return "zh_CN"
        if name.split("-")[0] in {"en", "C"}:
            return "en"
    return "en"


def start(app: QApplication, code: str) -> None:
    """From here on the application follows the language: Qt's own buttons and menus, and the fonts."""

    def follow_language() -> None:
        _load_qt_words(app, words.language())
        if words.language() == "zh_CN":
            ensure_chinese_font(app)

    end = words.on_language_change(follow_language)
    app.aboutToQuit.connect(end)
    if code == words.language():
        follow_language()
    else:
        words.set_language(code)


def _load_qt_words(app: QApplication, code: str) -> None:
    global _qt_words
    if _qt_words is not None:
        app.removeTranslator(_qt_words)
        _qt_words = None
    if code == "en":
        return
    translator = QTranslator(app)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load(f"qtbase_{code}", folder):
        app.installTranslator(translator)
        _qt_words = translator


def ensure_chinese_font(app: QApplication) -> bool:
    """Puts a Chinese font behind the desktop's; the bundled subset where there is none. False: boxes."""
    known = set(QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese))
    chosen = next((family for family in CHINESE_FAMILIES if family in known), None)
    if chosen is None:
        chosen = next(iter(_load_bundled() if not known else ()), None)
    if chosen is None:
        return bool(known)
    font = QFont(app.font())
    if chosen not in font.families():
        font.setFamilies([*font.families(), chosen])
        app.setFont(font)
    return True


def _load_bundled() -> list[str]:
    file = places.resources() / "fonts" / BUNDLED_CHINESE
    number = QFontDatabase.addApplicationFont(str(file)) if file.is_file() else -1
    return QFontDatabase.applicationFontFamilies(number) if number >= 0 else []
