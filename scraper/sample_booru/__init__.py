"""A small board that answers as safebooru.org does, hung with OpenMoji's drawings.

It is the embedded default of the scraper and what its tests talk to. The drawings are by the
OpenMoji project, CC BY-SA 4.0; each post's `source` credits them.
"""
