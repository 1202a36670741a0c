#!/usr/bin/env python3
"""Checks SARIF logs: `check_sarif.py SCHEMA LOG.sarif...`. Exits with 1 if one is invalid, 2 if a file cannot be read.

Needs jsonschema (scripts/requirements.txt) and the schema that OASIS publishes, in whichever draft it says it is:
https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json
"""

import json
import pathlib
import sys
from collections.abc import Iterator

from jsonschema import Draft7Validator, validators


def read(file: str) -> dict:
    try:
        return json.loads(pathlib.Path(file).read_bytes())
    except (OSError, ValueError) as error:
        print(f"{file}: {error}", file=sys.stderr)
        sys.exit(2)


def beyond(value: object, path: str, rules: list[dict]) -> Iterator[str]:
    """What no schema says, of a log that fits it: ruleIndex and ruleId name one rule, no region ends before it starts."""
    if isinstance(value, dict):
        rules = value["tool"]["driver"].get("rules", []) if "tool" in value else rules
        index, line = value.get("ruleIndex", -1), value.get("startLine", 1)
        named = rules[index]["id"] if index < len(rules) else "missing"
        if index >= len(rules) or index >= 0 and value.get("ruleId", named) != named:
            yield f"{path}: ruleId is {value.get('ruleId')!r}, but rule {index} is {named}"
        if (value.get("endLine", line), value.get("endColumn", float("inf"))) < (line, value.get("startColumn", 1)):
            yield f"{path}: the region ends before it starts"
        for key in sorted(value.keys() - {"properties"}):  # A property bag may hold anything.
            yield from beyond(value[key], f"{path}.{key}", rules)
    for index, item in enumerate(value if isinstance(value, list) else []):
        yield from beyond(item, f"{path}[{index}]", rules)


def main() -> None:
    schema, *logs = map(read, sys.argv[1:])
    validator = validators.validator_for(schema, default=Draft7Validator)(schema)
    invalid = False
    for file, log in zip(sys.argv[2:], logs):
        found = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(log)] or [*beyond(log, "$", [])]
        results = 0 if found else sum(len(run.get("results", [])) for run in log["runs"] or [])
        print(*(f"{file}: {line}" for line in found or [f"valid, {results} results"]), sep="\n")
        invalid |= bool(found)
    sys.exit(invalid)


if __name__ == "__main__":
    main()
