"""Fills simulated VNS3 controllers as others do, and has Trueup take them over.

Usage: vns3_brownfield.py URL-OF-THE-SIMULATORS TRUEUP

One is filled by the vendor's client, one by calls made by hand with every field that a call takes, one with none but
those that it needs. Each is exported, planned and adopted: nothing may be written. Then one field after the other is
changed: each is one call.
"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import yaml
from tally import Tally
from vns3 import client
from vns3_calls import Controller

# Of all secrets in here, so that whoever is asked for one by name can give it.
SECRET = "canary-4c1d-of-the-field"


def by_the_client(url):
    """What the vendor's client makes, and leaves there."""
    one = client(url, "client")
    west = one.ipsec.post_create_ipsec_endpoint(
        name="west", ipaddress="203.0.113.2", secret=SECRET, pfs=True, ike_version=2, nat_t_enabled=True, vpn_type="vti",
        description="to the west", route_based_int_address="169.254.164.1/30", route_based_local="0.0.0.0/0",
        route_based_remote="0.0.0.0/0", extra_config="phase1=aes256-sha2_256-dh14").response
    north = one.ipsec.post_create_ipsec_endpoint(
        name="north", ipaddress="203.0.113.3", secret=SECRET, pfs=True, ike_version=1, vpn_type="policy").response
    one.ipsec.post_create_ipsec_endpoint_tunnel(
        north.id, remote_subnet="10.2.0.0/16", local_subnet="10.1.0.0/16", ping_ipaddress="10.2.0.1",
        ping_interface="eth0", ping_interval=30, description="the office")
    one.ipsec.post_create_ipsec_traffic_pair(west.id, remote_subnet="10.3.0.0/16", local_subnet="10.1.0.0/16")
    one.bgp.create_bgp_peer(west.id, ipaddress="169.254.164.2", asn=65002, access_list="in permit 10.0.0.0/8",
                            bgp_password=SECRET)
    one.routing.post_create_route(cidr="10.9.0.0/16", description="lab", interface="eth0", gateway="10.0.0.1",
                                  advertise=True, metric=10)
    wall = one.firewall
    wall.post_create_firewall_fwset(name="offices", type="net", entries=[{"entry": "10.1.0.0/16", "comment": "east"}])
    wall.post_create_firewall_rule(rule="FORWARD_CUST -m set --match-set offices src -j ACCEPT", comment="offices")
    wall.post_create_firewall_rule(rule="FORWARD_CUST -s 10.1.0.0/16 -j ACCEPT", groups=["lan"])
    one.interfaces.post_create_system_interface(name="eth0:5", ip_internal="192.0.2.5", mask_bits="24", enabled=True)
    one.config.put_config(topology_name="brownfield", controller_name="client")
    hook = one.monitoring.post_create_webhook(name="ops", url="https://hooks.example/x", events=["tunnel_up"]).response
    one.monitoring.post_create_alert(name="down", url="https://hooks.example/y", events=["tunnel_down"],
                                     webhook_id=hook.id)
    one.access.create_access_url(name="vendor", expires=3600, description="for a day")


