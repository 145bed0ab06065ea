"""Drives the simulated NetFoundry platform with the vendor's client, `netfoundry`.

Usage: netfoundry.py URL-OF-THE-INSTALLATION TRUEUP
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

# The client reads all of this when it is imported: a cache of its own, and the credentials of an API account.
_home = tempfile.TemporaryDirectory()
_place = os.environ.get("CONFORMANCE_HOME", _home.name)
os.environ.update(
    XDG_CACHE_HOME=_place,
    XDG_CONFIG_HOME=_place,
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
from takeover import take_over  # noqa: E402
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


class Fresh:
    """An object of the client's that has forgotten everything before each of its calls."""

    def __init__(self, remembering):
        self._remembering = remembering

    def __getattr__(self, name):
        forget()
        return getattr(self._remembering, name)


class Script:
    """What is done with the platform, in order; what one part makes, a later one uses."""

    def __init__(self, base, trueup):
        self.base, self.trueup = base.rstrip("/"), trueup
        self.tally = Tally()
        self.equal, self.true = self.tally.equal, self.tally.true

    def fresh_group(self):
        """The account's group, which reads its networks when it is made."""
        return Fresh(NetworkGroup(self.account))

    def make_network(self, name):
        """Creates a network and waits until it is provisioned.

        By its status: the execution of a network's creation may never become readable, and the client does not live to
        use the detour that it has for that.
        """
        created = self.group.create_network(name=name, location="us-east-1", provider="AWS", size="small", wait=0)
        Fresh(Network(self.group, network_id=created["id"])).wait_for_status("PROVISIONED")
        return created

    def listed(self, kind, **filters):
        return self.network.find_resources(type=kind, params={}, use_cache=False, **filters)

    def read(self, kind, id, **how):
        return self.network.get_resource_by_id(type=kind, id=id, use_cache=False, **how)

    def patched(self, kind, id, patch):
        """Patches and reads; the platform shows a change a moment after it was taken, so it is read twice."""
        self.network.patch_resource(patch, type=kind, id=id, wait=30)
        self.read(kind, id)
        return self.read(kind, id)

    def gone(self, kind, id):
        """Deletes, and looks until it is gone: the platform answers with an empty body, and the client can't wait."""
        self.network.delete_resource(type=kind, id=id, wait=60)
        return any(id not in [one["id"] for one in self.listed(kind)] for _ in range(20))

    def session(self):
        with self.tally.section("session"):
            self.account = Fresh(Organization(expiry_minimum=0))
            self.equal("the audience", self.account.audience, GATEWAY + "/")
            self.equal("the caller's type", self.account.caller["type"], "ApiAccountIdentity")
            self.equal("the caller's organization", self.account.caller["organizationId"], self.account.id)
            self.equal("the organization", self.account.get_organization(self.account.id)["label"], self.account.label)
            self.true(
                "no organization is listed",
                [one["id"] for one in self.account.find_organizations()] == [self.account.id],
            )
            self.equal("the session's lifetime", self.account.expiry_seconds, 3600)
            identities = self.account.find_identities(type="api-account-identities")
            self.tally.member("the identities", self.account.caller["id"], [one["id"] for one in identities])
            roles = self.account.find_roles()
            self.true("there are no roles", len(roles) > 0)
            self.equal("a role by id", self.account.get_role(roles[0]["id"])["id"], roles[0]["id"])
            self.group = self.fresh_group()

    def catalogues(self):
        with self.tally.section("network groups and catalogues"):
            self.equal("the group", self.group.describe["id"], self.group.id)
            self.true("the group has another short name", self.group.name == self.group.describe["shortName"].lower())
            versions = self.group.find_network_versions()
            self.true("an inactive version is listed as active", all(version["active"] for version in versions))
            regions = Fresh(Networks(self.group))
            self.equal(
                "one region",
                [one["locationCode"] for one in regions.find_regions(provider="AWS", location_code="us-east-2")],
                ["us-east-2"],
            )
            # The client asks for `providers`, the API knows `provider` and ignores what it does not know.
            clouds = {one["provider"] for one in regions.find_regions(providers=["AWS", "OCI"])}
            self.true("regions of two clouds are missing", clouds > {"AWS", "OCI"})

    def networks(self):
        with self.tally.section("networks"):
            created = self.make_network("Conformance")
            self.equal("the new network's name", created["name"], "Conformance")
            self.equal("the new network's group", created["networkGroupId"], self.group.id)
            self.group = self.fresh_group()
            self.true("the network does not exist for the group", self.group.network_exists("conformance"))
            self.true("the network does not exist for the organization", self.account.network_exists("Conformance"))
            self.equal("its id by name", self.group.network_id_by_normal_name("CONFORMANCE"), created["id"])
            self.network = by_name = Fresh(Network(self.group, network_name="Conformance"))
            self.equal("the network by name", by_name.id, created["id"])
            self.equal("its status", by_name.status, "PROVISIONED")
            self.equal("its size", by_name.size, "small")
            self.true("the network has no controller", by_name.network_controller is not None)
            self.true("it has no owner", by_name.owner_identity_id is not None)
            self.true("the wait for its status is not over", by_name.wait_for_status("PROVISIONED"))
            self.tally.raises("a second network of that name", HTTPError, lambda: self.make_network("conformance"))

    def edge_routers(self):
        with self.tally.section("edge routers"):
            self.hosted = self.network.create_edge_router(
                "hosted", attributes=["#hosted"], provider="AWS", location_code="us-east-2"
            )
            self.branch = self.network.create_edge_router("branch", attributes=["#branch"], tunneler_enabled=True)
            self.equal("both are listed", {one["name"] for one in self.listed("edge-routers")}, {"hosted", "branch"})
            self.equal(
                "one is found by name",
                [one["id"] for one in self.listed("edge-routers", name="Branch")],
                [self.branch["id"]],
            )
            self.equal("hosted ones", [one["name"] for one in self.network.edge_routers(only_hosted=True)], ["hosted"])
            self.equal(
                "the customer's", [one["name"] for one in self.network.edge_routers(only_customer=True)], ["branch"]
            )
            whole = self.read("edge-router", self.hosted["id"])
            self.equal("its listener", whole["linkListener"], True)
            self.equal("its embedded host", whole["host"]["provider"], "AWS")
            after = self.patched(
                "edge-router", self.branch["id"], {"attributes": ["#branch", "#spare"], "tunnelerEnabled": False}
            )
            self.equal("changed attributes", set(after["attributes"]), {"#branch", "#spare"})
            self.equal("the changed switch", after["tunnelerEnabled"], False)
            unchanged = self.network.patch_resource(
                {"tunnelerEnabled": False}, type="edge-router", id=self.branch["id"]
            )
            self.equal("a patch of nothing", unchanged["id"], self.branch["id"])
            key = self.network.rotate_edge_router_registration(self.branch["id"])
            self.true("the registration key is empty", bool(key["registrationKey"]) and bool(key["expiresAt"]))

    def endpoints(self):
        with self.tally.section("endpoints"):
            self.laptop = self.network.create_endpoint("laptop", attributes=["#staff"])
            self.true("the endpoint has no enrolment token", self.laptop["jwt"].count(".") == 2)
            self.exit = self.network.create_endpoint("exit", attributes=["#exits"])
            # The router with a tunneler has an endpoint of its own.
            self.true("both are listed", {"laptop", "exit"} <= {one["name"] for one in self.listed("endpoints")})
            self.true("the endpoint does not exist", self.network.endpoint_exists("LAPTOP"))
            self.true("an endpoint exists that was never made", not self.network.endpoint_exists("nobody"))
            after = self.patched(
                "endpoint", self.laptop["id"], {"name": "laptop-ana", "attributes": ["#staff", "#admins"]}
            )
            self.equal("the new name", after["name"], "laptop-ana")
            self.equal("the new attributes", set(after["attributes"]), {"#staff", "#admins"})
            form = self.network.find_resources(
                type="endpoints", params={}, accept="create", name="exit", use_cache=False
            )
            self.equal("the create form in a list", form[0]["enrollmentMethod"]["ott"], True)
            self.true("the create form shows an id", "id" not in form[0])
            # The client looks for `networkId` in what it asked to be without ids: it refuses every create form by id.
            refused = self.tally.raises(
                "a create form by id", KeyError, lambda: self.read("endpoint", self.exit["id"], accept="create")
            )
            self.equal("what the client misses", refused.args, ("networkId",))
            form, _ = utility.get_generic_resource_by_url(
                setup=self.network,
                url=f"{self.network.audience}core/v2/endpoints/{self.exit['id']}",
                headers={},
                accept="create",
                use_cache=False,
            )
            self.equal("the create form by id", (form["name"], form["attributes"]), ("exit", ["#exits"]))
            shared = self.network.share_endpoint("ana@acme.example", self.laptop["id"])
            self.equal("what sharing gives back", shared, None)
            error = self.tally.raises(
                "a second endpoint of that name", HTTPError, lambda: self.network.create_endpoint("exit")
            )
            self.true("the refusal has no status", error is not None and 400 <= error.response.status_code < 500)

    def edge_router_policies(self):
        with self.tally.section("edge-router policies"):
            self.policy = self.network.create_edge_router_policy(
                "everybody", endpoint_attributes=["#all"], edge_router_attributes=["#hosted"]
            )
            self.equal(
                "the policy's routers",
                self.read("edge-router-policy", self.policy["id"])["edgeRouterAttributes"],
                ["#hosted"],
            )
            after = self.patched("edge-router-policy", self.policy["id"], {"edgeRouterAttributes": ["@branch"]})
            self.equal("the changed routers", after["edgeRouterAttributes"], ["@branch"])

    def services(self):
        with self.tally.section("services"):
            self.simple = self.network.create_service_simple(
                "git",
                "git.acme.internal",
                443,
                server_host_name="10.20.0.15",
                server_port=8443,
                attributes=["#apps"],
                endpoints=["@exit"],
            )
            whole = self.read("service", self.simple["id"])
            self.equal("the model of a service at an endpoint", whole["modelType"], "TunnelerToEndpoint")
            self.equal("where it enters", whole["model"]["clientIngress"], {"host": "git.acme.internal", "port": 443})
            self.equal("where it binds", whole["model"]["bindEndpointAttributes"], ["@exit"])
            self.routed = self.network.create_service_simple(
                "erp",
                "erp.acme.internal",
                80,
                server_host_name="10.20.0.10",
                server_port=8080,
                attributes=["#apps"],
                egress_router_id="branch",
            )
            whole = self.read("service", self.routed["id"])
            self.equal("the model of a service at a router", whole["modelType"], "TunnelerToEdgeRouter")
            self.equal("the router", whole["model"]["edgeRouterHosts"][0]["edgeRouterId"], self.branch["id"])
            self.advanced = self.network.create_service_advanced(
                "db",
                endpoints=["#exits"],
                client_hosts=["db.acme.internal"],
                client_ports=["5432", "5500:5510"],
                attributes=["#apps"],
            )
            self.equal(
                "the ports of an advanced service",
                self.read("service", self.advanced["id"])["model"]["clientIngress"]["ports"],
                [{"low": 5432, "high": 5432}, {"low": 5500, "high": 5510}],
            )
            self.raw = self.network.create_service_with_configs(
                "raw",
                {"addresses": ["raw.acme.internal"], "portRanges": [{"low": 1, "high": 2}], "protocols": ["tcp"]},
                {"protocol": "tcp", "address": "10.20.0.20", "port": 1},
                attributes=["#apps"],
            )
            self.tally.member(
                "a config of the raw service",
                "raw-config-intercept.v1",
                [one["name"] for one in self.listed("configs")],
            )
            self.true("all are listed", {"git", "erp", "db", "raw"} <= {one["name"] for one in self.listed("services")})
            after = self.patched("service", self.simple["id"], {"attributes": ["#apps", "#code"]})
            self.equal("the service's new attributes", set(after["attributes"]), {"#apps", "#code"})
            model = {
                **self.read("service", self.simple["id"])["model"],
                "clientIngress": {"host": "git2.acme.internal", "port": 443},
            }
            after = self.patched("service", self.simple["id"], {"model": model})
            self.equal("the service's new model", after["model"]["clientIngress"]["host"], "git2.acme.internal")

    def service_policies(self):
        with self.tally.section("service policies and service edge-router policies"):
            self.bind = self.network.create_service_policy(
                "bind-raw", services=["@raw"], endpoints=["#exits"], type="Bind"
            )
            whole = self.read("service-policy", self.bind["id"])
            self.equal(
                "what binds",
                (whole["type"], whole["semantic"], whole["serviceAttributes"], whole["endpointAttributes"]),
                ("Bind", "AnyOf", ["@raw"], ["#exits"]),
            )
            self.route = self.network.create_service_edge_router_policy(
                "raw-everywhere", services=["@raw"], edge_routers=["#all"]
            )
            self.equal(
                "what routes",
                self.read("service-edge-router-policy", self.route["id"])["edgeRouterAttributes"],
                ["#all"],
            )
            after = self.patched("service-policy", self.bind["id"], {"endpointAttributes": ["@exit", "#exits"]})
            self.equal("what binds now", set(after["endpointAttributes"]), {"@exit", "#exits"})

    def app_wans(self):
        with self.tally.section("AppWANs"):
            self.wan = self.network.create_app_wan(
                "staff-apps", endpoint_attributes=["#staff"], service_attributes=["#apps", "@raw"]
            )
            self.equal(
                "the AppWAN's services",
                set(self.read("app-wan", self.wan["id"])["serviceAttributes"]),
                {"#apps", "@raw"},
            )
            self.tally.raises(
                "an AppWAN with a role that says neither # nor @",
                RuntimeError,
                lambda: self.network.create_app_wan("wrong", endpoint_attributes=["staff"]),
            )
            self.tally.raises(
                "an AppWAN for an endpoint that is not there",
                HTTPError,
                lambda: self.network.create_app_wan(
                    "wrong", endpoint_attributes=["@nobody"], service_attributes=["#apps"]
                ),
            )
            after = self.patched("app-wan", self.wan["id"], {"endpointAttributes": ["#staff", "#admins"]})
            self.equal("the AppWAN's new endpoints", set(after["endpointAttributes"]), {"#staff", "#admins"})
            self.tally.member("a dial policy", "staff-apps", [one["name"] for one in self.listed("service-policies")])

    def transparent_services(self):
        with self.tally.section("transparent services"):
            made = self.network.create_service_transparent(
                "vlan",
                client_hosts=["10.30.0.0/16"],
                client_ports=[22],
                transparent_hosts=["10.31.0.0/16"],
                endpoints=["@exit"],
            )
            self.equal("its policy", made["service_policy"]["name"], "vlan-BindServicePolicy")
            ended = self.network.delete_service_transparent("vlan")
            self.equal(
                "what was deleted of it",
                ended,
                {"service": True, "service_policy": True, "service_edge_router_policy": True},
            )

    def taken_over(self):
        """What the client made, exported: its files own it without a write, and find nothing to do."""
        with self.tally.section("Trueup takes it over"):
            names = ("git", "erp", "db", "raw", "bind-raw", "raw-everywhere", "staff-apps", "laptop-ana", "hosted")
            change = ("host: git2.acme.internal", "host: git3.acme.internal", "PATCH /core/v2/services/")
            text = take_over(self.tally, self.trueup, self.base, names, change)
            self.true("what a model made is exported", text.count("serviceAttributes:") == 3)

    def other_networks(self):
        with self.tally.section("other people's networks"):
            second = self.make_network("Other")
            other = Fresh(Network(self.group, network_id=second["id"]))
            self.equal(
                "what the other network holds", other.find_resources(type="endpoints", params={}, use_cache=False), []
            )
            self.tally.raises(
                "another network's endpoint",
                NetworkBoundaryViolation,
                lambda: other.get_resource_by_id(type="endpoint", id=self.exit["id"], use_cache=False),
            )
            self.group = self.fresh_group()
            self.equal("the deleted network", self.group.delete_network(network_name="Other")["id"], second["id"])

    def deletion(self):
        with self.tally.section("deletion"):
            for kind, one in [
                ("app-wan", self.wan),
                ("service-policy", self.bind),
                ("service-edge-router-policy", self.route),
                ("service", self.raw),
                ("service", self.advanced),
                ("service", self.routed),
                ("service", self.simple),
                ("edge-router-policy", self.policy),
                ("endpoint", self.laptop),
                ("endpoint", self.exit),
                ("edge-router", self.branch),
                ("edge-router", self.hosted),
            ]:
                self.true(f"the {kind} is still listed", self.gone(kind, one["id"]))
            kept = self.network.find_resources(type="endpoints", params={}, deleted=True, use_cache=False)
            self.tally.member("what is listed as deleted", self.exit["id"], [one["id"] for one in kept])
            self.true("what is gone has no end", self.read("endpoint", self.exit["id"])["deletedAt"] is not None)
            self.true("the network's deletion is not over", self.network.delete_network(wait=0) is None)

            def networks():
                return [one["name"] for one in self.account.find_networks_by_organization()]

            self.true("the network is still listed", any("Conformance" not in networks() for _ in range(40)))

    def run(self):
        for part in (
            self.session,
            self.catalogues,
            self.networks,
            self.edge_routers,
            self.endpoints,
            self.edge_router_policies,
            self.services,
            self.service_policies,
            self.app_wans,
            self.taken_over,
            self.transparent_services,
            self.other_networks,
            self.deletion,
        ):
            part()
        self.tally.finish()


if __name__ == "__main__":
    redirect(sys.argv[1])
    Script(sys.argv[1], sys.argv[2]).run()
