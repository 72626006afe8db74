"""The application's style sheet, written from the table of colours. Compact: Fusion does the rest.

The canvas is painted by hand and gets no rule; there is no rule for QWidget, which would cost every widget.
"""

from __future__ import annotations

from studio import places
from studio.app.theme import Theme

FONT_PIXELS = 13


def sheet(theme: Theme) -> str:
    """The whole sheet for `theme`."""
    drawn = places.resources() / "icons"
    chevron = (drawn / f"chevron-{'dark' if theme.dark else 'light'}.svg").as_posix()
    check = (drawn / f"check-{'white' if theme.on_fill == '#FFFFFF' else 'black'}.svg").as_posix()
    t, fill, over, rest = theme, theme.fill, theme.hover, theme.button
    return f"""
QToolTip {{ color: {t.text}; background: {t.card}; border: 1px solid {t.line}; padding: 4px 6px; }}

QMenuBar {{ background: {t.window}; color: {t.text}; padding: 2px 6px; }}
QMenuBar::item {{ padding: 4px 10px; border-radius: 6px; background: transparent; }}
QMenuBar::item:selected {{ background: {over}; }}
QMenu {{ background: {t.card}; color: {t.text}; border: 1px solid {t.line}; padding: 4px; }}
QMenu::item {{ padding: 5px 28px 5px 10px; border-radius: 6px; }}
QMenu::item:selected {{ background: {fill}; color: {t.on_fill}; }}
QMenu::item:disabled {{ color: {t.second}; background: transparent; }}
QMenu::icon {{ padding-left: 8px; }}
QMenu::separator {{ height: 1px; background: {t.line}; margin: 4px 6px; }}

QToolBar {{ background: {t.panel}; border: 0; border-bottom: 1px solid {t.line};
  border-top: 1px solid {t.line}; padding: 4px 12px; spacing: 8px; }}
QMainWindow {{ background: {t.window}; }}
QMainWindow::separator {{ background: {t.line}; width: 1px; height: 1px; }}
QMainWindow::separator:hover {{ background: {t.accent}; }}
QDockWidget {{ background: {t.panel}; color: {t.text}; }}
QStatusBar {{ background: {t.panel}; color: {t.second}; border-top: 1px solid {t.line}; }}
QStatusBar::item {{ border: 0; }}
QSplitter::handle {{ background: {t.line}; }}
QSplitter::handle:hover {{ background: {t.accent}; }}

QPushButton, QToolButton[chip="true"] {{ background: {rest}; color: {t.text}; border: 1px solid {t.line};
  border-radius: 6px; padding: 4px 12px; min-height: 17px; }}
QToolButton[chip="true"] {{ padding: 4px 10px; }}
QPushButton:hover, QToolButton[chip="true"]:hover {{ background: {over}; }}
QPushButton:pressed, QToolButton[chip="true"]:pressed {{ background: {t.line}; }}
QPushButton:focus, QToolButton[chip="true"]:focus {{ border: 1px solid {t.accent}; }}
QPushButton:disabled, QToolButton[chip="true"]:disabled {{ color: {t.second}; border-color: {t.dots};
  background: {t.panel}; }}
QPushButton[accent="true"], QPushButton:default {{ background: {fill}; color: {t.on_fill};
  border: 1px solid {fill}; font-weight: 600; }}
QPushButton[accent="true"]:hover, QPushButton:default:hover {{ background: {t.fill_hover}; }}
QPushButton[accent="true"]:focus, QPushButton:default:focus {{ border: 2px solid {t.text};
  padding: 3px 11px; }}
QPushButton[accent="true"]:disabled {{ background: {t.card}; color: {t.second}; border-color: {t.line}; }}
QPushButton[flat="true"], QPushButton[link="true"] {{ background: transparent; border-color: transparent; }}
QPushButton[link="true"] {{ color: {t.accent}; padding: 3px 6px; text-align: left; }}
QPushButton[link="true"]:hover {{ background: {over}; }}
QPushButton[link="true"]:focus {{ border: 1px solid {t.accent}; }}
QToolButton {{ border: 1px solid transparent; border-radius: 6px; padding: 4px; color: {t.text}; }}
QToolButton:hover {{ background: {over}; }}
QToolButton:focus {{ border: 1px solid {t.accent}; }}
QToolButton[chip="true"]::menu-indicator, QPushButton::menu-indicator {{ image: none; width: 0; }}

QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit, QTextEdit, QTextBrowser {{
  background: {t.window}; color: {t.text}; border: 1px solid {t.line}; border-radius: 6px;
  selection-background-color: {fill}; selection-color: {t.on_fill}; }}
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox {{ padding: 4px 8px; min-height: 16px; }}
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus,
QTextEdit:focus, QTextBrowser:focus {{ border: 1px solid {t.accent}; }}
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled {{ color: {t.second};
  background: {t.panel}; }}
QLineEdit {{ placeholder-text-color: {t.second}; }}
QLineEdit[invalid="true"], QLineEdit[invalid="true"]:focus {{ color: {t.ink("error").name()};
  border: 1px solid {t.error}; }}
QComboBox::drop-down {{ border: 0; width: 22px; }}
QComboBox::down-arrow {{ image: url("{chevron}"); width: 14px; height: 14px; }}
QComboBox QAbstractItemView {{ background: {t.card}; color: {t.text}; border: 1px solid {t.line};
  selection-background-color: {fill}; selection-color: {t.on_fill}; padding: 2px; outline: 0; }}
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {{
  border: 0; width: 0; }}
QAbstractItemView::indicator {{ width: 14px; height: 14px; border: 1px solid {t.second}; border-radius: 4px;
  background: {t.window}; }}
QAbstractItemView::indicator:checked {{ background: {fill}; border-color: {fill}; image: url("{check}"); }}
QRadioButton {{ color: {t.text}; spacing: 8px; }}
QRadioButton::indicator {{ width: 14px; height: 14px; border: 1px solid {t.second}; border-radius: 8px;
  background: {t.window}; }}
QRadioButton::indicator:checked {{ width: 6px; height: 6px; border: 5px solid {fill}; border-radius: 8px;
  background: {t.on_fill}; }}
QRadioButton:focus {{ color: {t.accent}; }}
QCheckBox {{ color: {t.text}; spacing: 8px; }}
QCheckBox::indicator {{ width: 16px; height: 16px; border: 1px solid {t.second}; border-radius: 4px;
  background: {t.window}; }}
QCheckBox::indicator:checked {{ background: {fill}; border-color: {fill}; image: url("{check}"); }}
QCheckBox::indicator:focus {{ border: 1px solid {t.accent}; }}
QCheckBox::indicator:disabled {{ border-color: {t.line}; }}
QProgressBar {{ background: {t.dots}; border: 0; border-radius: 3px; max-height: 6px; min-height: 6px; }}
QProgressBar::chunk {{ background: {t.good}; border-radius: 3px; }}

QTabWidget::pane {{ border: 0; background: {t.panel}; }}
QTabWidget {{ background: {t.panel}; }}
QTabBar {{ background: {t.panel}; qproperty-drawBase: 0; }}
QTabBar::tab {{ background: transparent; color: {t.second}; padding: 7px 2px 6px 2px; margin: 0 9px;
  border: 0; border-bottom: 2px solid transparent; }}
QTabBar::tab:first {{ margin-left: 12px; }}
QTabBar::tab:hover {{ color: {t.text}; }}
QTabBar::tab:selected {{ color: {t.text}; border-bottom: 2px solid {t.accent}; font-weight: 600; }}
QTabBar::tab:focus {{ color: {t.accent}; }}

QAbstractItemView {{ outline: 0; }}
QListView, QTreeView, QTableView {{ background: {t.panel}; color: {t.text}; border: 0;
  alternate-background-color: {t.window}; selection-background-color: {t.card};
  selection-color: {t.text}; }}
QListView::item:hover, QTreeView::item:hover {{ background: {over}; }}
QListView::item:selected, QTreeView::item:selected {{ background: {t.chosen}; color: {t.text}; }}
QHeaderView::section {{ background: {t.panel}; color: {t.second}; border: 0;
  border-bottom: 1px solid {t.line}; padding: 5px 8px; }}
QTableView {{ gridline-color: {t.line}; }}
QScrollArea {{ border: 0; background: transparent; }}

QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {t.line}; border-radius: 3px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 28px; }}
QScrollBar::handle:horizontal {{ min-width: 28px; }}
QScrollBar::handle:hover {{ background: {t.second}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QAbstractScrollArea::corner {{ background: transparent; }}

QLabel[second="true"] {{ color: {t.second}; }}
QLabel[heading="true"] {{ font-size: 15px; font-weight: 600; }}
QLabel[title="true"] {{ font-size: 26px; font-weight: 600; }}
QFrame[card="true"] QListView {{ background: transparent; }}
QFrame[card="true"] {{ background: {t.card}; border: 1px solid {t.line}; border-radius: 8px; }}
"""
