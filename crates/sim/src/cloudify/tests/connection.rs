//! Credentials, tenants in headers, tokens, bad requests, maintenance (cloudify.md#requests, cloudify.md#maintenance,
//! cloudify.md#roles).

use super::*;

#[test]
fn credentials_and_tenants_are_checked() {
    desk().play(
        r#"
        GET version as=none
        -> 401 {"error_code": "unauthorized_error", "message": "User unauthorized: No authentication info provided", "server_traceback": null}
        GET version
        -> 200 {"edition": "premium", "version": "7.1.0", "build": null}
        GET version tenant=None
        -> 200
        GET version as=nosuch
        -> 401 {"message": "User unauthorized: No authentication info provided"}
        GET version tenant=nosuch_tenant
        -> 403 {"error_code": "forbidden_error", "message": "Authorization failed: Tried to authenticate with invalid tenant name: nosuch_tenant"}
        GET blueprints?_include=id tenant=None
        -> 403 {"message": "Authorization failed: tenant not provided"}
        GET /api/v3/version
        -> 200
        GET /api/version
        -> 200
        GET /api/version as=none tenant=None
        -> 401
        GET /api/status
        -> 404 html
        GET /api/v4/version
        -> 404 html
        GET nosuch
        -> 404 html
        GET ok as=none tenant=None
        -> 200
        GET status
        -> 200 {"status": "OK", "services": "*"}
        GET /api/v3/status
        -> 404 html
        GET status?_include=status
        -> 200 keys status
        GET status?summary=true
        -> 200 {"status": "OK", "services": {}}
        PATCH tenants/default_tenant {}
        -> 405 html
        "#,
    );
}

#[test]
fn a_wrong_password_is_told_apart() {
    let mut desk = desk();
    desk.get("version");
    let request = Request::new(Method::Get, full("version"))
        .header("Authorization", format!("Basic {}", STANDARD.encode("admin:wrong")));
    let response = desk.send(&request);
    let text = String::from_utf8(response.body).unwrap();
    assert_eq!(response.status, 401);
    assert!(text.contains("Authentication failed for <User username=`admin`>. Wrong credentials or locked account"));
}

#[test]
fn tokens_are_made_listed_masked_and_deleted() {
    let mut desk = desk();
    desk.play(
        r#"
        POST tokens {"description": "lab"}
        -> 200 {"id": "$id", "username": "admin", "value": "$token", "role": "sys_admin", "expiration_date": null, "last_used": null, "description": "lab"}
        GET user token=$token
        -> 200 keys username tenants tenant_roles groups role group_system_roles active created_at first_login_at last_login_at is_locked show_getting_started password_hash
        GET tokens
        -> 200 {"metadata": {"pagination": {"total": 1, "size": 1000, "offset": 0}, "filtered": null}, "items": [{"value": "ctok-$id-********"}]}
        GET /api/v3/tokens
        -> 404 html
        GET user token=ctok-abc-def
        -> 401 {"message": "User unauthorized: Unauthorized"}
        GET user token=junk
        -> 401 {"message": "User unauthorized: Invalid token structure"}
        DELETE tokens/$id
        -> 204 empty
        GET user token=$token
        -> 401 {"message": "User unauthorized: Unauthorized"}
        POST tokens {"expiration_date": "+1h"}
        -> 200 {"value": "$short", "expiration_date": "2026-01-01T01:00:02.250Z"}
        GET user token=$short
        -> 200
        wait 14400
        GET user token=$short
        -> 401
        POST tokens {"expiration_date": "tomorrow"}
        -> 500 {"error_code": "internal_server_error"}
        "#,
    );
    assert!(desk.known["token"].starts_with("ctok-"));
}