def by_hand(one, is_full):
    """What each call makes that makes something: with all that it takes, or with what it needs."""

    def post(path, needed, more):
        made = one.post(path, {**needed, **(more if is_full else {})})
        return made if isinstance(made, dict) else {}

    def put(path, more):
        if is_full:
            one.put(path, more)

    put("/config", {"topology_name": "brownfield", "controller_name": "full", "ntp_hosts": "0.pool.example"})
    post("/system/variables", {"name": "custom_lab", "value": "10.8.0.0/16"}, {"description": "a network"})
    interface = post("/interfaces/system", {"name": "eth0:1"},
                     {"description": "d", "ip_internal": "192.0.2.1", "ip_external": "203.0.113.1", "mtu": 1400,
                      "enabled": True, "mask_bits": "24", "gateway": "192.0.2.254"})
    if is_full:
        post(f"/interfaces/system/{interface['id']}/addresses", {"label": "more", "ip_internal": "192.0.2.11"},
             {"description": "d", "ip_external": "203.0.113.11", "mask_bits": 24, "gateway": "192.0.2.254"})
    post("/interfaces/edge_gre", {"endpoint_name": "g", "local_connection_ip": "192.0.2.1",
                                  "remote_connection_ip": "198.51.100.9", "ip_internal": "10.9.0.1", "mask_bits": "30"},
         {"description": "d", "mtu": 1300, "enabled": True, "ttl": 64})
    endpoint = {"ipaddress": "203.0.113.2", "secret": SECRET}
    more = {"description": "d", "pfs": False, "ike_version": 2, "nat_t_enabled": False, "private_ipaddress": "10.1.0.1",
            "extra_config": "phase1=aes256-sha2_256-dh14\nphase2=aes256-sha2_256"}
    policy = post("/ipsec/endpoints", {"name": "policy", **endpoint}, {**more, "vpn_type": "policy"})
    routed = post("/ipsec/endpoints", {"name": "routed", **endpoint, "ipaddress": "203.0.113.3", "vpn_type": "vti",
                                       "route_based_int_address": "169.254.1.1/30"},
                  {**more, "route_based_local": "10.1.0.0/16", "route_based_remote": "10.2.0.0/16"})
    post("/ipsec/endpoints", {"name": "gre", **endpoint, "ipaddress": "203.0.113.4", "gre": True,
                              "gre_interface_address": "169.254.2.1/30"}, more)
    ping = {"ping_ipaddress": "10.2.0.1", "ping_interval": 30, "ping_interface": "tun0", "enabled": False,
            "description": "d"}
    post(f"/ipsec/endpoints/{policy['id']}/tunnels", {"remote_subnet": "10.2.0.0/16", "local_subnet": "10.1.0.0/16"}, ping)
    post(f"/ipsec/endpoints/{routed['id']}/traffic_pairs",
         {"remote_subnet": "10.3.0.0/16", "local_subnet": "10.1.0.0/16"}, {**ping, "ping_interface": "eth0"})
    post(f"/ipsec/endpoints/{routed['id']}/ebgp_peers", {"ipaddress": "169.254.1.2", "asn": 65001},
         {"local_asn_alias": 65101, "access_list": "in permit 10.0.0.0/8\nout permit 10.1.0.0/16",
          "bgp_password": SECRET, "add_network_distance": True, "add_network_distance_direction": "in",
          "add_network_distance_hops": 2, "hold_time": 90, "keepalive_interval": 30})
    one.put("/peering/self", {"id": 1})
    post("/peering/peers", {"id": 2, "name": "two.example"}, {"overlay_mtu": "1400"})
    [tunnel] = one.get(f"/ipsec/endpoints/{policy['id']}")["tunnels"].values()
    post("/routes", {"cidr": "10.5.0.0/16", "interface": "eth0"},
         {"description": "d", "gateway": "192.0.2.254", "table": "branch", "advertise": True, "metric": 5})
    post("/routes", {"cidr": "10.6.0.0/16", "tunnel": tunnel["id"]}, {"description": "d", "advertise": True})
    fwset = {"description": "d", "entries": [{"entry": "10.1.0.0/16", "comment": "east"}, {"entry": "${custom_lab}"}]}
    post("/v2/firewall/fwsets", {"name": "nets", "type": "net"}, fwset)
    post("/v2/firewall/fwsets", {"name": "ports", "type": "port"}, {"entries": ["80", "443"]})
    post("/v2/firewall/fwsets", {"name": "services", "type": "service"}, {"entries": [{"entry": "tcp:80"}]})
    post("/v2/firewall/fwsets", {"name": "sets", "type": "list"}, {"entries": ["nets"]})
    post("/v2/firewall/subtables", {"name": "mine", "type": "forward"},
         {"description": "d", "rules": [{"rule": "mine -s 10.1.0.0/16 -j ACCEPT", "position": 0, "comment": "c"},
                                        {"rule": "mine -j DROP", "position": 1, "disabled": True}]})
    post("/v2/firewall/rules-groups", {"name": "group"}, {"description": "d"})
    post("/v2/firewall/rules", {"rule": "FORWARD_CUST -j mine"},
         {"comment": "c", "position": 0, "groups": ["group"], "disabled": True})
    post("/v2/firewall/rules", {"rule": "INPUT_CUST -m set --match-set nets src -j ACCEPT"}, {})
    post("/firewall/fwsets", {"rules": "NETS_OLD 10.1.0.0/16\nNETS_OLD 10.3.0.0/16"}, {})
    post("/firewall/rules/subgroup", {"rules": "FWD_C_OLD -s 10.1.0.0/16 -j ACCEPT"}, {})
    post("/links", {"id": 7, "name": "far", "conf": "client\nremote 198.51.100.1\n"}, {"description": "d", "policies": "ping 10"})
    post("/links/7/tags", {"key": "site", "value": "berlin"}, {})
    put("/links/global-policies", {"type": "openvpn", "policies": ["ping 10", "ping-restart 60"]})
    pack = next(iter(one.get("/clientpacks").values()))["name"]
    put("/clientpack", {"name": pack, "enabled": False, "checked_out": True, "compression": "on"})
    post(f"/clientpack/{pack}", {"key": "site", "value": "berlin"}, {})
    hook = post("/webhook", {"name": "ops"},
                {"url": "https://hooks.example/x", "events": ["bgp_session_up"], "body": "%{room}", "validate_cert": False,
                 "custom_properties": [{"name": "room", "value": "noc", "description": "d"}],
                 "headers": [{"name": "X-Token", "value": SECRET}], "parameters": [{"name": "key", "value": SECRET}]})
    post("/alert", {"name": "down", "url": "https://hooks.example/y", "webhook_id": hook["id"]},
         {"events": ["tunnel_down"], "enabled": False,
          **({"custom_properties": [{"name": "room", "value": "office"}]} if is_full else {})})
    post("/packet_monitor", {"name": "cap", "type": "pcap", "interface": "eth0", "filter": "tcp" if is_full else "",
                             "duration": "forever", "destination": "file"}, {})
    post("/access/token", {"name": "ci"}, {"expires": 7200, "refreshes": True})
    post("/access/url", {"name": "support"}, {"expires": 7200, "description": "d", "access": "rs"})
    put("/identity/vpn", {"provider": "ldap", "enabled": True, "host": "ldap.example", "port": 389, "encrypt": True,
                          "binddn": "cn=a", "bindpw": SECRET, "user_base": "ou=a", "user_id_attribute": "uid"})
    put("/identity/controller", {"provider": "oidc", "enabled": True, "identifier": "client-a", "secret": SECRET,
                                 "redirect_hostname": "a.example", "issuer": "https://idp.example",
                                 "authorization_endpoint": "https://idp.example/a", "token_endpoint": "https://idp.example/t"})
    one.post("/container_system", {"action": "start"})
    one.until("/container_system", lambda shown: str(shown["running"]).lower() == "true")
    plugin = post("/plugins", {"name": "waf", "image_url": "https://images.example/waf.tar.gz", "command": "/run"},
                  {"description": "d", "documentation_url": "https://docs.example", "support_url": "https://s.example",
                   "catalog_id": "c", "version": "2", "tags": {"a": "b"}, "metadata": {"a": "b"}})
    one.until(f"/plugins/{plugin['id']}", lambda shown: shown["status"].lower() == "ready")
    config = {"path": "/etc/waf.conf", "name": "waf.conf", "description": "d"}
    instance = post("/plugin-instances", {"name": "waf-1", "plugin_id": plugin["id"]},
                    {"description": "d", "command": "/run -v", "environment": [{"key": "LEVEL", "value": "one"}],
                     "manager_config": {"log_files": [{"path": "/var/log/waf.log", "description": "d"}],
                                        "configuration_files": [config],
                                        "process_manager": {"name": "supervisor", "subprocesses": ["sshd"]}}})
    at = f"/plugin-instances/{instance['id']}"
    one.until(at, lambda shown: shown["status"] == "running")
    if is_full:
        # A container takes a moment longer than it says, and time passes with each look.
        for _ in range(20):
            one.get(at)
        put(f"{at}/configurations/waf.conf/content", {"content": "level = 1\n"})
    put(f"{at}/firewall", {"preset": "port_map", "host_port": 10000, "container_port": 3000, "protocol": "tcp"})
    put(f"{at}/users", {"username": "ana", "password": SECRET, "require_public_key": False})


