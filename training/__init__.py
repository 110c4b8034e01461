"""Training with the same rewards; nothing here loads torch at import."""
