"""Gold in the formats of other annotation tools, one module a format; `formats.FORMATS` names them all.

Export takes `GoldLetter`s. Import gives `GoldLetter`s back and `parts.write_letters` writes them as marked-up source.
Offsets are code points in the letter's text on both sides, whatever the tool counts.
"""
