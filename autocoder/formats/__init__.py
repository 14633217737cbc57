"""One module per outside format; each reads a file into the nouns of ``project.py``, and some write it back."""
