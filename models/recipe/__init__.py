"""The pre-training of the bundled encoder, one command a stage."""
