//! The fixed offers of the platform: network groups, regions, versions, sizes (netfoundry.md#network-groups,
//! netfoundry.md#regions).

use serde_json::{Map, Value, json};

use super::Platform;
use super::calendar::stamp;
use super::call::{Call, hal};
use super::list::{Page, equals};
use super::refusal::Refusal;
use wire::Response;

/// A place where the platform can run machines.
pub(super) struct Region {
    /// The cloud.
    pub provider: &'static str,
    /// The cloud's own code of the place.
    pub code: &'static str,
    name: &'static str,
    latitude: f64,
    longitude: f64,
}

const fn region(
    provider: &'static str,
    code: &'static str,
    name: &'static str,
    latitude: f64,
    longitude: f64,
) -> Region {
    Region { provider, code, name, latitude, longitude }
}

/// Clouds and codes as the cloud vendors publish them.
static REGIONS: [Region; 18] = [
    region("AWS", "us-east-1", "US East (N. Virginia)", 38.13, -78.45),
    region("AWS", "us-east-2", "US East (Ohio)", 39.96, -83.0),
    region("AWS", "us-west-1", "US West (N. California)", 37.35, -121.96),
    region("AWS", "us-west-2", "US West (Oregon)", 46.15, -123.88),
    region("AWS", "ca-central-1", "Canada (Central)", 45.5, -73.6),
    region("AWS", "eu-west-1", "EU (Ireland)", 53.0, -8.0),
    region("AWS", "eu-west-2", "EU (London)", 51.51, -0.13),
    region("AWS", "eu-central-1", "EU (Frankfurt)", 50.0, 8.0),
    region("AWS", "ap-southeast-2", "Asia Pacific (Sydney)", -33.87, 151.2),
    region("AWS", "sa-east-1", "South America (São Paulo)", -23.55, -46.63),
    region("AZURE", "eastus", "East US", 37.37, -79.82),
    region("AZURE", "westeurope", "West Europe", 52.37, 4.9),
    region("GCP", "us-central1", "Iowa", 41.26, -95.86),
    region("GCP", "europe-west3", "Frankfurt", 50.11, 8.68),
    region("OCI", "us-ashburn-1", "US East (Ashburn)", 39.04, -77.49),
    region("OCI", "us-phoenix-1", "US West (Phoenix)", 33.45, -112.07),
    region("OCI", "eu-amsterdam-1", "Netherlands Northwest (Amsterdam)", 52.37, 4.9),
    region("OCI", "ap-tokyo-1", "Japan East (Tokyo)", 35.68, 139.69),
];

/// Clouds on which a network's controller can run (netfoundry.md#networks).
pub(super) const CONTROLLER_CLOUDS: [&str; 2] = ["AWS", "OCI"];

/// The version of networks that are created without one.
const DEFAULT_VERSION: &str = "7.3.104";

/// The sizes of networks (netfoundry.md#network-configs: small, medium, large).
const SIZES: [(&str, &str, u64); 3] =
    [("small", "t3.small", 20), ("medium", "t3.medium", 40), ("large", "t3.xlarge", 80)];

/// The region with that provider and code.
pub(super) fn find_region(provider: &str, code: &str) -> Option<&'static Region> {
    REGIONS.iter().find(|region| region.provider == provider && region.code == code)
}

/// The cloud on which a controller runs when only the place was named.
pub(super) fn cloud_of(code: &str) -> Option<&'static str> {
    CONTROLLER_CLOUDS.into_iter().find(|provider| find_region(provider, code).is_some())
}

/// Says whether there is such a size.
pub(super) fn is_size(name: &str) -> bool {
    SIZES.iter().any(|(size, ..)| *size == name)
}

impl Platform {
    /// The id of the network group.
    pub(super) fn group_id(&self) -> String {
        self.mint.uuid(&["network-group"])
    }

    /// The id of a place in its oldest form (netfoundry.md#regions).
    pub(super) fn data_center_id(&self, provider: &str, code: &str) -> String {
        self.mint.uuid(&["data-center", provider, code])
    }

    /// The version of networks that are created without one.
    pub(super) fn default_version(&self) -> &str {
        self.setup.version.as_deref().unwrap_or(DEFAULT_VERSION)
    }