class Loader(yaml.SafeLoader):
    """Reads YAML as Trueup does: `on` and `off` are words."""


Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if letter in "tTfF" or not tag.endswith(":bool")]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class TakenOver:
    """A workspace that takes a controller over."""

    def __init__(self, tally, url, trueup, name, folder):
        self.tally, self.url, self.trueup, self.name = tally, url, trueup, name
        self.environment = {"PATH": os.environ["PATH"], "HOME": folder, "PW": "api"}
        Path(folder, "trueup.yaml").write_text("workspace: brownfield\nsecrets: { pw: { env: PW } }\n")
        at = {"at": f"{url}/vns3/{name}/api", "credentials": {"username": "api", "password": "${secret.pw}"}}
        Path(folder, "target.yaml").write_text(yaml.safe_dump({"vns3": {name: at}}))
        self.folder = folder
        self.run("export", name, "--out", "exported")
        self.folder = str(Path(folder, "exported"))
        self.file = Path(self.folder, f"{name}.yaml")
        for secret, source in yaml.safe_load(Path(self.folder, "trueup.yaml").read_text())["secrets"].items():
            is_login = secret == f"{name}-password"
            self.environment[source["env"]] = "api" if is_login else SECRET

    def run(self, *arguments, codes=(0,)):
        """What the program prints."""
        ran = subprocess.run([self.trueup, *arguments], cwd=self.folder, env=self.environment, capture_output=True,
                             text=True)
        words = f"trueup {' '.join(arguments)} ends with {ran.returncode}:\n{ran.stdout}\n{ran.stderr}"
        self.tally.true(words, ran.returncode in codes)
        return ran.stdout

    def writes(self):
        """How many requests with an effect the controller has met."""
        with urllib.request.urlopen(f"{self.url}/_sim/requests") as answer:
            log = json.load(answer)
        return sum(one["installation"] == self.name and one["method"] != "GET" for one in log)

    def changed(self, change):
        """The steps of a plan after a change of the file, which is as it was afterwards."""
        before = self.file.read_text()
        whole = yaml.load(before, Loader)
        change(whole["vns3"][self.name])
        self.file.write_text(yaml.safe_dump(whole))
        return before, json.loads(self.run("plan", "--format", "json"))["body"]["steps"]


