"""Calls by hand what the vendor's client and the program leave alone of a simulated VNS3 controller.

Usage: vns3_calls.py URL-OF-THE-SIMULATORS

Each call is one of the reference text, with what the text says that it takes, and is expected to be done. What comes
back is looked at elsewhere: `run` records it and holds it to the vendor's documents.
"""

import base64
import json
import sys
import time
import urllib.error
import urllib.request

from tally import Tally

LICENSE = b"bm90IGEgbGljZW5jZSBidXQgdGhlIHNpbXVsYXRvciB0YWtlcyBpdA=="


class Controller:
    """One controller, called by hand."""

    def __init__(self, tally, url, name):
        self.tally = tally
        self.at = f"{url}/vns3/{name}/api"

    def call(self, method, path, body=None, wanted=range(200, 300)):
        """The `response` of a call's answer, or its bytes; bytes that are sent are sent as they are."""
        kind, data = ("text/plain", body) if isinstance(body, bytes) else ("application/json", None)
        if body is not None and data is None:
            data = json.dumps(body).encode()
        login = base64.b64encode(b"api:api").decode()
        headers = {"Authorization": f"Basic {login}", "Content-Type": kind}
        request = urllib.request.Request(self.at + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                status, content, text = answer.status, answer.headers["Content-Type"], answer.read()
        except urllib.error.HTTPError as error:
            status, content, text = error.code, "", error.read()
        self.tally.true(f"{method} {path} answers {status}: {text[:200]}", status in wanted)
        if content and "json" in content and text:
            value = json.loads(text)
            return value.get("response", value) if isinstance(value, dict) else value
        return text

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, body=None):
        return self.call("POST", path, body)

    def put(self, path, body=None):
        return self.call("PUT", path, body)

    def delete(self, path, body=None):
        return self.call("DELETE", path, body)

    def until(self, path, holds):
        """What a path shows once that holds; time passes with each look."""
        for _ in range(200):
            shown = self.get(path)
            if holds(shown):
                return shown
            time.sleep(0.01)
        self.tally.fail(f"{path} never becomes what is waited for: {shown}")
        return shown


def system(one):
    """Access, status, the management system, snapshots."""
    one.post("/remote_support/keypair", b"passphrase")
    one.get("/status")
    url = one.post("/access/url", {"name": "u", "expires": 3600, "description": "for a day", "access": "rs"})
    one.get(f"/access/url/{url['id']}")
    one.put(f"/access/url/{url['id']}", {"expired": True})
    one.delete("/access/url", {"access_url_id": url["id"]})
    ldap = {"provider": "ldap", "host": "ldap.example", "port": 389, "encrypt": False, "binddn": "cn=a", "bindpw": "x"}
    one.post("/identity/vpn/test", ldap)
    one.post("/identity/controller/test", ldap)
    one.put("/api_password", {"password": "api"})
    one.get("/system/variable-collections")
    one.put("/license/upgrade", LICENSE)
    one.post("/ms", {"ip": "192.0.2.10"})
    one.put("/ms", {"ip": "192.0.2.11", "alert_enabled": False})
    one.get("/ms")
    one.post("/ms/alert/test")
    made = one.post("/snapshots", {"name": "before"})
    one.tally.member("the snapshot", "before", made)
    one.get("/snapshots/before")
    one.delete("/snapshots/before")


def network(one):
    """IPsec, interfaces, links, clients."""
    made = one.post("/ipsec/endpoints", {"name": "west", "ipaddress": "203.0.113.2", "secret": "s"})
    one.post(f"/ipsec/endpoints/{made['id']}/tunnels", {"local_subnet": "10.1.0.0/16", "remote_subnet": "10.2.0.0/16"})
    one.get("/status/ipsec")
    one.get("/status/link_history?remote=10.2.0.0/16")
    one.get("/status/connected_subnets")
    one.get("/status/connected_subnets?extended_output=true")
    one.post("/ipsec", {"restart": True})
    one.get("/status/clients")
    pack = next(iter(one.get("/clientpacks").values()))["name"]
    one.get(f"/clientpack?name={pack}&fileformat=conf")
    # Nobody is connected, and the text says what is answered then.
    one.call("POST", "/client/reset", {"name": pack, "disconnect": True}, [400])
    one.post("/clients/reset_all")
    one.call("PUT", f"/clientpack/{pack}", {"disconnect": True}, [400])
    one.put("/clientpack", {"name": pack, "regenerate": True})
    one.post("/interfaces/action", {"discover_ips": True})
    made = one.post("/interfaces/system", {"name": "eth1", "ip_internal": "192.0.2.1", "mask_bits": "24"})
    one.get(f"/interfaces/system/{made['id']}")
    one.post(f"/interfaces/system/{made['id']}/addresses", {"label": "eth1:1", "ip_internal": "192.0.2.2"})
    [address] = one.get(f"/interfaces/system/{made['id']}/addresses")
    one.get(f"/interfaces/system/{made['id']}/addresses/{address['id']}")
    gre = {"endpoint_name": "g", "ip_internal": "10.9.0.1", "mask_bits": "30", "ttl": 64, "local_connection_ip": "192.0.2.1",
           "remote_connection_ip": "198.51.100.9"}
    made = one.post("/interfaces/edge_gre", gre)
    one.get(f"/interfaces/edge_gre/{made['interface_id']}")