    /// Versions with whether new networks may have them.
    fn versions(&self) -> Vec<(&str, bool, &str)> {
        let mut versions = vec![("7.2.40", false, "0.22.0"), ("7.3.88", true, "0.27.9"), ("7.3.104", true, "0.28.4")];
        if !versions.iter().any(|(version, ..)| *version == self.default_version()) {
            versions.push((self.default_version(), true, "1.1.3"));
        }
        versions
    }

    /// Says whether a new network may have that version.
    pub(super) fn is_active_version(&self, version: &str) -> bool {
        self.versions().into_iter().any(|(known, active, _)| known == version && active)
    }

    /// `GET` below one of the read-only collections, or nothing if the path is none of them.
    pub(super) fn catalogue(&self, path: &[&str], call: &Call) -> Option<Result<Response, Refusal>> {
        let (all, key, id_key) = match *path.first()? {
            "network-groups" => (self.groups(call), "networkGroupList", "id"),
            "regions" => (by_distance(self.regions(call), call), "regionList", "locationCode"),
            "data-centers" => (self.data_centers(call), "dataCenters", "id"),
            "cloud-providers" => (self.providers(call), "cloudProviderList", "code"),
            "network-versions" => (self.network_versions(call), "network-versions", "networkVersion"),
            "network-configs" => (self.sizes(call), "networkConfigMetadataList", "id"),
            _ => return None,
        };
        Some(match path {
            _ if call.request.method != wire::Method::Get => Err(Refusal::no_verb(call)),
            ["network-versions"] if call.request.query_value("sort").is_some() => {
                Err(Refusal::Spring(500, "No property name found".to_owned()))
            }
            [_] => Ok(chosen(&all, key, call)),
            ["regions", provider, code] => one(&all, |region| {
                region.get("provider") == Some(&json!(provider)) && region.get("locationCode") == Some(&json!(code))
            }),
            ["regions", _] => Err(Refusal::no_route()),
            [_, id] => one(&all, |item| item.get(id_key) == Some(&json!(id))),
            _ => Err(Refusal::no_route()),
        })
    }

    /// Network groups (netfoundry.md#network-groups): usually exactly one.
    fn groups(&self, call: &Call) -> Vec<Value> {
        self.group_names()
            .map(|(name, id)| {
                let words = name.trim_end_matches(" Group");
                let letters = words.chars().filter(char::is_ascii_alphanumeric).chain("GRP".chars());
                json!({
                    "id": id,
                    "name": name,
                    "shortName": letters.map(|letter| letter.to_ascii_uppercase()).collect::<String>(),
                    "ownerIdentityId": self.user_id(),
                    "createdAt": stamp(0),
                    "deletedAt": null,
                    "_links": { "self": call.core_link(&format!("network-groups/{id}")) },
                })
            })
            .collect()
    }

    /// The groups' names and ids; the first one is named after the installation.
    fn group_names(&self) -> impl Iterator<Item = (String, String)> {
        let first = (format!("{} Group", self.setup.name), self.group_id());
        let further = self.further_groups.iter().map(|name| (name.clone(), self.mint.uuid(&["network-group", name])));
        std::iter::once(first).chain(further)
    }

    /// Says whether there is a group of that id.
    pub(super) fn has_group(&self, id: &str) -> bool {
        self.group_names().any(|(_, known)| known == id)
    }

    /// Adds a group, as the vendor would.
    pub(super) fn console_add_group(&mut self, fields: &Map<String, Value>) -> Result<Value, String> {
        let name = fields.get("name").and_then(Value::as_str).ok_or("a group needs a `name`")?.to_owned();
        if self.group_names().any(|(known, _)| known.eq_ignore_ascii_case(&name)) {
            return Err(format!("there is a group `{name}` already"));
        }
        self.further_groups.push(name.clone());
        Ok(json!({ "id": self.mint.uuid(&["network-group", &name]), "name": name }))
    }

    /// Rows of `regions` (netfoundry.md#regions).
    fn regions(&self, call: &Call) -> Vec<Value> {
        let to_json = |region: &Region| {
            json!({
                "locationCode": region.code,
                "name": region.name,
                "provider": region.provider,
                "latitude": region.latitude,
                "longitude": region.longitude,
                "_links": { "self": call.core_link(&format!("regions/{}/{}", region.provider, region.code)) },
            })
        };
        REGIONS.iter().map(to_json).collect()
    }

