"""Drives simulated VNS3 controllers with the vendor's client, `cohesivenet`.

Usage: vns3.py URL-OF-THE-SIMULATORS

They must be started with `--version vns3=fresh`, for the controllers are brought up here.
"""

import os
import sys
import time

import urllib3
from cohesivenet import ApiException, Configuration, VNS3Client
from cohesivenet.macros import ipsec as ipsec_macros, peering
from tally import Tally

# The client waits seconds between looks; the simulator's time passes with each look instead.
time.sleep = lambda seconds: None

LICENSE = "bm90IGEgbGljZW5jZSBidXQgdGhlIHNpbXVsYXRvciB0YWtlcyBpdA=="


def client(url, name, password="api"):
    """A client of one controller. Its host may hold a path, to which it appends `/api`."""
    protocol, _, host = url.partition("://")
    configuration = Configuration(host=f"{host}/vns3/{name}", username="api", password=password, protocol=protocol)
    made = VNS3Client(configuration)
    spell_like_the_text(made)
    return made


def spell_like_the_text(made):
    """Corrects the addresses of calls that stand elsewhere in the reference text.

    "List firewall rule groups" and "Create firewall rule group" are at `rules-groups` there, and only a single group is
    at `rule-groups`; "Overwrite all firewall rules" is at `/v2/firewall/rules`.
    """
    send = made.call_api
    elsewhere = {"/firewall/rule-groups": "/firewall/rules-groups", "/firewall": "/firewall/rules"}

    def call_api(path, method, *rest, **options):
        if options.get("api_version") == 2:
            path = elsewhere.get(path, path)
        return send(path, method, *rest, **options)

    made.call_api = call_api


def tag_link(controller, link, key, value):
    """What `create_link_tag` means to send: its own address goes out with `{link_id}` unfilled."""
    return controller.call_api(
        f"/links/{link}/tags",
        "POST",
        {},
        [],
        {"Accept": "application/json", "Content-Type": "application/json"},
        body={"key": key, "value": value},
        post_params=[],
        files={},
        response_type="object",
        auth_settings=["ApiTokenAuth", "basicAuth"],
    )


def status_of(error):
    return error.status if error is not None else None


def through_reboot(tally, look):
    """What a look shows in the end. The client's own waits give up at a 401, which a controller on its way down answers."""
    for _ in range(100):
        try:
            return look()
        except ApiException as error:
            tally.true(f"a reboot answers {error.status}", error.status in (401, 502, 503))
        except urllib3.exceptions.HTTPError:
            # For a while nobody listens.
            pass
    raise TimeoutError("the reboot does not end")


