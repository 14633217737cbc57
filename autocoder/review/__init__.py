"""The review page: suggestions go back to people, one decision at a time, on this computer alone."""
