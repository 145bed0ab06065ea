//! Sites that are retired: their controllers are given up, and what others have because of them goes with that, in one plan.
//!
//! Such a site stays in the files until it is gone: nobody takes its id meanwhile, and the lists that name it need no change.

use std::collections::BTreeSet;

use super::model::Fabric;
use crate::finding::Place;

impl Fabric {
    /// Takes out the sites that are retired, wherever they are named. Gives their controllers, each with the place that
    /// says so.
    pub(super) fn retire(&mut self) -> Vec<(String, Place)> {
        let retired: BTreeSet<String> =
            self.sites.values().filter(|site| site.retired).map(|site| site.name.clone()).collect();
        if retired.is_empty() {
            return Vec::new();
        }
        let stays = |name: &String| !retired.contains(name);
        let leaving = self.sites.values().filter(|site| site.retired);
        let controllers = leaving.flat_map(|site| {
            site.controllers.iter().map(|controller| (controller.name.clone(), site.place.below("retired")))
        });
        let controllers = controllers.collect();
        self.sites.retain(|name, _| stays(name));
        for vpn in self.vpns.values_mut() {
            [&mut vpn.between, &mut vpn.hubs, &mut vpn.spokes].into_iter().for_each(|names| names.retain(stays));
            vpn.translate.retain(|name, _| stays(name));
            vpn.connections.retain(|name, _| !retired.iter().any(|site| is_of(name, site)));
        }
        for mesh in self.meshes.values_mut() {
            mesh.members.retain(stays);
            mesh.hubs.iter_mut().for_each(|hubs| hubs.retain(stays));
        }
        controllers
    }
}

/// Says whether a connection's name is made with that of a site, as `london-paris` is with `paris`.
fn is_of(connection: &str, site: &str) -> bool {
    format!("-{connection}-").contains(&format!("-{site}-"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lab, lines};

    const FABRIC: &str = "
  sites:
    london: { on: london, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    paris: { on: paris, id: 2, asn: 65002, networks: [10.2.0.0/16], RETIRED }
    oslo: { on: oslo, id: 3, asn: 65003, networks: [10.3.0.0/16] }
  vpns:
    core:
      between: [london, paris, oslo]
      psk: { derive: '${secret.vpn}' }
      profile: strong
      connections: { london-paris: { pfs: false } }
";

    fn loaded(retired: &str) -> Result<crate::topology::Loaded, String> {
        lab(&["london", "paris", "oslo"], &FABRIC.replace("RETIRED", retired), &[]).map_err(|findings| lines(&findings))
    }

    #[test]
    fn a_retired_site_is_given_up_and_nobody_has_a_connection_to_it() {
        let before = loaded("retired: false").unwrap();
        let after = loaded("retired: true").unwrap();
        let of = |loaded: &crate::topology::Loaded, site: &str| {
            let named = loaded.topology.resources.keys().map(ToString::to_string);
            named.filter(|address| address.contains(site)).count()
        };
        assert!(of(&before, "paris") > 0 && of(&after, "core-paris") == 0, "no half leads there");
        assert!(of(&before, "core-oslo") > of(&after, "core-oslo"), "that of paris is gone");
        let is_retired = |name: &str| after.topology.targets[name].retired;
        assert_eq!(["london", "paris", "oslo"].map(is_retired), [false, true, false]);
        assert!(!before.topology.targets["paris"].retired);
        // A table holds texts.
        assert!(loaded("retired: 'yes'").unwrap().topology.targets["paris"].retired);
        assert!(loaded("retired: perhaps").unwrap_err().contains("`retired`"));
    }
}
