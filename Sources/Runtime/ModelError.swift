// Placeholder replaced by the runtime's error type in the next commits.