def bring_up(tally, url):
    """Three controllers from the cloud's image to a mesh: one root, two members that fetch its keyset."""
    equal, true = tally.equal, tally.true
    root, member = client(url, "root"), client(url, "member")

    with tally.section("a fresh controller"):
        config = root.config.get_config().response
        equal("licensed", config.licensed, False)
        true("the version is not one of 6", config.vns3_version.startswith("6."))
        root.set_vns3_version()
        equal("the client's idea of the version", root.dot_version, config.vns3_version.split("-")[0])
        refused = tally.raises("routes before the licence", ApiException, lambda: root.routing.get_routes())
        equal("the refusal's status", status_of(refused), 403)
        equal("the refusal's words", refused.get_error_message(), "Must be licensed first.")

    with tally.section("bring-up of a root"):
        changed = root.config.put_config(topology_name="conformance", controller_name="root").response
        equal("the names", (changed.topology_name, changed.controller_name), ("conformance", "root"))
        uploaded = root.licensing.upload_license(LICENSE).response
        equal("the uploaded licence", (uploaded.license_present, uploaded.finalized), (True, False))
        true("the licence has no room", uploaded.default_topology.total_clients > 0)
        accepted = root.licensing.put_set_license_parameters(default=True).response
        equal("the accepted licence", accepted.finalized, True)
        equal("licensed", root.sys_admin.wait_for_api(timeout=60, wait_for_reboot=True).licensed, True)
        license_ = root.licensing.get_license().response
        equal("the licence's state", (license_.finalized, license_.license), (True, "accepted"))
        equal("a keyset", root.config.get_keyset().response.keyset_present, False)
        equal(
            "the new keyset",
            root.config.put_keyset(token="conformance", topology_name="conformance").response.in_progress,
            True,
        )
        keyset = root.config.wait_for_keyset(timeout=60).response
        equal("the keyset", keyset.keyset_present, True)
        refused = tally.raises("a second keyset", ApiException, lambda: root.config.put_keyset(token="other"))
        equal("its refusal", (status_of(refused), refused.get_error_message()), (400, "Keyset already exists."))
        equal("the controller's own id", root.peering.put_self_peering_id(id=1).response.id, 1)
        equal("peered", root.config.get_config().response.manager_id, 1)

    with tally.section("bring-up of a member"):
        source = root.config.get_config().response.public_ipaddress
        equal("the download", member.config.put_keyset(source=source, token="conformance").response.in_progress, True)
        # The keyset brings the licence along, and a reboot.
        fetched = through_reboot(tally, lambda: member.config.wait_for_keyset(timeout=60).response)
        equal("the root's keyset", fetched.checksum, root.config.get_keyset().response.checksum)
        config = through_reboot(tally, lambda: member.sys_admin.wait_for_api(timeout=60))
        equal("the licence that came along", config.licensed, True)

    with tally.section("peering"):
        result = peering.set_peer_ids([root, member])
        true(f"ids were refused: {result}", not any(isinstance(one, Exception) for one in result))
        peering.peer_mesh([root, member], address_type="public_ip", mtu=1400)
        state = root.peering.get_peering_status().response
        equal("who it is", (state.id, state.peered), (1, True))
        true(f"the member is no peer: {state.managers}", state.managers["2"].get("not_set") is None)
        equal(
            "the peer's address", state.managers["2"]["address"], member.config.get_config().response.public_ipaddress
        )
        root.peering.put_update_peer(2, name="198.51.100.9", overlay_mtu=1300)
        after = root.peering.get_peering_status().response.managers["2"]
        equal("the changed peer", (after["address"], str(after["mtu"])), ("198.51.100.9", "1300"))
        root.peering.delete_peer(2)
        equal("the deleted peer", root.peering.get_peering_status().response.managers["2"].get("not_set"), True)

    return root


