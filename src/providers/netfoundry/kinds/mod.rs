//! NetFoundry's kinds, one a file.

kinds! {
    network_groups: KIND;
    regions: KIND;
    network_versions: KIND;
    network_configs: KIND;
    organizations: KIND;
    identities: KIND;
    user_identities: KIND;
    api_accounts: KIND;
    roles: KIND;
    resource_types: KIND;
    resource_actions: KIND;
    grants: KIND;
    networks: KIND;
    network_controllers: KIND;
    hosts: KIND;
    certificate_authorities: KIND;
    auth_policies: KIND;
    config_types: KIND;
    posture_checks: KIND;
    edge_routers: KIND;
    endpoints: KIND;
    configs: KIND;
    services: KIND;
    edge_router_policies: KIND;
    service_edge_router_policies: KIND;
    service_policies: KIND;
    app_wans: KIND;
    terminators: KIND;
}
