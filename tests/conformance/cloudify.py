"""Drives a simulated Cloudify Manager with the vendor's client, the `cloudify_rest_client` of `cloudify-common`.

Usage: cloudify.py URL-OF-AN-INSTALLATION [URL-OF-ONE-OF-VERSION-4.5 [TRUEUP]]

With TRUEUP, the program takes over what the client made: its export is adopted without a write.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
from urllib.request import Request, urlopen
from urllib.parse import urlsplit

# This file has a package's name: what is installed goes first.
sys.path.append(sys.path.pop(0))
from cloudify_rest_client import CloudifyClient  # noqa: E402
from cloudify_rest_client.exceptions import (
    CloudifyClientError,
    DeploymentEnvironmentCreationInProgressError,
    UserUnauthorizedError,
)  # noqa: E402
from cloudify_rest_client.executions import Execution  # noqa: E402
from tally import Tally  # noqa: E402

BLUEPRINT = """\
tosca_definitions_version: cloudify_dsl_1_3
imports: [cloudify/types/types.yaml]
inputs:
  site: { type: string }
  lan: { default: 10.1.0.0/16 }
node_templates:
  lan: { type: cloudify.nodes.Root }
  router:
    type: cloudify.nodes.Root
    relationships:
      - { type: cloudify.relationships.connected_to, target: lan }
outputs:
  where: { value: { get_input: site } }
capabilities:
  network: { value: { get_input: lan } }
"""

# One version of the language earlier, for managers that do not know 1.3.
OLD_BLUEPRINT = BLUEPRINT.replace("cloudify_dsl_1_3", "cloudify_dsl_1_2").partition("capabilities:")[0]


def client(base, tenant="default_tenant", username="admin", password="admin", **options):
    """A client of the manager at a URL. It appends `/api/v3.1` to host and port; a path goes in with the port."""
    parts = urlsplit(base)
    return CloudifyClient(
        host=parts.hostname,
        port=f"{parts.port}{parts.path.rstrip('/')}",
        protocol=parts.scheme,
        username=username,
        password=password,
        tenant=tenant,
        **options,
    )


def refused(tally, what, call, status, code):
    """The call is refused with this status and this error code."""
    error = tally.raises(what, CloudifyClientError, call)
    if error is not None:
        tally.equal(f"the refusal of {what}", (error.status_code, error.error_code), (status, code))


def wait(manager, execution):
    """Looks at an execution until it ends: the manager's time passes with each look."""
    for _ in range(200):
        execution = manager.executions.get(execution.id)
        if execution.status in Execution.END_STATES:
            return execution
    raise TimeoutError(f"{execution.id} is {execution.status}")


def wait_for(look, condition):
    """Looks until the condition holds."""
    for _ in range(200):
        found = look()
        if condition(found):
            return found
    raise TimeoutError(f"still {found!r}")


def people(tally, manager, base):
    """Tenants, users, groups and who may do what."""
    equal, true = tally.equal, tally.true

    with tally.section("tenants"):
        equal("the new tenant", manager.tenants.create("acme").name, "acme")
        equal("tenants", {one.name for one in manager.tenants.list()}, {"default_tenant", "acme"})
        refused(tally, "a second tenant of that name", lambda: manager.tenants.create("acme"), 409, "conflict_error")
        # Not 404: observed of a real manager.
        refused(tally, "a tenant that is not there", lambda: manager.tenants.get("nobody"), 403, "forbidden_error")

    with tally.section("users"):
        ana = manager.users.create("ana", "not a secret", role="default")
        equal("the new user", (ana.username, ana.role), ("ana", "default"))
        tally.member("users", "ana", [one.username for one in manager.users.list()])
        equal("the active user", manager.users.get("ana").active, True)
        manager.users.deactivate("ana")
        equal("the user put to rest", manager.users.get("ana").active, False)
        manager.users.activate("ana")
        equal("the new role", manager.users.set_role("ana", "sys_admin").role, "sys_admin")
        manager.users.set_role("ana", "default")
        manager.users.set_password("ana", "still not a secret")
        refused(
            tally,
            "a second user of that name",
            lambda: manager.users.create("ana", "not a secret", role="default"),
            409,
            "conflict_error",
        )

    with tally.section("groups and memberships"):
        equal("the new group", manager.user_groups.create("staff", role="default").name, "staff")
        equal("how many are in the group", manager.user_groups.add_user("ana", "staff").users, 1)
        equal("who is in the group", manager.user_groups.get("staff", _get_data=True).users, ["ana"])
        manager.tenants.add_user_group("staff", "acme", "viewer")
        equal("the tenant's groups", manager.tenants.get("acme", _get_data=True).groups, {"staff": "viewer"})
        manager.tenants.add_user("ana", "acme", "user")
        details = manager.users.get("ana", _get_data=True)
        equal("ana's tenants", set(details.tenants), {"acme"})
        manager.tenants.update_user("ana", "acme", "operations")
        manager.tenants.update_user_group("staff", "acme", "user")
        equal(
            "the changed roles",
            {role for role in manager.tenants.get("acme", _get_data=True).groups.values()},
            {"user"},
        )
        as_ana = client(base, "acme", "ana", "still not a secret")
        equal("what ana sees", len(as_ana.deployments.list()), 0)
        refused(tally, "a tenant that ana makes", lambda: as_ana.tenants.create("more"), 403, "forbidden_error")
        tally.raises("a wrong password", UserUnauthorizedError, client(base, "acme", "ana", "wrong").deployments.list)
        refused(
            tally,
            "the deletion of a tenant with members",
            lambda: manager.tenants.delete("acme"),
            409,
            "conflict_error",
        )
        manager.tenants.remove_user("ana", "acme")
        manager.tenants.remove_user_group("staff", "acme")
        manager.user_groups.remove_user("ana", "staff")
        manager.user_groups.delete("staff")
        equal("groups", [one.name for one in manager.user_groups.list()], [])
        manager.users.delete("ana")
        true("ana is still there", "ana" not in [one.username for one in manager.users.list()])
        manager.tenants.delete("acme")
        equal("tenants", [one.name for one in manager.tenants.list()], ["default_tenant"])


