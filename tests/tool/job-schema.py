#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks a manifest against what the schema of Kubernetes says of a Job.

    job-schema.py job.yaml

The form is that of batch/v1 and core/v1 in Kubernetes' OpenAPI document
(api/openapi-spec/v3/apis__batch__v1_openapi.json, as of 1.32): of a Job all
keys, of its pod those that the recipe needs.  Strict: what is not here is an
error, as for kubectl apply --validate=strict.  The sentences of the
descriptions that say what goes together are rules below.
"""
import sys

import yaml


class List:
    def __init__(self, of):
        self.of = of


ANY_MAP = {"*": str}
PATTERN = {"type!": str, "status!": str}
CODES = {"containerName": str, "operator!": str, "values!": List(int)}
RULE = {"action!": str, "onExitCodes": CODES, "onPodConditions": List(PATTERN)}
META = {"name": str, "namespace": str, "labels": ANY_MAP,
        "annotations": ANY_MAP}
ENV = {"name!": str, "value": str,
       "valueFrom": {"fieldRef": {"apiVersion": str, "fieldPath!": str}}}
CONTAINER = {
    "name!": str, "image": str, "command": List(str), "args": List(str),
    "env": List(ENV), "workingDir": str,
    "securityContext": {"capabilities": {"add": List(str), "drop": List(str)},
                        "runAsNonRoot": bool, "runAsUser": int},
    "resources": {"requests": ANY_MAP, "limits": ANY_MAP},
    "volumeMounts": List({"name!": str, "mountPath!": str, "readOnly": bool})}
POD = {"containers!": List(CONTAINER), "restartPolicy": str,
       "terminationGracePeriodSeconds": int, "hostNetwork": bool,
       "volumes": List({"name!": str, "persistentVolumeClaim": {
           "claimName!": str, "readOnly": bool}})}
SPEC = {"activeDeadlineSeconds": int, "backoffLimit": int,
        "backoffLimitPerIndex": int, "completionMode": str,
        "completions": int, "managedBy": str, "manualSelector": bool,
        "maxFailedIndexes": int, "parallelism": int,
        "podFailurePolicy": {"rules!": List(RULE)},
        "podReplacementPolicy": str, "suspend": bool,
        "template!": {"metadata": META, "spec": POD},
        "ttlSecondsAfterFinished": int}
JOB = {"apiVersion": str, "kind": str, "metadata": META, "spec": SPEC}


def check(value, form, at):
    if isinstance(form, List):
        assert isinstance(value, list), f"{at}: no list"
        for i, v in enumerate(value):
            check(v, form.of, f"{at}[{i}]")
    elif isinstance(form, dict):
        assert isinstance(value, dict), f"{at}: no map"
        forms = {k.rstrip("!"): f for k, f in form.items()}
        for k, v in value.items():
            assert k in forms or "*" in forms, f"{at}.{k}: no such key"
            check(v, forms.get(k, forms.get("*")), f"{at}.{k}")
        for k in form:
            assert not k.endswith("!") or k[:-1] in value, f"{at}: no {k[:-1]}"
    else:
        assert type(value) is form, f"{at}: {value!r} is no {form.__name__}"


def rules(job):
    spec = job["spec"]
    pod = spec["template"]["spec"]
    names = [c["name"] for c in pod["containers"]]
    failures = spec.get("podFailurePolicy", {}).get("rules", [])

    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    assert pod["restartPolicy"] in ("Never", "OnFailure")
    assert spec.get("completionMode") != "Indexed" or (
        "completions" in spec and spec["parallelism"] <= 10**5)
    if "backoffLimitPerIndex" in spec:
        assert spec["completionMode"] == "Indexed"
        assert pod["restartPolicy"] == "Never"
    if "maxFailedIndexes" in spec:
        assert "backoffLimitPerIndex" in spec
        assert spec["maxFailedIndexes"] <= spec["completions"]
    assert not failures or pod["restartPolicy"] == "Never"
    assert len(failures) <= 20
    for rule in failures:
        assert rule["action"] in ("FailJob", "FailIndex", "Ignore", "Count")
        assert rule["action"] != "FailIndex" or "backoffLimitPerIndex" in spec
        assert ("onExitCodes" in rule) != ("onPodConditions" in rule)
        codes = rule.get("onExitCodes", {"operator": "In", "values": [1]})
        values = codes["values"]
        assert codes["operator"] in ("In", "NotIn")
        assert values == sorted(set(values)) and 0 < len(values) <= 255
        assert codes["operator"] != "In" or 0 not in values
        assert codes.get("containerName", names[0]) in names
    volumes = [v["name"] for v in pod.get("volumes", [])]
    for c in pod["containers"]:
        for m in c.get("volumeMounts", []):
            assert m["name"] in volumes, m


manifest = yaml.safe_load(open(sys.argv[1]))
check(manifest, JOB, "job")
rules(manifest)