def ipsec(tally, root):
    """Endpoints, tunnels, traffic pairs and BGP peers."""
    equal, true = tally.equal, tally.true

    with tally.section("IPsec endpoints"):
        routed = root.ipsec.post_create_ipsec_endpoint(
            name="west",
            ipaddress="203.0.113.2",
            secret="a shared secret",
            pfs=True,
            ike_version=2,
            nat_t_enabled=True,
            description="to the west",
            vpn_type="vti",
            route_based_int_address="169.254.164.1/30",
            route_based_local="0.0.0.0/0",
            route_based_remote="0.0.0.0/0",
            extra_config="phase1=aes256-sha2_256-dh14",
        ).response
        equal(
            "a route-based endpoint",
            (routed.name, routed.vpn_type, routed.ike_version, routed.pfs),
            ("west", "vti", 2, True),
        )
        equal("its lines", routed.extra_config, ["phase1=aes256-sha2_256-dh14"])
        equal("its secret, which the API gives back", routed.psk, "a shared secret")
        by_policy = root.ipsec.post_create_ipsec_endpoint(
            name="north", ipaddress="203.0.113.3", secret="a shared secret", pfs=True, ike_version=1, vpn_type="policy"
        ).response
        equal(
            "both", set(root.ipsec.get_ipsec_details().response.remote_endpoints), {str(routed.id), str(by_policy.id)}
        )
        changed = root.ipsec.put_update_ipsec_endpoint(by_policy.id, description="to the north", ike_version=2).response
        equal(
            "the changed fields", (changed.description, changed.ike_version, changed.name), ("to the north", 2, "north")
        )
        refused = tally.raises(
            "a third version of IKE",
            ApiException,
            lambda: root.ipsec.put_update_ipsec_endpoint(by_policy.id, ike_version=3),
        )
        equal("its refusal", status_of(refused), 400)
        missing = tally.raises("an endpoint that is not there", ApiException, lambda: root.ipsec.get_ipsec_endpoint(99))
        equal("its status", status_of(missing), 400)

    with tally.section("tunnels and traffic pairs"):
        whole = root.ipsec.post_create_ipsec_endpoint_tunnel(
            by_policy.id,
            remote_subnet="10.2.0.0/16",
            local_subnet="10.1.0.0/16",
            ping_ipaddress="10.2.0.1",
            ping_interface="eth0",
            ping_interval=30,
            description="the office",
        ).response
        [(number, tunnel)] = whole.tunnels.items()
        equal(
            "the tunnel",
            (tunnel["remote_subnet"], tunnel["local_subnet"], tunnel["ping_interval"]),
            ("10.2.0.0/16", "10.1.0.0/16", 30),
        )
        root.ipsec.put_update_ipsec_endpoint_tunnel(by_policy.id, int(number), description="the branch", enabled=False)
        tunnel = root.ipsec.get_ipsec_endpoint(by_policy.id).response.tunnels[number]
        equal("the changed tunnel", (tunnel["description"], tunnel["enabled"]), ("the branch", False))
        root.ipsec.delete_ipsec_endpoint_tunnel(by_policy.id, int(number))
        equal("tunnels", root.ipsec.get_ipsec_endpoint(by_policy.id).response.tunnels, {})
        pair = root.ipsec.post_create_ipsec_traffic_pair(
            by_policy.id, remote_subnet="10.3.0.0/16", local_subnet="10.1.0.0/16"
        ).response
        equal("the pair's endpoint", pair.endpoint_id, by_policy.id)
        root.ipsec.disable_ipsec_traffic_pair(by_policy.id, pair.id)
        pairs = root.ipsec.get_ipsec_endpoint(by_policy.id).response.traffic_pairs
        equal("the disabled pair", pairs[str(pair.id)]["enabled"], False)
        root.ipsec.enable_ipsec_traffic_pair(by_policy.id, pair.id)
        changed = root.ipsec.put_update_ipsec_traffic_pair(by_policy.id, pair.id, description="apps").response
        equal("the changed pair", (changed.description, changed.enabled), ("apps", True))
        routes = [one["cidr"] for one in root.routing.get_routes().response.values()]
        tally.member("the route that the pair adds", "10.3.0.0/16", routes)
        root.ipsec.delete_ipsec_traffic_pair(by_policy.id, pair.id)

    with tally.section("BGP peers"):
        # The answer is the endpoint, with its peers.
        whole = root.bgp.create_bgp_peer(
            routed.id, ipaddress="169.254.164.2", asn=65002, access_list="in permit 10.0.0.0/8"
        ).response
        [(number, peer)] = whole.bgp_peers.items()
        equal("the peer", (peer["ipaddress"], peer["asn"]), ("169.254.164.2", 65002))
        whole = root.bgp.update_bgp_peer(routed.id, int(number), ipaddress="169.254.164.2", asn=65003).response
        equal("the changed peer", whole.bgp_peers[number]["asn"], 65003)
        equal(
            "the peer read", root.bgp.get_bgp_peer(routed.id, int(number)).response.access_list, "in permit 10.0.0.0/8"
        )
        root.bgp.delete_bgp_peer(routed.id, int(number))
        equal("peers", root.ipsec.get_ipsec_endpoint(routed.id).response.bgp_peers, {})

    with tally.section("a tunnel with its route, as the client's macro makes it"):
        made = ipsec_macros.create_tunnel_endpoint(
            root,
            "south",
            "a shared secret",
            "203.0.113.4",
            "10.4.0.0/16",
            "169.254.165.1/30",
            target_network_name="the south",
        )
        tally.member("its endpoint", '"vpn_type":"vti"', made["endpoint"])
        tally.member("its route", '"cidr":"10.4.0.0/16"', made["routes"])

    with tally.section("IPsec's end"):
        for number in list(root.ipsec.get_ipsec_details().response.remote_endpoints):
            root.ipsec.delete_ipsec_endpoint(int(number))
        equal("endpoints", root.ipsec.get_ipsec_details().response.remote_endpoints, {})


