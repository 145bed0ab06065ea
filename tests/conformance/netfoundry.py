"""Drives the simulated NetFoundry platform with the vendor's client, `netfoundry`.

Usage: netfoundry.py URL-OF-THE-INSTALLATION
"""

import os
import sys
import tempfile
import time
from urllib.parse import urlsplit

# The client reads all of this when it is imported: a cache of its own, and the credentials of an API account.
_home = tempfile.TemporaryDirectory()
os.environ.update(
    XDG_CACHE_HOME=_home.name,
    XDG_CONFIG_HOME=_home.name,
    NETFOUNDRY_CLIENT_ID="conformance",
    NETFOUNDRY_PASSWORD="not a secret",
    NETFOUNDRY_OAUTH_URL="https://netfoundry-production-simulated.auth.us-east-1.amazoncognito.com/oauth2/token",
)
# This file has the package's name: what is installed goes first.
sys.path.append(sys.path.pop(0))
from netfoundry import utility  # noqa: E402
from netfoundry.exceptions import NetworkBoundaryViolation  # noqa: E402
from netfoundry.network import Network, Networks  # noqa: E402
from netfoundry.network_group import NetworkGroup  # noqa: E402
from netfoundry.organization import Organization  # noqa: E402
from requests.adapters import HTTPAdapter  # noqa: E402
from requests.exceptions import HTTPError  # noqa: E402
from tally import Tally  # noqa: E402

GATEWAY = "https://gateway.production.netfoundry.io"


class ToSimulator(HTTPAdapter):
    """Sends what the client addresses to the vendor's hosts to the simulator, and gives links back as the vendor's.

    The client builds its host name from the token's issuer, and takes a link apart by counting its slashes: it can
    reach only a platform at the root of that host.
    """

    def __init__(self, base):
        self.base = base.rstrip("/")
        super().__init__(max_retries=utility.RETRY_STRATEGY)

    def send(self, request, **options):
        asked, parts = request.url, urlsplit(request.url)
        # The client sends its audience with a trailing slash and some paths with a leading one.
        path = "/" + parts.path.lstrip("/")
        request.url = self.base + path + (f"?{parts.query}" if parts.query else "")
        response = super().send(request, **options)
        response._content = response.content.replace(self.base.encode(), GATEWAY.encode())
        response.url = request.url = asked
        return response


def redirect(base):
    """Sends both of the client's sessions to the simulator."""
    # The client waits seconds between looks; the simulator's time passes with each look instead.
    time.sleep = lambda seconds: None
    for session in (utility.http, utility.http_cache):
        session.mount("https://", ToSimulator(base))


def forget():
    """Undoes what the client remembers between calls without being asked to.

    Filters, headers and providers gather in default arguments (`params: dict = dict()`): a list by name would go on
    filtering by that name, and one `as=create` would turn every later read into a create form. And most lists are
    served from a cache of 33 seconds.
    """
    utility.http_cache.cache.clear()
    functions = [value for value in vars(utility).values() if callable(value)]
    for owner in (Network, Networks, NetworkGroup, Organization):
        functions.extend(value for value in vars(owner).values() if callable(value))
    for function in functions:
        for default in getattr(function, "__defaults__", None) or ():
            if isinstance(default, dict) or (isinstance(default, list) and "provider" in function.__code__.co_varnames):
                default.clear()


def make_network(group, name):
    """Creates a network and waits until it is provisioned.

    By its status: the execution of a network's creation may never become readable, and the client does not live to use
    the detour that it has for that.
    """
    created = group.create_network(name=name, location="us-east-1", provider="AWS", size="small", wait=0)
    forget()
    Network(group, network_id=created["id"]).wait_for_status("PROVISIONED")
    forget()
    return created


