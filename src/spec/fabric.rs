//! What the parts of a fabric are at an API: the kinds and fields that its sites, meshes and connections come to.
//!
//! It is a table of names, and no code: the fabric knows what is meant, and a provider how that is called.

/// The kinds and fields that a fabric comes to at an API.
#[derive(Debug, Clone, Copy)]
pub struct FabricTable {
    /// What says the addresses of a controller: the kind, its public address, and the one in its own network.
    pub controller: ControllerFields,
    /// The half of a connection.
    pub half: HalfFields,
    /// A pair of networks that a half joins.
    pub pair: PairFields,
    /// The routing neighbour behind a half.
    pub neighbour: NeighbourFields,
    /// A route.
    pub route: RouteFields,
    /// What makes a mesh.
    pub mesh: MeshFields,
    /// What opens the firewall, and shows networks as others.
    pub firewall: FirewallFields,
}

impl FabricTable {
    /// Says whether a fabric comes to resources of a kind.
    pub(crate) fn comes_to(&self, kind: &str) -> bool {
        let FabricTable { controller: _, half, pair, neighbour, route, mesh, firewall } = self;
        let of_halves = [half.kind, half.local_identity.0, pair.kind, neighbour.kind, route.kind];
        let of_meshes = [mesh.keys.0, mesh.number.0, mesh.peer.0];
        of_halves.contains(&kind) || of_meshes.contains(&kind) || kind == firewall.set.0
    }
}

/// What says the addresses of a controller.
#[derive(Debug, Clone, Copy)]
pub struct ControllerFields {
    /// The kind.
    pub kind: &'static str,
    /// Its address for everybody.
    pub public: &'static str,
    /// Its address in its own network.
    pub private: &'static str,
}

/// The half of a connection: an IPsec connection to another gateway.
#[derive(Debug, Clone, Copy)]
pub struct HalfFields {
    /// The kind.
    pub kind: &'static str,
    /// Free text.
    pub description: &'static str,
    /// The address of the other gateway.
    pub address: &'static str,
    /// What the other gateway says that it is.
    pub identity: &'static str,
    /// The key that both share.
    pub key: &'static str,
    /// The version of IKE.
    pub version: &'static str,
    /// Whether routes decide or policies.
    pub form: &'static str,
    /// The word for routes, and for policies.
    pub forms: (&'static str, &'static str),
    /// The address in the tunnel.
    pub inner: &'static str,
    /// The selectors of a half by routes: the own one, and that of the other side.
    pub selectors: (&'static str, &'static str),
    /// Further options, a list of `WORD=VALUE`.
    pub options: &'static str,
    /// The words among the options that a profile gives by themselves, the proposals: the first one is needed.
    pub proposals: &'static [&'static str],
    /// The word among the options by which a controller says that it is somebody else than its own address.
    pub own_identity: &'static str,
    /// The kind and field that say it for all halves of a controller.
    pub local_identity: (&'static str, &'static str),
    /// The fields in which both halves have to agree.
    pub agreed: &'static [&'static str],
    /// What a cloud has to let in.
    pub let_in: &'static [&'static str],
}

/// A pair of networks that a half joins.
#[derive(Debug, Clone, Copy)]
pub struct PairFields {
    /// The kind.
    pub kind: &'static str,
    /// The own network.
    pub local: &'static str,
    /// The network of the other side.
    pub remote: &'static str,
    /// Fields that a vpn may give besides.
    pub further: &'static [&'static str],
    /// The fields that both halves have to mirror.
    pub agreed: &'static [&'static str],
}

/// The routing neighbour behind a half.
#[derive(Debug, Clone, Copy)]
pub struct NeighbourFields {
    /// The kind.
    pub kind: &'static str,
    /// The number of its autonomous system.
    pub asn: &'static str,
    /// The number that it sees.
    pub shown_asn: &'static str,
    /// The password of the session.
    pub password: &'static str,
    /// The list of what is let in and told.
    pub lines: &'static str,
    /// How a line begins that lets a network in, and one that tells it.
    pub line_words: (&'static str, &'static str),
    /// What makes a path look longer: whether, for which direction, by how much.
    pub distance: (&'static str, &'static str, &'static str),
    /// The word for the direction in which it does.
    pub inwards: &'static str,
    /// The fields in which both halves have to agree.
    pub agreed: &'static [&'static str],
}

/// A route.
#[derive(Debug, Clone, Copy)]
pub struct RouteFields {
    /// The kind.
    pub kind: &'static str,
    /// Where it leads.
    pub cidr: &'static str,
    /// The interface that it leads through.
    pub interface: &'static str,
    /// The next hop.
    pub gateway: &'static str,
    /// The pair of a half that it leads through.
    pub through: &'static str,
    /// Its weight.
    pub metric: &'static str,
    /// Whether the overlay hears of it.
    pub advertise: &'static str,
    /// Free text.
    pub description: &'static str,
    /// The interface of a controller's own network.
    pub first_interface: &'static str,
}

/// What makes a mesh.
#[derive(Debug, Clone, Copy)]
pub struct MeshFields {
    /// The keys: the kind, the word that they depend on, the controller to fetch them from, and what tells them apart.
    pub keys: (&'static str, &'static str, &'static str, &'static str),
    /// The number of a controller: the kind, and the field.
    pub number: (&'static str, &'static str),
    /// Another controller: the kind, its number, its address, and the largest packet on the way.
    pub peer: (&'static str, &'static str, &'static str, &'static str),
    /// What the license grants: the kind, the numbers of autonomous systems by that of the controller, and the overlay.
    pub grants: (&'static str, &'static str, &'static str),
    /// The fields in which two peers have to agree.
    pub agreed: &'static [&'static str],
    /// What a cloud has to let in.
    pub let_in: &'static [&'static str],
}

/// What opens the firewall, and shows networks as others.
#[derive(Debug, Clone, Copy)]
pub struct FirewallFields {
    /// A set of networks: the kind, its sort, the word for networks, its entries, and the network of one.
    pub set: (&'static str, &'static str, &'static str, &'static str, &'static str),
    /// The letters that the name of a set may have.
    pub longest_name: usize,
    /// The rules: the kind, the rule, and the comment.
    pub rules: (&'static str, &'static str, &'static str),
    /// Lets pass what comes from the set `{from}` and goes to the set `{to}`.
    pub open: &'static str,
    /// Sends to the network `{own}` what comes from `{theirs}` and is meant for `{shown}`.
    pub shown_in: &'static str,
    /// Shows the network `{own}` as `{shown}` to `{theirs}`.
    pub shown_out: &'static str,
    /// How a rule begins that decides about all that is forwarded.
    pub decides: &'static str,
}