def routes(tally, root):
    """Routes."""
    equal = tally.equal

    def find(cidr):
        return next((one for one in root.routing.get_routes().response.values() if one["cidr"] == cidr), None)

    with tally.section("routes"):
        root.routing.post_create_route(
            cidr="10.9.0.0/16", description="lab", interface="eth0", gateway="10.0.0.1", advertise=True, metric=10
        )
        route = find("10.9.0.0/16")
        equal(
            "the route",
            (route["interface"], route["gateway"], route["advertise"], route["metric"], route["enabled"]),
            ("eth0", "10.0.0.1", True, 10, True),
        )
        root.routing.disable_route(route["id"])
        equal("the disabled route", find("10.9.0.0/16")["enabled"], False)
        root.routing.enable_route(route["id"])
        equal("the enabled route", find("10.9.0.0/16")["enabled"], True)
        before = len(root.routing.get_routes().response)
        root.routing.post_create_route_if_not_exists(
            {"cidr": "10.9.0.0/16", "interface": "eth0", "gateway": "10.0.0.1", "advertise": True}
        )
        equal("a route that is there already is not made again", len(root.routing.get_routes().response), before)
        refused = tally.raises(
            "no network", ApiException, lambda: root.routing.post_create_route(cidr="10.9.0.0/99", interface="eth0")
        )
        equal("its refusal", status_of(refused), 400)
        root.routing.delete_route(route["id"])
        equal("the deleted route", find("10.9.0.0/16"), None)


def firewall(tally, root):
    """The firewall of version 2, which the client uses for controllers from 6.0.0 on."""
    equal, true, wall = tally.equal, tally.true, root.firewall

    def rules():
        return [one["rule"] for one in wall.get_firewall_rules().response]

    with tally.section("firewall rules"):
        first = wall.post_create_firewall_rule(
            rule="FORWARD_CUST -s 10.1.0.0/16 -j ACCEPT", comment="east", groups=["lan"]
        ).response
        second = wall.post_create_firewall_rule(rule="FORWARD_CUST -s 10.2.0.0/16 -j ACCEPT", position=0).response
        equal("the rules' order", rules(), [second.rule, first.rule])
        equal("the rule's fields", (first.comment, first.groups, first.disabled), ("east", ["lan"], False))
        changed = wall.put_update_firewall_rule(
            first.id, rule=first.rule, comment="from the east", disabled=True
        ).response
        equal("the changed rule", (changed.comment, changed.disabled), ("from the east", True))
        wall.put_overwrite_firewall(rules=[{"rule": "INPUT_CUST -p tcp --dport 22 -j DROP"}, {"rule": first.rule}])
        equal("the new list", rules(), ["INPUT_CUST -p tcp --dport 22 -j DROP", first.rule])
        wall.import_firewall_rules(rules="FORWARD_CUST -s 10.5.0.0/16 -j DROP", position=1)
        equal("the rule that was put between", rules()[1], "FORWARD_CUST -s 10.5.0.0/16 -j DROP")
        refused = tally.raises(
            "a rule that is none", ApiException, lambda: wall.post_create_firewall_rule(rule="let them all in")
        )
        equal("its refusal", status_of(refused), 400)
        wall.delete_firewall_rule(wall.get_firewall_rules().response[0]["id"])
        equal("the rest", rules(), ["FORWARD_CUST -s 10.5.0.0/16 -j DROP", first.rule])

    with tally.section("rule groups"):
        ids = [one["id"] for one in wall.get_firewall_rules().response]
        group = wall.post_create_firewall_rule_group(
            name="branches", description="all of them", rule_ids=ids[:1]
        ).response
        equal("the group", (group.name, group.size), ("branches", 1))
        equal("the group with one more", wall.add_rule_to_group("branches", rule_id=ids[1]).response.size, 2)
        tally.member("groups", "branches", [one["name"] for one in wall.get_firewall_rule_groups().response])
        changed = wall.put_update_firewall_rule_group("branches", description="some of them").response
        equal("the changed group", changed.description, "some of them")
        equal("the group read", wall.get_firewall_rule_group("branches").response.name, "branches")
        refused = tally.raises(
            "the deletion of a group with rules", ApiException, lambda: wall.delete_firewall_rule_group("branches")
        )
        equal("its refusal", status_of(refused), 400)
        equal("the empty group", wall.put_update_firewall_rule_group("branches", rule_ids=[]).response.size, 0)
        tally.member("what deletion answers", wall.delete_firewall_rule_group("branches").status, (200, 202))

    with tally.section("sets of addresses"):
        made = wall.post_create_firewall_fwset(
            name="hosts", type="net", entries=["10.8.0.1", "10.9.0.0/24"], description="some"
        ).response
        equal("the set", (made.name, made.size), ("hosts", 2))
        equal("with one more", wall.add_entry_to_fwset("hosts", entry="10.10.0.0/24", comment="new").response.size, 3)
        equal("with one less", wall.delete_entry_from_fwset("hosts", entry="10.8.0.1").response.size, 2)
        entries = [one["entry"] for one in wall.get_firewall_fwset("hosts").response.entries]
        equal("its entries", entries, ["10.9.0.0/24", "10.10.0.0/24"])
        equal(
            "its new description",
            wall.put_update_firewall_fwset("hosts", description="others").response.description,
            "others",
        )
        wall.delete_firewall_fwset("hosts")
        equal("sets", wall.get_firewall_fwsets().response, [])

    with tally.section("sub-tables"):
        made = wall.post_create_firewall_subtable(name="mine", type="forward", description="some").response
        equal("the sub-table", (made.name, made.size), ("mine", 0))
        # `add_rule_to_subtable` names a variable that it does not have.
        tally.raises(
            "the client's call for a rule", NameError, lambda: wall.add_rule_to_subtable("mine", rule="-j ACCEPT")
        )
        equal("the sub-table read", wall.get_firewall_subtable("mine").response.description, "some")
        wall.delete_firewall_subtable("mine")
        equal("sub-tables", wall.get_firewall_subtables().response, [])


