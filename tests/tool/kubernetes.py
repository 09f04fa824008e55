#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks a manifest of a Job by the types that Kubernetes publishes.

    kubernetes.py node_modules job.yaml

The npm package kubernetes-models has Kubernetes' OpenAPI schema as
declarations of TypeScript, a file for each type: all keys of all objects, not
only those that the recipe uses, with their types, which must be there, and
which words may stand there.
"""
import os
import re
import sys

import yaml

PACKAGES = sys.argv[1]
JOB = PACKAGES + "/kubernetes-models/batch/v1/Job.d.ts"


def declarations(path):
    """What a file declares and where its other names come from."""
    text = re.sub(r"\s*/\*.*?\*/", "", open(path).read(), flags=re.S)
    imports = {}
    for names, source in re.findall(r'import \{ (.*?) \} from "(.*?)";', text):
        at = (os.path.join(os.path.dirname(path), source)
              if source.startswith(".") else f"{PACKAGES}/{source}")
        imports.update((n, at + ".d.ts") for n in names.split(", "))
    return text, imports


def check_type(value, form, path, at):
    """form: what stands behind a key; path: the file in which it stands."""
    form = form.strip()
    if form.startswith("Array<"):
        assert isinstance(value, list), f"{at}: no list"
        for i, v in enumerate(value):
            check_type(v, form[6:-1], path, f"{at}[{i}]")
    elif form.startswith("{"):
        assert isinstance(value, dict), f"{at}: no map"
        of = re.fullmatch(r"\{\s*\[key: string\]: (.*?);\s*\}", form, re.S)
        for k, v in value.items():
            check_type(v, of[1], path, f"{at}.{k}")
    elif "|" in form or form[0] == '"':
        words = [f.strip() for f in form.split("|")]
        kinds = {"number": int, "string": str}
        assert any(f'"{value}"' == w or type(value) is kinds.get(w)
                   for w in words), f"{at}: {value!r} is none of {form}"
    elif form in ("string", "number", "boolean"):
        want = {"string": str, "number": int, "boolean": bool}[form]
        assert type(value) is want, f"{at}: {value!r} is no {form}"
    else:
        check_object(value, declarations(path)[1][form], at)


def check_object(value, path, at):
    text, _ = declarations(path)
    alias = re.search(r"export declare type I\w+ = (.*?);", text)
    if alias:
        check_type(value, alias[1], path, at)
        return
    body = re.search(r"export interface I\w+.*?\{\n(.*?)\n\}", text, re.S)[1]
    keys = {k: (optional == "", form) for k, optional, form in re.findall(
        r'^    "([^"]+)"(\??): (.*?);$(?=\n    "|\s*\Z)', body, re.S | re.M)}
    assert isinstance(value, dict), f"{at}: no object"
    for k, v in value.items():
        assert k in keys, f"{at}.{k}: no such key"
        check_type(v, keys[k][1], path, f"{at}.{k}")
    for k, (must, _) in keys.items():
        assert not must or k in value, f"{at}: no {k}"


check_object(yaml.safe_load(open(sys.argv[2])), JOB, "job")
