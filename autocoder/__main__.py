"""``python -m autocoder`` does what the command ``autocoder`` does."""

from autocoder.cli import main

main()
