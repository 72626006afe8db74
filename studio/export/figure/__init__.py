"""A network as a figure for a paper or a slide, without torch and Qt: `drawing` lays out, `svg` writes."""