def secrets(tally, manager):
    """Secrets."""
    equal = tally.equal

    with tally.section("secrets"):
        manager.secrets.create("login", "not a secret")
        equal("the value", manager.secrets.get("login").value, "not a secret")
        refused(
            tally,
            "a second secret of that name",
            lambda: manager.secrets.create("login", "other"),
            409,
            "conflict_error",
        )
        manager.secrets.create("login", "other", update_if_exists=True)
        equal("the new value", manager.secrets.get("login").value, "other")
        manager.secrets.update("login", "a third")
        equal("the third value", manager.secrets.get("login").value, "a third")
        [listed] = manager.secrets.list()
        equal("the list, which has no values", (listed.key, listed.get("value")), ("login", None))
        manager.secrets.create("hidden", "not a secret", is_hidden_value=True)
        equal("a hidden secret", manager.secrets.get("hidden").is_hidden_value, True)
        equal("its visibility", manager.secrets.set_visibility("hidden", "global")["visibility"], "global")
        for key in ("login", "hidden"):
            manager.secrets.delete(key)
        refused(tally, "a secret that is gone", lambda: manager.secrets.get("login"), 404, "not_found_error")


def upload(manager, folder, text, name, **options):
    """Writes a blueprint and uploads it."""
    path = pathlib.Path(folder) / name
    path.mkdir()
    (path / "blueprint.yaml").write_text(text)
    return manager.blueprints.upload(str(path / "blueprint.yaml"), name, **options)


