"""What is looked at before a training starts: the traps that waste a night without an error."""