def old_firewall(tally, root):
    """The firewall of version 1, which the client uses for controllers before 6.0.0; later ones still serve it."""
    equal = tally.equal
    old = VNS3Client(root.configuration)
    old.add_to_state("vns3_version", "5.2.0-20220801")
    wall = old.firewall

    def rules():
        return [
            rule.strip() for rule, position in sorted(wall.get_firewall_rules().response, key=lambda one: int(one[1]))
        ]

    with tally.section("firewall rules of version 1"):
        wall.put_overwrite_firewall(rules="FORWARD_CUST -s 10.1.0.0/16 -j ACCEPT")
        equal("the new list", rules(), ["FORWARD_CUST -s 10.1.0.0/16 -j ACCEPT"])
        token = wall.post_create_firewall_rule(rule="INPUT_CUST -s 10.2.0.0/16 -j DROP", position=0).response.token
        equal("the task ends", old.sys_admin.poll_token(token, timeout=10), True)
        equal("both", rules(), ["INPUT_CUST -s 10.2.0.0/16 -j DROP", "FORWARD_CUST -s 10.1.0.0/16 -j ACCEPT"])
        wall.delete_firewall_rule_by_position(0)
        wall.delete_firewall_rule_by_rule(rule="FORWARD_CUST -s 10.1.0.0/16 -j ACCEPT")
        equal("what is left", rules(), [])