def topologies(tally, manager):
    """Blueprints, deployments, executions, updates and events of version 7.1."""
    equal, true = tally.equal, tally.true
    folder = tempfile.TemporaryDirectory()

    with tally.section("blueprints"):
        made = upload(manager, folder.name, BLUEPRINT, "router")
        equal("the blueprint", made.id, "router")
        made = wait_for(lambda: manager.blueprints.get("router"), lambda one: one.state == "uploaded")
        equal("its plan's inputs", set(made.plan["inputs"]), {"site", "lan"})
        equal("its main file", made.main_file_name, "blueprint.yaml")
        tally.raises(
            "a second blueprint of that name",
            CloudifyClientError,
            lambda: manager.blueprints.upload(str(pathlib.Path(folder.name) / "router" / "blueprint.yaml"), "router"),
        )
        tally.raises(
            "a blueprint that is none",
            CloudifyClientError,
            lambda: upload(manager, folder.name, "node_templates: 7", "wrong"),
        )
        target = pathlib.Path(folder.name) / "router.tar.gz"
        manager.blueprints.download("router", str(target))
        true("the archive is empty", target.stat().st_size > 0)
        equal("its visibility", manager.blueprints.set_visibility("router", "global")["visibility"], "global")
        equal(
            "its labels",
            manager.blueprints.update("router", {"labels": [{"kind": "branch"}]})["labels"][0]["value"],
            "branch",
        )

    with tally.section("deployments"):
        made = manager.deployments.create(
            "router", "berlin", inputs={"site": "berlin"}, labels=[{"env": "prod"}], display_name="Berlin"
        )
        equal("the deployment", (made.id, made.blueprint_id, made.inputs["site"]), ("berlin", "router", "berlin"))
        whole = wait_for(
            lambda: manager.deployments.get("berlin"), lambda one: one.latest_execution_status == "completed"
        )
        equal("its inputs", whole.inputs, {"site": "berlin", "lan": "10.1.0.0/16"})
        equal("its label", [(one["key"], one["value"]) for one in whole.labels], [("env", "prod")])
        equal("whether it is installed", whole.installation_status, "inactive")
        equal("its outputs", manager.deployments.outputs.get("berlin").outputs, {"where": "berlin"})
        equal(
            "its capabilities", manager.deployments.capabilities.get("berlin").capabilities, {"network": "10.1.0.0/16"}
        )
        tally.member("its workflows", "install", [one["name"] for one in whole.workflows])
        # Not `filter_rules`: the client sends them to `searches/deployments`, which neither reference text has.
        equal("a list by blueprint", [one.id for one in manager.deployments.list(blueprint_id="router")], ["berlin"])
        equal("a list by another", [one.id for one in manager.deployments.list(blueprint_id="other")], [])
        refused(
            tally,
            "a deployment without an input",
            lambda: manager.deployments.create("router", "nowhere"),
            400,
            "missing_required_deployment_input_error",
        )
        refused(
            tally,
            "a deployment with a wrong input",
            lambda: manager.deployments.create("router", "nowhere", inputs={"site": "x", "colour": "red"}),
            400,
            "unknown_deployment_input_error",
        )
        refused(
            tally,
            "a second deployment of that name",
            lambda: manager.deployments.create("router", "berlin", inputs={"site": "x"}),
            409,
            "conflict_error",
        )
        equal(
            "new labels",
            [
                (one["key"], one["value"])
                for one in manager.deployments.update_labels("berlin", [{"env": "test"}]).labels
            ],
            [("env", "test")],
        )
        manager.sites.create("europe", location="52.5,13.4")
        equal("its site", manager.deployments.set_site("berlin", site_name="europe")["site_name"], "europe")

    with tally.section("nodes"):
        nodes = manager.nodes.list(deployment_id="berlin")
        equal("nodes", {one.id for one in nodes}, {"lan", "router"})
        [relationship] = manager.nodes.get("berlin", "router").relationships
        equal("where the router leads", relationship["target_id"], "lan")
        equal(
            "instances", {one.state for one in manager.node_instances.list(deployment_id="berlin")}, {"uninitialized"}
        )

    with tally.section("executions"):
        install = manager.executions.start("berlin", "install")
        equal("the execution", (install.workflow_id, install.deployment_id), ("install", "berlin"))
        tally.member("its first state", install.status, (Execution.PENDING, Execution.QUEUED, Execution.STARTED))
        ended = wait(manager, install)
        equal("its end", (ended.status, ended.error or ""), (Execution.TERMINATED, ""))
        equal("instances", {one.state for one in manager.node_instances.list(deployment_id="berlin")}, {"started"})
        equal("whether it is installed", manager.deployments.get("berlin").installation_status, "active")
        again = manager.executions.start(
            "berlin", "execute_operation", parameters={"operation": "cloudify.interfaces.lifecycle.check_drift"}
        )
        cancelled = manager.executions.cancel(again.id)
        tally.member("a cancelled execution", cancelled.status, (Execution.CANCELLING, Execution.CANCELLED))
        equal("its end", wait(manager, again).status, Execution.CANCELLED)
        refused(
            tally,
            "a workflow that is not there",
            lambda: manager.executions.start("berlin", "dance"),
            400,
            "nonexistent_workflow_error",
        )
        refused(
            tally, "an execution that is not there", lambda: manager.executions.get("nothing"), 404, "not_found_error"
        )
        listed = manager.executions.list(deployment_id="berlin", workflow_id="install")
        equal("executions", [one.id for one in listed], [install.id])

    with tally.section("events"):
        events, total = manager.events.get(install.id, include_logs=True)
        true("there are no events", total == len(events) > 0)
        tally.member("an event", "workflow_succeeded", [one.get("event_type") for one in events])
        page = manager.events.list(execution_id=install.id, _size=2, _offset=0, sort="timestamp")
        equal("a page of events", (len(page), page.metadata.pagination.size), (2, 2))
        equal(
            "how many there are",
            page.metadata.pagination.total,
            manager.events.list(execution_id=install.id).metadata.pagination.total,
        )

    with tally.section("deployment updates"):
        preview = manager.deployment_updates.update_with_existing_blueprint(
            "berlin", inputs={"lan": "10.9.0.0/16"}, preview=True
        )
        equal("a preview's deployment", preview.deployment_id, "berlin")
        equal("the input that a preview leaves", manager.deployments.get("berlin").inputs["lan"], "10.1.0.0/16")
        update = manager.deployment_updates.update_with_existing_blueprint("berlin", inputs={"lan": "10.9.0.0/16"})
        done = wait_for(
            lambda: manager.deployment_updates.get(update.id), lambda one: one.state in ("successful", "failed")
        )
        equal("the update's end", done.state, "successful")
        equal("the new input", manager.deployments.get("berlin").inputs, {"site": "berlin", "lan": "10.9.0.0/16"})
        equal(
            "the new capability",
            manager.deployments.capabilities.get("berlin").capabilities,
            {"network": "10.9.0.0/16"},
        )
        # A preview is recorded as well: observed of a real manager.
        equal(
            "updates",
            {one.id for one in manager.deployment_updates.list(deployment_id="berlin")},
            {preview.id, update.id},
        )

    with tally.section("the end of deployments"):
        refused(
            tally,
            "the deletion of what is installed",
            lambda: manager.deployments.delete("berlin"),
            400,
            "dependent_exists_error",
        )
        refused(
            tally,
            "the deletion of a blueprint in use",
            lambda: manager.blueprints.delete("router"),
            400,
            "dependent_exists_error",
        )
        equal(
            "the uninstallation",
            wait(manager, manager.executions.start("berlin", "uninstall")).status,
            Execution.TERMINATED,
        )
        manager.deployments.delete("berlin")
        wait_for(manager.deployments.list, lambda found: len(found) == 0)
        manager.blueprints.delete("router")
        equal("blueprints", [one.id for one in manager.blueprints.list() if one.id == "router"], [])
        manager.sites.delete("europe")
        equal("sites", list(manager.sites.list()), [])


