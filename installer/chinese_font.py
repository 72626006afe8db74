"""Makes the bundled Chinese font from Noto Sans CJK SC: the signs of GB 2312 level 1 and of our own texts.

    python installer/chinese_font.py /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc

Needs fonttools. Run it again when the translations use a sign that is not in the font; a test says so. The
font is renamed, as the licence (OFL 1.1) wishes of a changed font.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset, ttLib

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "resources" / "fonts" / "NetloomSansSC-Subset.otf"
NAME = "Netloom Sans SC"
FACE = "Noto Sans CJK SC"


def level_one() -> set[str]:
    """The 3,755 most used signs of GB 2312."""
    signs = set()
    for high in range(0xB0, 0xD8):
        for low in range(0xA1, 0xFF):
            try:
                signs.add(bytes([high, low]).decode("gb2312"))
            except UnicodeDecodeError:
                continue
    return signs


def ours() -> set[str]:
    """Every sign of our translations and of the gallery."""
    root = ROOT
    files = [*root.glob("resources/**/*.json"), *root.glob("projects/*.json"), root / "studio" / "words.py"]
    files += [path for path in root.glob("projects/pages/*") if path.suffix in (".json", ".md")]
    return {sign for file in files for sign in file.read_text(encoding="utf-8") if ord(sign) > 0x7F}


def main(collection: str) -> None:
    faces = ttLib.TTCollection(collection).fonts
    font = next(face for face in faces if face["name"].getDebugName(1) == FACE)
    options = subset.Options(hinting=False, desubroutinize=False, layout_features=["kern", "locl"])
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.notdef_outline = True
    chosen = subset.Subsetter(options)
    latin = {chr(code) for code in range(0x20, 0x7F)}
    punctuation = set("。，、；：？！“”‘’（）《》【】…—·×→←↑↓≈≥≤±％￥　")
    chosen.populate(text="".join(sorted(level_one() | ours() | latin | punctuation)))
    chosen.subset(font)
    for record in list(font["name"].names):
        new = {1: NAME, 3: f"{NAME} subset", 4: NAME, 6: NAME.replace(" ", "")}.get(record.nameID)
        if new is not None:
            font["name"].setName(new, record.nameID, record.platformID, record.platEncID, record.langID)
    font["CFF "].cff.fontNames[0] = NAME.replace(" ", "")
    font["CFF "].cff[0].rawDict.update(FullName=NAME, FamilyName=NAME)
    font.save(OUT)
    sys.stdout.write(f"{OUT.name}: {OUT.stat().st_size / 1e6:.2f} MB\n")


if __name__ == "__main__":
    main(sys.argv[1])
