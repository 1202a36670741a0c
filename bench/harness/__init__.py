"""Times generated packages against inference engines; `bench/run` and `bench/start` are its commands."""