def firewall(one):
    """Both firewalls."""
    one.put("/firewall/actions", {"action": "reset_connection_tracking"})
    one.put("/firewall/rules/subgroup", {"reinitialize": True})
    one.put("/firewall/fwsets", {"reinitialize": True})
    one.put("/v2/firewall/actions", {"action": "reset_connection_tracking"})
    one.post("/v2/firewall/rules", {"rule": "FORWARD_CUST -j DROP"})
    one.get("/v2/firewall/rules/export")
    one.post("/v2/firewall/subtables", {"name": "mine", "type": "forward"})
    rule = {"rule": "mine -j DROP", "comment": "all", "position": 0, "disabled": True}
    made = one.post("/v2/firewall/subtables/mine/rules", rule)
    [rule] = made["rules"]
    one.delete(f"/v2/firewall/subtables/mine/rules/{rule['id']}")


def monitoring(one):
    """Webhooks, alerts and packet monitors."""
    hook = one.post("/webhook", {"name": "ops", "url": "https://hooks.example/x", "custom_properties": [{"name": "room"}]})
    one.get(f"/webhook/{hook['id']}")
    one.get("/alert_events")
    alert = one.post("/alert", {"name": "down", "url": "https://hooks.example/y", "webhook_id": hook["id"]})
    one.post(f"/alert/{alert['id']}/test")
    one.post("/packet_monitor", {"name": "cap", "type": "pcap", "interface": "eth0", "filter": "tcp", "duration": "forever",
                                 "destination": "file"})
    one.get("/packet_monitor/cap")
    one.put("/packet_monitor/cap/stop")
    one.get("/packet_monitor/cap/download")
    one.put("/packet_monitor/cap/start")


def containers(one):
    """Images and containers, the older view of plugins."""
    one.post("/container_system", {"action": "start"})
    one.until("/container_system", lambda shown: str(shown["running"]).lower() == "true")
    one.get("/container_system/ip_addresses")
    import_ = one.post("/container_system/images", {"name": "img", "url": "https://images.example/img.tar.gz"})
    path = f"/container_system/images?uuid={import_['import_uuid']}"
    image = one.until(path, lambda shown: shown["images"] and shown["images"][0]["status"] == "Ready")["images"][0]
    one.post(f"/container_system/images/{image['id']}/exports", {"name": "golden"})
    one.post("/container_system/containers", {"name": "web", "image_uuid": image["id"], "command": "nginx"})
    container = one.get("/container_system/containers")["containers"][0]["Id"]
    one.get(f"/container_system/containers/{container}/logs?lines=5")
    one.post(f"/container_system/containers/{container}/commit", {"name": "web-2", "description": "as it is"})


def plugins(one):
    """Plugins, their instances, files, processes and exports."""
    made = one.post("/plugins", {"name": "waf", "image_url": "https://images.example/waf.tar.gz", "command": "/run"})
    plugin = f"/plugins/{made['id']}"
    one.until(plugin, lambda shown: shown["status"].lower() == "ready")
    one.get("/plugin-catalog")
    one.get(f"{plugin}/manager")
    made = one.post("/plugin-instances", {"name": "waf-1", "plugin_id": made["id"]})
    instance = f"/plugin-instances/{made['id']}"
    one.until(instance, lambda shown: shown["status"] == "running")
    one.post(f"{instance}/manager", {
        "log_files": [{"path": "/var/log/waf.log", "description": "what it does"}],
        "configuration_files": [{"path": "/etc/waf.conf", "name": "waf.conf", "description": "what it is to do"}],
        "process_manager": {"name": "supervisor", "subprocesses": ["waf"]},
        "executables": [{"path": "/usr/bin/waf", "name": "waf", "commands": {"start": "run"}}],
    })
    [log] = one.get(f"{instance}/logs")
    one.get(f"{instance}/logs/{log.get('slug', 0)}/content")
    for level in (1, 2):
        one.put(f"{instance}/configurations/waf.conf/content", {"content": f"level = {level}\n"})
    one.post(f"{instance}/configurations/waf.conf/revert", {"version": 1})
    one.delete(f"{instance}/configurations/waf.conf/versions/2")
    one.post(f"{instance}/configurations/waf.conf/clear")
    one.get(f"{instance}/processes")
    one.post(f"{instance}/processes/action", {"process": "waf", "action": "restart"})
    one.post(f"{instance}/commands/execute", {"command": "start", "executable_path": "/usr/bin/waf"})
    one.put(f"{instance}/firewall", {"preset": "port_map", "host_port": 10000, "container_port": 3000, "protocol": "tcp"})
    one.get(f"{instance}/firewall")
    one.post(f"{instance}/commit", {"name": "waf-as-it-is", "description": "golden", "version": "2"})
    for owner in (plugin, instance):
        one.post(f"{owner}/exports", {"name": "golden"})
        one.get(f"{owner}/exports")
        one.get("/plugin-exports")
        one.until(f"{owner}/exports", lambda shown: shown[0]["status"] not in ("pending", "submitted", "running"))
        one.get(f"{owner}/exports/golden")
        one.delete(f"{owner}/exports/golden")


def restarts(one):
    """What takes the controller away for a while."""
    made = one.post("/snapshots", {"name": "whole"})
    one.tally.member("the snapshot", "whole", made)
    # A controller that has a keyset takes none.
    one.call("PUT", "/snapshots/running_config", one.get("/snapshots/whole"), [403])
    one.put("/server", {"reboot": True})


def main(url):
    tally = Tally()
    one = Controller(tally, url, "by-hand")
    for part in (system, network, firewall, monitoring, containers, plugins, restarts):
        with tally.section(part.__doc__):
            part(one)
    tally.finish()


if __name__ == "__main__":
    main(sys.argv[1])