def kept(tally, manager):
    """What stands beside deployments: sites, groups of them, filters, schedules."""
    equal = tally.equal
    folder = tempfile.TemporaryDirectory()
    rule = {"key": "Env", "values": ["dev"], "operator": "any_of", "type": "label"}

    with tally.section("sites"):
        equal("the new site", manager.sites.create("fra", location="50.1,8.68").location, "50.1, 8.68")
        manager.sites.update("fra", location="50.11, 8.7")
        equal("sites", [(one.name, one.location) for one in manager.sites.list()], [("fra", "50.11, 8.7")])
        refused(tally, "a second site of that name", lambda: manager.sites.create("fra"), 409, "conflict_error")
        refused(
            tally,
            "a place that is none",
            lambda: manager.sites.create("nowhere", location="91,0"),
            400,
            "bad_parameters_error",
        )

    with tally.section("groups of deployments"):
        upload(manager, folder.name, BLUEPRINT, "kept")
        made = manager.deployments.create("kept", "kept", inputs={"site": "fra"}, site_name="fra")
        equal("its site", made.site_name, "fra")
        group = manager.deployment_groups.put("edge", description="At the edge", deployment_ids=["kept"])
        equal("its deployments", group.deployment_ids, ["kept"])
        manager.deployment_groups.put("edge", labels=[{"ring": "first"}])
        labels = [(one["key"], one["value"]) for one in manager.deployments.get("kept").labels]
        equal("the labels that it gave", labels, [("ring", "first")])

    with tally.section("filters"):
        for filters in (manager.blueprints_filters, manager.deployments_filters):
            equal("the rule", filters.create("ours", [rule]).value, [{**rule, "key": "env"}])
            own = [one.id for one in filters.list() if not one["is_system_filter"]]
            equal("filters", own, ["ours"])
            refused(
                tally, "a reserved name", lambda: filters.create("csys-ours", [rule]), 400, "bad_parameters_error"
            )

    with tally.section("schedules"):
        schedules = manager.execution_schedules
        made = schedules.create("nightly", "kept", "heal", since="2030-01-01 06:00:00", recurrence="1 day", count=3)
        equal("its rule", made["rule"], {"recurrence": "1 day", "count": 3, "weekdays": None})
        equal("its beginning", made["since"], "2030-01-01T06:00:00.000Z")
        equal("put to rest", schedules.update("nightly", "kept", enabled=False)["enabled"], False)
        equal("schedules", [(one.id, one["deployment_id"]) for one in schedules.list()], [("nightly", "kept")])


