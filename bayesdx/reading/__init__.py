"""Free text to findings: what a radiology report says of each finding, and the words that say it.

``read_text`` (``reader``) cuts a report into sections and sentences (``passages``). In each ``sentence`` it finds
the phrases of a ``lexicon`` (``phrases``) and what is measured (``measures``), links values to what they are said
of (``pairs``), and asks of each mention whether it is affirmed, denied, doubted or of another time or person
(``context``). ``gather`` makes one value a finding of the ``mentions``.
"""