def overlay(tally, root):
    """Client packs and links."""
    equal, true, net = tally.equal, tally.true, root.overlay_network

    with tally.section("client packs"):
        packs = net.get_clientpacks().response
        equal("how many", len(packs), root.licensing.get_license().response.topology.total_clients)
        next_ = net.post_checkout_next_clientpack().response
        equal("the next one", (next_.checked_out, next_.enabled), (True, True))
        net.put_update_clientpack(name=next_.name, enabled=False, checked_out=True)
        equal("the changed one", net.get_clientpack(next_.name).response.clientpack.enabled, False)
        net.post_create_clientpack_tag(next_.name, key="site", value="lab")
        equal("its tags", net.get_clientpack(next_.name).response.clientpack.tags, {"site": "lab"})
        net.delete_clientpack_tag(next_.name, key="site")
        equal("its tags, later", net.get_clientpack(next_.name).response.clientpack.tags, {})
        text = net.get_download_named_clientpack(next_.name + ".conf")
        equal("the download's status", text.status, 200)
        missing = tally.raises("a pack that is not there", ApiException, lambda: net.get_clientpack("10_0_0_1"))
        equal("its status", status_of(missing), 400)

    with tally.section("links"):
        made = net.create_link(
            id=3, name="hub", description="to the hub", conf="client\nremote 203.0.113.7 1194"
        ).response
        equal("the link", (made.id, made.name, made.type, made.interface), (3, "hub", "openvpn", "lnk3"))
        equal("where it goes", made.remotes, ["203.0.113.7"])
        changed = net.put_update_link(3, name="hub", description="to the new hub", connected=False).response
        equal("the changed link", (changed.description, changed.connected), ("to the new hub", False))
        tag_link(root, 3, "site", "hub")
        equal("its tags", [(one["key"], one["value"]) for one in net.get_link(3).response.tags], [("site", "hub")])
        net.delete_link_tag(3, "site")
        equal("its tags, later", net.get_link(3).response.tags, [])
        true("it has no log", net.get_link_logs(3).status == 200)
        net.put_global_link_policies(policies="deny all", type="openvpn")
        tally.member("the policies", "deny all", str(net.get_global_link_policies(type="openvpn").response))
        net.delete_link(3)
        equal("links", net.get_links().response, [])


def system(tally, root):
    """Interfaces, variables, snapshots and what tells of the system."""
    equal, true = tally.equal, tally.true

    with tally.section("interfaces"):
        names = [one["name"] for one in root.interfaces.get_interfaces().response]
        tally.member("interfaces", "eth0", names)
        gre = root.interfaces.post_create_gre_interface(
            endpoint_name="branch", ip_internal="10.20.0.1", mask_bits=30
        ).response
        equal("the GRE interface", (gre.endpoint_name, gre.ip_internal), ("branch", "10.20.0.1"))
        changed = root.interfaces.put_update_gre_interface(gre.name, description="to the branch").response
        equal("its description", changed.description, "to the branch")
        root.interfaces.delete_gre_interface(gre.name)
        equal("GRE interfaces", root.interfaces.get_gre_interfaces().response, [])
        root.interfaces.create_interface_address("eth0", label="web", ip_internal="192.168.1.77", mask_bits=24)
        addresses = root.interfaces.get_interface_addresses("eth0").response
        equal("addresses", [(one["ip_internal"], one["mask_bits"]) for one in addresses], [("192.168.1.77", 24)])
        root.interfaces.delete_interface_address("eth0", addresses[0]["id"])
        equal("addresses later", root.interfaces.get_interface_addresses("eth0").response, [])

    with tally.section("variables"):
        root.config.post_create_custom_variable(name="office", value="10.7.0.0/16", description="the office")
        tally.member("variables", "10.7.0.0/16", str(root.config.get_variables().response))
        root.config.put_update_custom_variable("office", value="10.8.0.0/16")
        tally.member("the changed variable", "10.8.0.0/16", str(root.config.get_variables().response.custom))
        root.config.delete_custom_variable("office")
        true("the variable is still there", "10.8.0.0/16" not in str(root.config.get_variables().response.custom))

    with tally.section("access"):
        token = root.access.create_api_token(name="ci", expires=3600, refreshes=True).response
        true("the token is empty", bool(token.token))
        with_token = VNS3Client(
            Configuration(host=root.configuration.host, api_token=token.token, protocol=root.configuration.protocol)
        )
        equal("what the token's bearer sees", with_token.config.get_config().response.controller_name, "root")
        root.access.put_expire_api_token(token.id)
        equal("the expired token", root.access.get_api_token(token.id).response.expired, True)
        refused = tally.raises("a call with the expired token", ApiException, with_token.config.get_config)
        equal("its status", status_of(refused), 401)
        root.access.delete_api_token(token.id)
        url = root.access.create_access_url(name="vendor", expires=3600, description="for a day").response
        tally.member("access URLs", url.id, [one["id"] for one in root.access.get_access_urls().response])
        root.access.delete_access_url(url.id)
        equal("access URLs", root.access.get_access_urls().response, [])

    with tally.section("webhooks and alerts"):
        hook = root.monitoring.post_create_webhook(
            name="ops", url="https://hooks.example/x", events=["tunnel_up"], body="{}"
        ).response
        equal("the webhook", (hook.name, hook.events), ("ops", ["tunnel_up"]))
        alert = root.monitoring.post_create_alert(
            name="down", url="https://hooks.example/y", events=["tunnel_down"], webhook_id=hook.id, enabled=True
        ).response
        root.monitoring.post_toggle_enable_alert(alert.id)
        equal("the switched alert", root.monitoring.get_alert(alert.id).response.enabled, False)
        root.monitoring.delete_alert(alert.id)
        root.monitoring.delete_webhook(hook.id)
        equal("alerts", root.monitoring.get_alerts().response, [])

    with tally.section("snapshots"):
        made = root.snapshots.post_create_snapshot(name="before").response
        equal("the new snapshot", list(made), ["before"])
        listed = root.snapshots.get_snapshots().response
        equal("the latest", listed.latest_snapshot, "before")
        equal("its checksum", listed.snapshots["before"]["sha1_checksum"], made["before"]["sha1_checksum"])
        root.snapshots.delete_snapshot("before")
        equal("snapshots", root.snapshots.get_snapshots().response.snapshots, {})

    with tally.section("status"):
        true("the status is empty", bool(root.sys_admin.get_system_status().response))
        true("there is no certificate", len(root.config.get_ssl_certs().response.certs) > 0)
        equal("remote support", root.sys_admin.get_remote_support_details().response.enabled, False)
        equal("remote support, later", root.sys_admin.put_update_remote_support(enabled=True).response.enabled, True)
        true("identity settings are empty", root.access.get_identity_vpn_settings().response is not None)