def taken_over(tally, url, trueup):
    """What the client made, exported: its files own it without a write, and find nothing to do."""
    parts = urlsplit(url)
    log = f"{parts.scheme}://{parts.netloc}/_sim/requests"

    def requests(method="GET"):
        with urlopen(Request(log, method=method)) as answer:
            return json.load(answer)

    with tally.section("Trueup takes it over"), tempfile.TemporaryDirectory() as folder:
        target = {"at": f"{url}/api/v3.1", "credentials": {"username": "admin", "password": "${secret.password}"}}
        workspace = {
            "workspace": "conformance",
            "secrets": {"password": {"env": "CFY_PASSWORD"}},
            "cloudify": {"cfy": target},
        }
        pathlib.Path(folder, "trueup.yaml").write_text(json.dumps(workspace))
        environment = {**os.environ, "CFY_PASSWORD": "admin"}

        def run(*arguments, within=folder):
            ran = subprocess.run([trueup, *arguments], cwd=within, env=environment, capture_output=True, text=True)
            tally.equal(f"trueup {arguments[0]}\n{ran.stdout}\n{ran.stderr}\n", ran.returncode, 0)

        requests("DELETE")
        run("export", "cfy", "--out", "exported")
        exported = pathlib.Path(folder, "exported")
        text = (exported / "cfy.yaml").read_text()
        for name in ("fra", "edge", "ours", "nightly", "kept"):
            tally.true(f"`{name}` is not exported", f" {name}:" in text)
        run("plan", within=exported)
        run("adopt", "--all", within=exported)
        run("plan", "--exit-code", within=exported)
        tally.equal("what was written", [one for one in requests() if one["method"] != "GET"], [])


def status(tally, manager, base, version):
    """What the manager tells of itself."""
    equal, true = tally.equal, tally.true
    with tally.section(f"version {version}"):
        true("the version is another", manager.manager.get_version()["version"].startswith(version))
    with tally.section("status and tokens"):
        equal("the status", manager.manager.get_status()["status"], "OK")
        token = manager.tokens.create()
        true("the token is empty", bool(token.value))
        by_token = client(base, username=None, password=None, token=token.value)
        equal("who the token's bearer is", by_token.users.get_self().username, "admin")
        equal("maintenance", manager.maintenance_mode.status().status, "deactivated")


def old(tally, manager):
    """Version 4.5, as far as the client can: it was written for later managers and expects their answers."""
    equal, true = tally.equal, tally.true
    folder = tempfile.TemporaryDirectory()

    with tally.section("blueprints and deployments of version 4.5"):
        # It parses at once, in the answer, and has no states.
        made = upload(manager, folder.name, OLD_BLUEPRINT, "router", legacy=True)
        equal("the blueprint", made.id, "router")
        made = manager.deployments.create("router", "berlin", inputs={"site": "berlin"})
        equal("the deployment", (made.id, made.inputs["site"]), ("berlin", "berlin"))

        def install():
            try:
                return manager.executions.start("berlin", "install")
            except DeploymentEnvironmentCreationInProgressError:
                return None

        equal("the installation", wait(manager, wait_for(install, bool)).status, Execution.TERMINATED)
        equal("its outputs", manager.deployments.outputs.get("berlin").outputs, {"where": "berlin"})
        equal("instances", {one.state for one in manager.node_instances.list(deployment_id="berlin")}, {"started"})
        equal(
            "the uninstallation",
            wait(manager, manager.executions.start("berlin", "uninstall")).status,
            Execution.TERMINATED,
        )

        manager.deployments.delete("berlin")
        equal("deployments", list(manager.deployments.list()), [])
        manager.blueprints.delete("router")
        equal("blueprints", list(manager.blueprints.list()), [])


def main(url, old_url=None, trueup=None):
    tally = Tally()
    manager = client(url)
    status(tally, manager, url, "7.1")
    people(tally, manager, url)
    secrets(tally, manager)
    topologies(tally, manager)
    kept(tally, manager)
    if trueup:
        taken_over(tally, url, trueup)
    if old_url:
        manager = client(old_url)
        with tally.section("the old version"):
            tally.true("the version is another", manager.manager.get_version()["version"].startswith("4.5"))
        people(tally, manager, old_url)
        secrets(tally, manager)
        old(tally, manager)
    tally.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
