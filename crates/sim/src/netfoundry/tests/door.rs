//! The token grant and the bearer (netfoundry.md#login, netfoundry.md#requests).

use serde_json::json;

use super::{BASIC, World, body, grant};
use wire::{Method, Request};

#[test]
fn the_first_account_is_the_only_one() {
    let mut world = World::new();
    let again = world.send(grant(BASIC));
    assert_eq!(again.status, 200);
    assert_eq!(body(&again)["expires_in"], 3600);
    assert_eq!(body(&again)["token_type"], "Bearer");
    // `api:other` and `xxx:secret`.
    for other in ["Basic YXBpOm90aGVy", "Basic eHh4OnNlY3JldA==", "Basic !!", "Bearer x"] {
        let refused = world.send(grant(other));
        assert_eq!((refused.status, body(&refused)), (401, json!({ "error": "invalid_client" })), "{other}");
    }
    let mut without = grant(BASIC);
    without.body.clear();
    assert_eq!(world.send(without).status, 400);
}

#[test]
fn every_other_call_needs_a_bearer_that_lives_for_an_hour() {
    let mut world = World::new();
    let bare = world.send(Request::new(Method::Get, "/core/v2/networks"));
    assert_eq!(bare.status, 401);
    assert_eq!(body(&bare)["error"], "Unauthorized");
    let foreign = Request::new(Method::Get, "/identity/v1/organizations").header("Authorization", "Bearer abc");
    assert_eq!(world.send(foreign).status, 401);

    world.get("networks");
    world.pass(3_599_000);
    let (status, body) = world.look("networks");
    assert_eq!((status, &body["message"]), (401, &json!("the token has expired")));
}

#[test]
fn logout_ends_a_token() {
    let mut world = World::new();
    let mut request = world.request(Method::Post, "");
    request.url = "/identity/v1/logout".to_owned();
    assert_eq!(body(&world.send(request)), json!({ "loggedOut": true }));
    assert_eq!(world.look("networks").0, 401);
}

#[test]
fn a_saved_state_holds_no_password() {
    let world = World::new();
    assert!(!world.platform.save().to_string().contains("secret"));
}