def plugins(tally, root):
    """Plugins and their instances."""
    equal, true, edge = tally.equal, tally.true, root.network_edge_plugins

    with tally.section("plugins"):
        equal("the container system", edge.get_container_system_status().response.running, True)
        made = edge.install_plugin(
            name="waf",
            image_url="https://images.example/waf.tar.gz",
            description="a firewall",
            version="1.0",
            command="/run",
        ).response
        equal("the plugin", (made.name, made.version), ("waf", "1.0"))
        for _ in range(50):
            plugin = edge.get_plugin(made.id).response
            if plugin.status in ("Ready", "ready"):
                break
        tally.member("the plugin's state", plugin.status, ("Ready", "ready"))
        tally.member("plugins", "waf", [one["name"] for one in edge.get_plugins().response])
        # `update_plugin` takes no id, and leaves `{id}` in its address.
        instance = edge.start_plugin_instance(
            name="waf-1",
            plugin_id=made.id,
            description="the first",
            command="/run",
            manager_config={"process_manager": {"name": "supervisor", "subprocesses": ["sshd"]}},
        ).response
        equal("the instance", (instance.name, instance.image_id), ("waf-1", made.id))
        for _ in range(50):
            state = edge.get_plugin_instance(instance.id).response
            if state.status == "running":
                break
        equal("the instance's state", state.status, "running")
        tally.member("instances", "waf-1", [one["name"] for one in edge.get_plugin_instances().response])
        users = edge.put_plugin_instance_user(instance.id, username="ana", password="not a secret")
        equal("the new user's answer", users.status, 200)
        edge.delete_plugin_instance_user(instance.id, "ana")
        refused = tally.raises(
            "the deletion of what runs", ApiException, lambda: edge.delete_plugin_instance(instance.id)
        )
        equal("its refusal", status_of(refused), 400)
        edge.put_stop_container(state.uuid)
        for _ in range(50):
            if edge.get_plugin_instance(instance.id).response.status != "running":
                break
        edge.delete_plugin_instance(instance.id)
        equal("instances later", edge.get_plugin_instances().response, [])
        edge.delete_plugin(made.id)
        equal("plugins later", edge.get_plugins().response, [])


def main(url):
    tally = Tally()
    root = bring_up(tally, url)
    for part in (ipsec, routes, firewall, old_firewall, overlay, system, plugins):
        part(tally, root)
    tally.finish()


if __name__ == "__main__":
    main(sys.argv[1])
