"""Where the cards go: layers from top to bottom, few crossings, straight chains, no card on another.

Pure arithmetic on sizes and wires (K. Sugiyama, S. Tagawa, M. Toda: Methods for Visual Understanding of
Hierarchical System Structures, 1981). The same input always gives the same picture. Nothing recurses.
`layered` draws from nothing, `tidied` what stands already (docs/decisions/0280).
"""

from __future__ import annotations

from studio.graph.layout.columns import MAX_LAYERS as MAX_LAYERS
from studio.graph.layout.drawing import layered as layered
from studio.graph.layout.framed import Border as Border
from studio.graph.layout.framed import tidied_in_frames as tidied_in_frames
from studio.graph.layout.part import GAP_BELOW as GAP_BELOW
from studio.graph.layout.part import GAP_BESIDE as GAP_BESIDE
from studio.graph.layout.part import GRID as GRID
from studio.graph.layout.standing import tidied as tidied
