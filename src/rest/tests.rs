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

#[test]
fn members_in_a_list_are_no_object() {
    let list = br#" [null, null, null, null, 0, ["documents"], null]"#;
    assert!(bodies::read::<bodies::GetBody>(list).is_ok());
    let refused = bodies::read_object::<bodies::GetBody>(list).err().unwrap();
    assert_eq!(refused.code(), 422);
}

#[test]
fn parameters_that_are_no_text_are_told_by_their_names() {
    for (path, name) in [
        ("/api/v2/tenants/%ff", "tenant_name"),
        ("/api/v2/tenants/%ff/databases", "tenant"),
        ("/api/v2/tenants/abc/databases/abc/collections/%ff/count", "collection_id"),
        ("/api/v2/collections/%ff", "crn"),
    ] {
        let refused = routes::find("GET", path).err().unwrap().to_string();
        assert_eq!(refused, format!("Invalid URL: Invalid UTF-8 in `{name}`"));
    }
}