def described(kinds, path=()):
    """Where the objects stand that have a description."""
    for key, value in kinds.items():
        if isinstance(value, dict):
            if isinstance(value.get("description"), str):
                yield (*path, key)
            yield from described(value, (*path, key))


def judge(tally, url, trueup, name):
    """Takes a controller over, and changes one field after the other."""
    with tempfile.TemporaryDirectory() as folder:
        one = TakenOver(tally, url, trueup, name, folder)
        before = one.writes()
        tally.member("the first plan", "nothing to write", one.run("plan"))
        one.run("adopt", "--all")
        tally.member("the plan behind it", "nothing to do", one.run("plan", "--exit-code"))
        tally.equal("what was written", one.writes(), before)
        kinds = yaml.load(one.file.read_text(), Loader)["vns3"][name]
        places = list(described(kinds))
        for n, place in enumerate(places):

            def change(kinds):
                for key in place:
                    kinds = kinds[key]
                kinds["description"] = "another one"

            text, steps = one.changed(change)
            calls = [f"{step['verb']} {step['address']}: {len(step['calls'])}" for step in steps]
            # What can't be changed is made anew, with what hangs on it.
            if any(step["verb"] != "update" for step in steps):
                one.file.write_text(text)
                continue
            tally.true(f"a change of {place} is {calls}", [len(step["calls"]) for step in steps] == [1])
            if n == 0:
                before = one.writes()
                one.run("apply", "--yes")
                tally.equal(f"what is written for {place}", one.writes() - before, 1)
            else:
                one.file.write_text(text)


def main(url, trueup):
    tally = Tally()
    with tally.section("filled by the vendor's client"):
        by_the_client(url)
        judge(tally, url, trueup, "client")
    for name, is_full in (("full", True), ("bare", False)):
        with tally.section(f"filled by hand, {name}"):
            by_hand(Controller(tally, url, name), is_full)
            judge(tally, url, trueup, name)
    tally.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
