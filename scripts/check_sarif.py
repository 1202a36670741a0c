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


def beyond(value: object, path: str = "$", rules: list[str] = []) -> Iterator[str]:
    """What no schema says of a log that fits it: ruleIndex and ruleId name one rule, no region ends before its start."""
    if isinstance(value, dict):
        rules = [rule["id"] for rule in value["tool"]["driver"].get("rules", [])] if "tool" in value else rules
        index, line = value.get("ruleIndex", -1), value.get("startLine", 1)
        named = rules[index : index + 1]
        if index >= 0 and value.get("ruleId", *named) not in named:
            yield f"{path}.ruleIndex: {index} is the index of {named}, ruleId is {value.get('ruleId')!r}"
        if (value.get("endLine", line), value.get("endColumn", float("inf"))) < (line, value.get("startColumn", 1)):
            yield f"{path}: the region ends before it starts"
        for key in sorted(value.keys() - {"properties"}):  # A property bag may hold anything.
            yield from beyond(value[key], f"{path}.{key}", rules)
    for index, item in enumerate(value if isinstance(value, list) else []):
        yield from beyond(item, f"{path}[{index}]", rules)


code, values = 0, []
for file in sys.argv[1:]:
    try:
        values.append(json.loads(pathlib.Path(file).read_bytes()))
    except (OSError, ValueError) as error:
        print(f"{file}: {error}", file=sys.stderr)
        sys.exit(2)
if len(values) < 2 or "definitions" not in values[0]:
    print(__doc__, file=sys.stderr)
    sys.exit(2)
validator = validators.validator_for(values[0], default=Draft7Validator)(values[0])
for file, log in zip(sys.argv[2:], values[1:]):
    found = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(log)] or [*beyond(log)]
    count = 0 if found else sum(len(run.get("results", [])) for run in log["runs"] or [])
    print("\n".join(f"{file}: {line}" for line in found or [f"valid, {count} result{'s' * (count != 1)}"]))
    code = 1 if found else code
sys.exit(code)