#[test]
fn content_type_and_json_are_taken_literally() {
    let mut desk = desk();
    desk.get("version");
    let mut send = |content_type: &str, body: &str| {
        let mut request = Request::new(Method::Put, full("secrets/x1"))
            .header("Authorization", credentials("admin"))
            .header("Tenant", "default_tenant")
            .header("Content-Type", content_type);
        request.body = body.as_bytes().to_vec();
        let response = desk.send(&request);
        (response.status, String::from_utf8(response.body).unwrap())
    };
    assert_eq!(send("text/plain", "{}").0, 415);
    let (status, text) = send("application/json; charset=utf-8", r#"{"value": "v"}"#);
    assert_eq!(status, 415);
    assert!(text.contains("Content type must be application/json"), "{text}");
    let (status, text) = send("application/json", "{not");
    assert_eq!(status, 400);
    assert!(text.starts_with("<!doctype html>"), "{text}");
    assert_eq!(send("application/json", "").0, 400);
}

#[test]
fn names_and_bodies_are_validated() {
    desk().play(
        r#"
        PUT secrets/x1 {}
        -> 400 {"error_code": "bad_parameters_error", "message": "Missing value in json request body"}
        PUT secrets/1abc {"value": "v"}
        -> 400 {"message": "The `key` argument must begin with a letter"}
        PUT secrets/a%20b {"value": "v"}
        -> 400 {"message": "The `key` argument contains illegal characters. Only letters, digits and the characters \"-\", \".\" and \"_\" are allowed"}
        PUT secrets/x1 {"value": "v", "update_if_exists": "maybe"}
        -> 400 {"message": "update_if_exists must be <true/false>, got maybe"}
        PUT secrets/x1 {"value": "v", "unknown_key": 1, "update_if_exists": "true"}
        -> 200
        "#,
    );
}

#[test]
fn maintenance_refuses_work() {
    desk().play(
        r#"
        GET maintenance
        -> 200 {"status": "deactivated", "activated_at": "", "activation_requested_at": "", "remaining_executions": null, "requested_by": ""}
        POST maintenance/activate {}
        -> 200 {"status": "activated", "activated_at": "2026-01-01T00:00:00.500Z", "remaining_executions": [[]], "requested_by": "admin"}
        GET maintenance
        -> 200 {"status": "activated", "remaining_executions": null}
        GET blueprints?_include=id&_size=1
        -> 503 {"error_code": "maintenance_mode_active", "message": "Your request was rejected since Cloudify manager is currently in maintenance mode", "server_traceback": "NoneType: None\n"}
        GET version
        -> 200
        POST maintenance/activate {}
        -> 304 empty
        POST maintenance/bogus {}
        -> 400 {"message": "Invalid action: bogus, Valid action values are: ['activate', 'deactivate']"}
        POST maintenance/deactivate {}
        -> 200 {"status": "deactivated", "requested_by": "admin"}
        POST maintenance/deactivate {}
        -> 304 empty
        GET maintenance
        -> 200 {"status": "deactivated", "activated_at": ""}
        "#,
    );
}

/// The role matrix (cloudify.md#roles).
#[test]
fn roles_allow_what_they_allow() {
    let mut desk = desk();
    desk.play("POST tenants/acme1\n-> 201");
    let roles = ["manager", "user", "operations", "viewer"];
    for role in roles {
        desk.play(&format!(
            r#"
            PUT users {{"username": "{role}", "password": "{role}{role}"}}
            -> 201
            PUT tenants/users {{"username": "{role}", "tenant_name": "acme1", "role": "{role}"}}
            -> 200
            "#
        ));
    }
    let matrix: [(&str, [u16; 4]); 15] = [
        ("GET blueprints?_include=id", [200, 200, 200, 200]),
        (r#"PUT secrets/rm {"value": "x"}"#, [200, 409, 403, 403]),
        (r#"PATCH secrets/rm {"value": "y"}"#, [200, 200, 403, 403]),
        (r#"PUT deployments/zz {"blueprint_id": "no"}"#, [404, 404, 404, 403]),
        (r#"POST executions {"deployment_id": "no", "workflow_id": "install"}"#, [404, 404, 404, 403]),
        ("GET tenants/acme1", [200, 200, 200, 403]),
        ("GET users", [403; 4]),
        (r#"PUT tenants/users {"username": "user"}"#, [403; 4]),
        ("POST tenants/xyz9", [403; 4]),
        ("GET plugins", [200; 4]),
        ("GET snapshots", [403; 4]),
        ("GET status", [200; 4]),
        ("GET tokens", [200; 4]),
        ("POST maintenance/activate {}", [403; 4]),
        ("GET user-groups", [403; 4]),
    ];
    for (request, statuses) in matrix {
        for (role, status) in roles.iter().zip(statuses) {
            let (head, body) =
                request.split_once(" {").map_or((request, String::new()), |(h, b)| (h, format!(" {{{b}")));
            desk.play(&format!("{head} as={role} tenant=acme1{body}\n-> {status}"));
        }
    }
    desk.play(
        r#"
        GET users as=user
        -> 403 {"message": "User `user` is not permitted to perform the action user_list in the tenant `default_tenant`"}
        GET secrets as=user
        -> 403 {"message": "User `user` is not permitted to perform the action secret_list in the tenant `default_tenant`"}
        "#,
    );
}
