"""The bundled Chinese font: it has every sign that Netloom itself shows."""

from __future__ import annotations

import json

from PySide6.QtGui import QRawFont
from PySide6.QtWidgets import QApplication

from studio import places
from studio.app import language
from studio.insight.gallery import examples


def test_the_bundled_font_has_every_sign_of_our_texts(qapp: QApplication) -> None:
    font = QRawFont(str(places.resources() / "fonts" / language.BUNDLED_CHINESE), 13)
    assert font.isValid()
    texts = [text for example in examples() for text in (example.titles["zh_CN"], example.abouts["zh_CN"])]
    for file in places.resources().glob("**/zh_CN*"):
        for part in file.glob("*.json") if file.is_dir() else [file]:
            texts += json.loads(part.read_text(encoding="utf-8")).values()

    texts += [path.read_text(encoding="utf-8") for path in (places.gallery() / "pages").glob("*.*")]

    chinese = {sign for text in texts for sign in str(text) if "\u4e00" <= sign <= "\u9fff"}

    missing = {sign for sign in chinese if not font.supportsCharacter(ord(sign))}
    assert missing == set(), "run installer/chinese_font.py again"


def test_the_licence_of_the_font_comes_with_it() -> None:
    licence = (places.resources() / "fonts" / "OFL.txt").read_text(encoding="utf-8")

    assert language.BUNDLED_CHINESE in licence
    assert "SIL OPEN FONT LICENSE" in licence
