"""Drives the API with Debian's client for Python: every manifest, typed clients, patches, a watch, refusals.

Called with the kubeconfig and the manifests as JSON; prints what it found wrong, a line each, and `done` at the end.
"""

import json
import sys

from kubernetes import client, config, dynamic, watch
from kubernetes.client.rest import ApiException

NAMESPACE = "python-client"
wrong = []


def check(description, condition):
    if not condition:
        wrong.append(description)


def every_kind(api, manifests):
    """Create, get, list, patch, replace and delete of every kind, by the dynamic client (which reads discovery)."""
    for manifest in manifests:
        name = manifest["metadata"]["name"]
        shown = f"{manifest['kind']}/{name}"
        try:
            kind = api.resources.get(api_version=manifest["apiVersion"], kind=manifest["kind"])
            place = {"namespace": "default"} if kind.namespaced else {}
            made = kind.create(body=manifest, **place)
            check(f"{shown} has a uid", made.metadata.uid)
            patch = {"metadata": {"labels": {"patched": "yes"}}}
            kind.patch(name=name, body=patch, content_type="application/merge-patch+json", **place)
            listed = kind.get(label_selector="patched=yes", **place)
            check(f"{shown} is listed", name in [item.metadata.name for item in listed.items])
            present = kind.get(name=name, **place).to_dict()
            kind.replace(body=present, name=name, **place)
            kind.delete(name=name, body={}, **place)
        except ApiException as problem:
            wrong.append(f"{shown}: {problem.status} {problem.body}")
        except Exception as problem:  # whatever a client makes of an answer is of interest
            wrong.append(f"{shown}: {problem!r}")


def typed(core):
    body = {"metadata": {"name": "typed", "labels": {"app": "typed"}}, "data": {"a": "1"}}
    core.create_namespaced_config_map(NAMESPACE, body)
    patched = core.patch_namespaced_config_map("typed", NAMESPACE, {"data": {"b": "2"}})
    check("a patch adds to data", patched.data == {"a": "1", "b": "2"})
    operations = [{"op": "remove", "path": "/data/a"}]
    patched = core.patch_namespaced_config_map("typed", NAMESPACE, operations)
    check("a list is taken for a JSON patch", patched.data == {"b": "2"})
    patched.data = {"c": "3"}
    replaced = core.replace_namespaced_config_map("typed", NAMESPACE, patched)
    check("an object that was read is written", replaced.data == {"c": "3"})
    try:
        core.read_namespaced_config_map("nothing", NAMESPACE)
        wrong.append("what is not there is read")
    except ApiException as problem:
        check("NotFound", problem.status == 404 and json.loads(problem.body)["reason"] == "NotFound")
    apps = client.AppsV1Api()
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "a"}}, "template": template}
    apps.create_namespaced_deployment(NAMESPACE, {"metadata": {"name": "typed"}, "spec": spec})
    apps.patch_namespaced_deployment_scale("typed", NAMESPACE, {"spec": {"replicas": 4}})
    check("scale", apps.read_namespaced_deployment_scale("typed", NAMESPACE).spec.replicas == 4)
    status = apps.patch_namespaced_deployment_status("typed", NAMESPACE, {"status": {"replicas": 4}})
    check("status", status.status.replicas == 4)
    pages, rest = [], None
    for name in ("p1", "p2", "p3"):
        core.create_namespaced_secret(NAMESPACE, {"metadata": {"name": name}})
    while rest != "":
        page = core.list_namespaced_secret(NAMESPACE, limit=2, _continue=rest or None)
        pages += [item.metadata.name for item in page.items]
        rest = page.metadata._continue or ""
    check("pages", pages == ["p1", "p2", "p3"])


def watched(core):
    since = core.list_namespaced_pod(NAMESPACE).metadata.resource_version
    pod = {"metadata": {"name": "seen"}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    core.create_namespaced_pod(NAMESPACE, pod)
    core.patch_namespaced_pod("seen", NAMESPACE, {"metadata": {"labels": {"a": "b"}}})
    core.delete_namespaced_pod("seen", NAMESPACE, grace_period_seconds=0)
    stream = watch.Watch().stream(core.list_namespaced_pod, NAMESPACE, resource_version=since, timeout_seconds=3)
    kinds = [event["type"] for event in stream]
    check(f"a watch sees each change once: {kinds}", kinds == ["ADDED", "MODIFIED", "DELETED"])


def main(kubeconfig, manifests):
    config.load_kube_config(kubeconfig)
    core = client.CoreV1Api()
    core.create_namespace({"metadata": {"name": NAMESPACE}})
    check("version", "shiplog" in client.VersionApi().get_code().git_version)
    with open(manifests, encoding="utf-8") as file:
        every_kind(dynamic.DynamicClient(client.ApiClient()), json.load(file))
    typed(core)
    watched(core)
    print("\n".join([*wrong, "done"]))


main(*sys.argv[1:])
