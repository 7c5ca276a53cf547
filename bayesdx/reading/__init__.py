"""Free text to findings: what a radiology report says of each finding, and the words that say it.

``read_text`` cuts a report into sections, sentences and clauses (``passages``), finds the phrases of a lexicon in them
(``lexicon``, ``phrases``) and what is measured (``measures``), links values to what they are said of (``pairs``), and
asks of each mention whether it is affirmed, denied, doubted or of another time or person (``context``). ``gather`` makes
one value a finding of the mentions.
"""
