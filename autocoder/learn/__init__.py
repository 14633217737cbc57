"""Coded segments into a classifier. The only part of the package that needs torch and transformers."""
