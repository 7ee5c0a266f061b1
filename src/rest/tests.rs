use super::*;

#[test]
fn json_is_known_by_its_type() {
    for json in ["application/json", "application/JSON; charset=utf-8", "application/vnd.api+json"] {
        assert!(is_json(json), "{json}");
    }
    for other in ["text/plain", "application/x-www-form-urlencoded", "text/json+json", ""] {
        assert!(!is_json(other), "{other}");
    }
}