def main(base):
    redirect(base)
    tally = Tally()
    equal, true = tally.equal, tally.true

    with tally.section("session"):
        account = Organization(expiry_minimum=0)
        equal("the audience", account.audience, GATEWAY + "/")
        equal("the caller's type", account.caller["type"], "ApiAccountIdentity")
        equal("the caller's organization", account.caller["organizationId"], account.id)
        equal("the organization", account.get_organization(account.id)["label"], account.label)
        forget()
        true("no organization is listed", [one["id"] for one in account.find_organizations()] == [account.id])
        equal("the session's lifetime", account.expiry_seconds, 3600)
        forget()
        identities = account.find_identities(type="api-account-identities")
        tally.member("the identities", account.caller["id"], [one["id"] for one in identities])
        forget()
        roles = account.find_roles()
        true("there are no roles", len(roles) > 0)
        equal("a role by id", account.get_role(roles[0]["id"])["id"], roles[0]["id"])

    forget()
    group = NetworkGroup(account)

    with tally.section("network groups and catalogues"):
        equal("the group", group.describe["id"], group.id)
        true("the group has another short name", group.name == group.describe["shortName"].lower())
        versions = group.find_network_versions()
        true("an inactive version is listed as active", all(version["active"] for version in versions))
        forget()
        regions = Networks(group)
        equal("one region", [one["locationCode"] for one in regions.find_regions(provider="AWS", location_code="us-east-2")], ["us-east-2"])
        forget()
        # The client asks for `providers`, the API knows `provider` and ignores what it does not know.
        clouds = {one["provider"] for one in regions.find_regions(providers=["AWS", "OCI"])}
        true("regions of two clouds are missing", clouds > {"AWS", "OCI"})

    with tally.section("networks"):
        forget()
        created = make_network(group, "Conformance")
        equal("the new network's name", created["name"], "Conformance")
        equal("the new network's group", created["networkGroupId"], group.id)
        forget()
        group = NetworkGroup(account)
        true("the network does not exist for the group", group.network_exists("conformance"))
        forget()
        true("the network does not exist for the organization", account.network_exists("Conformance"))
        equal("its id by name", group.network_id_by_normal_name("CONFORMANCE"), created["id"])
        forget()
        by_name = Network(group, network_name="Conformance")
        equal("the network by name", by_name.id, created["id"])
        equal("its status", by_name.status, "PROVISIONED")
        equal("its size", by_name.size, "small")
        true("the network has no controller", by_name.network_controller is not None)
        true("it has no owner", by_name.owner_identity_id is not None)
        true("the wait for its status is not over", by_name.wait_for_status("PROVISIONED"))
        tally.raises("a second network of that name", HTTPError, lambda: make_network(group, "conformance"))

    forget()
    network = Network(group, network_id=created["id"])

    def listed(kind, **filters):
        forget()
        return network.find_resources(type=kind, params={}, use_cache=False, **filters)

    def read(kind, id, **how):
        forget()
        return network.get_resource_by_id(type=kind, id=id, use_cache=False, **how)

    def patched(kind, id, patch):
        forget()
        network.patch_resource(patch, type=kind, id=id, wait=30)
        # The platform shows a change a moment after it was taken: the sheet's "eventual consistency".
        read(kind, id)
        return read(kind, id)

    def gone(kind, id):
        """Deletes, and looks until it is gone: the platform answers with an empty body, and the client can't wait."""
        forget()
        network.delete_resource(type=kind, id=id, wait=60)
        return any(id not in [one["id"] for one in listed(kind)] for _ in range(20))

    with tally.section("edge routers"):
        forget()
        hosted = network.create_edge_router("hosted", attributes=["#hosted"], provider="AWS", location_code="us-east-2")
        forget()
        branch = network.create_edge_router("branch", attributes=["#branch"], tunneler_enabled=True)
        equal("both are listed", {one["name"] for one in listed("edge-routers")}, {"hosted", "branch"})
        equal("one is found by name", [one["id"] for one in listed("edge-routers", name="Branch")], [branch["id"]])
        forget()
        equal("hosted ones", [one["name"] for one in network.edge_routers(only_hosted=True)], ["hosted"])
        forget()
        equal("the customer's", [one["name"] for one in network.edge_routers(only_customer=True)], ["branch"])
        whole = read("edge-router", hosted["id"])
        equal("its listener", whole["linkListener"], True)
        equal("its embedded host", whole["_embedded"]["host"]["provider"] if "_embedded" in whole else whole["host"]["provider"], "AWS")
        after = patched("edge-router", branch["id"], {"attributes": ["#branch", "#spare"], "tunnelerEnabled": False})
        equal("changed attributes", set(after["attributes"]), {"#branch", "#spare"})
        equal("the changed switch", after["tunnelerEnabled"], False)
        forget()
        unchanged = network.patch_resource({"tunnelerEnabled": False}, type="edge-router", id=branch["id"])
        equal("a patch of nothing", unchanged["id"], branch["id"])
        key = network.rotate_edge_router_registration(branch["id"])
        true("the registration key is empty", bool(key["registrationKey"]) and bool(key["expiresAt"]))

    with tally.section("endpoints"):
        forget()
        laptop = network.create_endpoint("laptop", attributes=["#staff"])
        true("the endpoint has no enrolment token", laptop["jwt"].count(".") == 2)
        forget()
        exit_ = network.create_endpoint("exit", attributes=["#exits"])
        # The router with a tunneler has an endpoint of its own.
        true("both are listed", {"laptop", "exit"} <= {one["name"] for one in listed("endpoints")})
        forget()
        true("the endpoint does not exist", network.endpoint_exists("LAPTOP"))
        forget()
        true("an endpoint exists that was never made", not network.endpoint_exists("nobody"))
        after = patched("endpoint", laptop["id"], {"name": "laptop-ana", "attributes": ["#staff", "#admins"]})
        equal("the new name", after["name"], "laptop-ana")
        equal("the new attributes", set(after["attributes"]), {"#staff", "#admins"})
        forget()
        form = network.find_resources(type="endpoints", params={}, accept="create", name="exit", use_cache=False)
        equal("the create form in a list", form[0]["enrollmentMethod"]["ott"], True)
        true("the create form shows an id", "id" not in form[0])
        # The client looks for `networkId` in what it asked to be without ids, and so refuses every create form by id.
        refused = tally.raises("a create form by id", KeyError, lambda: read("endpoint", exit_["id"], accept="create"))
        equal("what the client misses", refused.args, ("networkId",))
        forget()
        form, _ = utility.get_generic_resource_by_url(
            setup=network, url=f"{network.audience}core/v2/endpoints/{exit_['id']}", headers={}, accept="create", use_cache=False)
        equal("the create form by id", (form["name"], form["attributes"]), ("exit", ["#exits"]))
        forget()
        network.share_endpoint("ana@acme.example", laptop["id"])
        tally.passed += 1
        error = tally.raises("a second endpoint of that name", HTTPError, lambda: network.create_endpoint("exit"))
        true("the refusal has no status", error is not None and 400 <= error.response.status_code < 500)

    with tally.section("edge-router policies"):
        forget()
        policy = network.create_edge_router_policy("everybody", endpoint_attributes=["#all"], edge_router_attributes=["#hosted"])
        equal("the policy's routers", read("edge-router-policy", policy["id"])["edgeRouterAttributes"], ["#hosted"])
        after = patched("edge-router-policy", policy["id"], {"edgeRouterAttributes": ["@branch"]})
        equal("the changed routers", after["edgeRouterAttributes"], ["@branch"])

    with tally.section("services"):
        forget()
        simple = network.create_service_simple("git", "git.acme.internal", 443, server_host_name="10.20.0.15",
                                               server_port=8443, attributes=["#apps"], endpoints=["@exit"])
        whole = read("service", simple["id"])
        equal("the model of a service at an endpoint", whole["modelType"], "TunnelerToEndpoint")
        equal("where it enters", whole["model"]["clientIngress"], {"host": "git.acme.internal", "port": 443})
        equal("where it binds", whole["model"]["bindEndpointAttributes"], ["@exit"])
        forget()
        routed = network.create_service_simple("erp", "erp.acme.internal", 80, server_host_name="10.20.0.10",
                                               server_port=8080, attributes=["#apps"], egress_router_id="branch")
        whole = read("service", routed["id"])
        equal("the model of a service at a router", whole["modelType"], "TunnelerToEdgeRouter")
        equal("the router", whole["model"]["edgeRouterHosts"][0]["edgeRouterId"], branch["id"])
        forget()
        advanced = network.create_service_advanced("db", endpoints=["#exits"], client_hosts=["db.acme.internal"],
                                                   client_ports=["5432", "5500:5510"], attributes=["#apps"])
        equal("the ports of an advanced service", read("service", advanced["id"])["model"]["clientIngress"]["ports"],
              [{"low": 5432, "high": 5432}, {"low": 5500, "high": 5510}])
        forget()
        raw = network.create_service_with_configs(
            "raw", {"addresses": ["raw.acme.internal"], "portRanges": [{"low": 1, "high": 2}], "protocols": ["tcp"]},
            {"protocol": "tcp", "address": "10.20.0.20", "port": 1}, attributes=["#apps"])
        tally.member("a config of the raw service", "raw-config-intercept.v1", [one["name"] for one in listed("configs")])
        true("all are listed", {"git", "erp", "db", "raw"} <= {one["name"] for one in listed("services")})
        after = patched("service", simple["id"], {"attributes": ["#apps", "#code"]})
        equal("the service's new attributes", set(after["attributes"]), {"#apps", "#code"})
        model = {**read("service", simple["id"])["model"], "clientIngress": {"host": "git2.acme.internal", "port": 443}}
        after = patched("service", simple["id"], {"model": model})
        equal("the service's new model", after["model"]["clientIngress"]["host"], "git2.acme.internal")

    with tally.section("service policies and service edge-router policies"):
        forget()
        bind = network.create_service_policy("bind-raw", services=["@raw"], endpoints=["#exits"], type="Bind")
        whole = read("service-policy", bind["id"])
        equal("what binds", (whole["type"], whole["semantic"], whole["serviceAttributes"], whole["endpointAttributes"]),
              ("Bind", "AnyOf", ["@raw"], ["#exits"]))
        forget()
        route = network.create_service_edge_router_policy("raw-everywhere", services=["@raw"], edge_routers=["#all"])
        equal("what routes", read("service-edge-router-policy", route["id"])["edgeRouterAttributes"], ["#all"])
        after = patched("service-policy", bind["id"], {"endpointAttributes": ["@exit", "#exits"]})
        equal("what binds now", set(after["endpointAttributes"]), {"@exit", "#exits"})

    with tally.section("AppWANs"):
        forget()
        wan = network.create_app_wan("staff-apps", endpoint_attributes=["#staff"], service_attributes=["#apps", "@raw"])
        equal("the AppWAN's services", set(read("app-wan", wan["id"])["serviceAttributes"]), {"#apps", "@raw"})
        tally.raises("an AppWAN with a role that says neither # nor @", RuntimeError,
                     lambda: network.create_app_wan("wrong", endpoint_attributes=["staff"]))
        tally.raises("an AppWAN for an endpoint that is not there", HTTPError,
                     lambda: network.create_app_wan("wrong", endpoint_attributes=["@nobody"], service_attributes=["#apps"]))
        after = patched("app-wan", wan["id"], {"endpointAttributes": ["#staff", "#admins"]})
        equal("the AppWAN's new endpoints", set(after["endpointAttributes"]), {"#staff", "#admins"})
        tally.member("a dial policy", "staff-apps", [one["name"] for one in listed("service-policies")])

    with tally.section("transparent services"):
        forget()
        made = network.create_service_transparent("vlan", client_hosts=["10.30.0.0/16"], client_ports=[22], transparent_hosts=["10.31.0.0/16"], endpoints=["@exit"])
        equal("its policy", made["service_policy"]["name"], "vlan-BindServicePolicy")
        forget()
        ended = network.delete_service_transparent("vlan")
        equal("what was deleted of it", ended, {"service": True, "service_policy": True, "service_edge_router_policy": True})

    with tally.section("other people's networks"):
        forget()
        second = make_network(group, "Other")
        other = Network(group, network_id=second["id"])
        forget()
        equal("what the other network holds", other.find_resources(type="endpoints", params={}, use_cache=False), [])
        forget()
        tally.raises("another network's endpoint", NetworkBoundaryViolation,
                     lambda: other.get_resource_by_id(type="endpoint", id=exit_["id"], use_cache=False))
        forget()
        group = NetworkGroup(account)
        equal("the deleted network", group.delete_network(network_name="Other")["id"], second["id"])

    with tally.section("deletion"):
        for kind, one in [("app-wan", wan), ("service-policy", bind), ("service-edge-router-policy", route), ("service", raw),
                          ("service", advanced), ("service", routed), ("service", simple), ("edge-router-policy", policy),
                          ("endpoint", laptop), ("endpoint", exit_), ("edge-router", branch), ("edge-router", hosted)]:
            true(f"the {kind} is still listed", gone(kind, one["id"]))
        forget()
        kept = network.find_resources(type="endpoints", params={}, deleted=True, use_cache=False)
        tally.member("what is listed as deleted", exit_["id"], [one["id"] for one in kept])
        true("what is gone has no end", read("endpoint", exit_["id"])["deletedAt"] is not None)
        forget()
        true("the network's deletion is not over", network.delete_network(wait=0) is None)

        def networks():
            forget()
            return [one["name"] for one in account.find_networks_by_organization()]

        true("the network is still listed", any("Conformance" not in networks() for _ in range(40)))

    tally.finish()


if __name__ == "__main__":
    main(sys.argv[1])