    /// Rows of `data-centers`, the older form of them (netfoundry.md#regions).
    fn data_centers(&self, call: &Call) -> Vec<Value> {
        let to_json = |region: &Region| {
            let id = self.data_center_id(region.provider, region.code);
            json!({
                "id": id,
                "provider": region.provider,
                "locationCode": region.code,
                "locationName": region.name,
                "lat": region.latitude,
                "lng": region.longitude,
                "_links": { "self": call.core_link(&format!("data-centers/{id}")) },
            })
        };
        REGIONS.iter().map(to_json).collect()
    }

    /// Rows of `cloud-providers`: the clouds that they name (netfoundry.md#regions).
    fn providers(&self, call: &Call) -> Vec<Value> {
        let mut codes: Vec<&str> = REGIONS.iter().map(|region| region.provider).collect();
        codes.dedup();
        let to_json = |code: &str| json!({ "code": code, "name": code, "_links": { "self": call.core_link(&format!("cloud-providers/{code}")) } });
        codes.into_iter().map(to_json).collect()
    }

    /// Rows of `network-versions` (netfoundry.md#network-versions).
    fn network_versions(&self, call: &Call) -> Vec<Value> {
        let to_json = |(version, active, ziti): (&str, bool, &str)| {
            json!({
                "networkVersion": version,
                "active": active,
                "default": version == self.default_version(),
                "zitiVersion": ziti,
                "jsonNode": { "zitiBinaryBundleLinuxAMD64": format!("https://downloads.example.com/ziti-{ziti}.tgz") },
                "_links": { "self": call.core_link(&format!("network-versions/{version}")) },
            })
        };
        self.versions().into_iter().map(to_json).collect()
    }

    /// Rows of `network-configs` (netfoundry.md#network-configs).
    fn sizes(&self, call: &Call) -> Vec<Value> {
        let to_json = |(name, machine, volume): &(&str, &str, u64)| {
            let id = self.mint.uuid(&["network-config", name]);
            json!({
                "id": id,
                "name": name,
                "awsNetworkControllerSize": machine,
                "networkControllerVolumeSize": volume,
                "_links": { "self": call.core_link(&format!("network-configs/{id}")) },
            })
        };
        SIZES.iter().map(to_json).collect()
    }
}

/// A page of a catalogue. A field may be named several times, as `provider` is; then any of the values will do.
fn chosen(all: &[Value], key: &str, call: &Call) -> Response {
    let query = call.request.query();
    let passes = |item: &&Value| {
        query.iter().filter(|(name, _)| !["latitude", "longitude"].contains(&name.as_str())).all(|(name, _)| {
            let Some(field) = item.get(name) else { return true };
            query.iter().any(|(other, value)| other == name && equals(field, value))
        })
    };
    let mut found: Vec<Value> = all.iter().filter(passes).cloned().collect();
    if call.request.query_value("sort").is_some_and(|sort| sort.starts_with("name")) {
        found.sort_by_key(|item| item.get("name").map(Value::to_string));
    }
    let page = Page::of(call);
    hal(200, &page.envelope(key, page.cut(&found).to_vec(), found.len(), call))
}

/// Sorts regions by their distance from the place that a query names, nearest first (netfoundry.md#regions).
fn by_distance(mut regions: Vec<Value>, call: &Call) -> Vec<Value> {
    let asked = |name: &str| call.request.query_value(name).and_then(|text| text.parse::<f64>().ok());
    let (Some(latitude), Some(longitude)) = (asked("latitude"), asked("longitude")) else { return regions };
    let distance = |region: &Value| {
        let held = |name: &str| region.get(name).and_then(Value::as_f64).unwrap_or_default().to_radians();
        let (north, east) = (held("latitude"), held("longitude"));
        let (here_north, here_east) = (latitude.to_radians(), longitude.to_radians());
        let half = |angle: f64| (angle / 2.0).sin().powi(2);
        half(north - here_north) + north.cos() * here_north.cos() * half(east - here_east)
    };
    regions.sort_by(|left, right| distance(left).total_cmp(&distance(right)));
    regions
}

fn one(all: &[Value], is_it: impl Fn(&Value) -> bool) -> Result<Response, Refusal> {
    match all.iter().find(|item| is_it(item)) {
        Some(item) => Ok(hal(200, item)),
        None => Err(Refusal::Absent("there is no such resource".to_owned())),
    }
}
