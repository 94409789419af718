//! Tests of the schema: it allows what the loader knows, no more and no less.

use std::collections::BTreeSet;
use std::fs;

use super::*;
use crate::load::{Request, load};

/// The names that the loader lists when it meets one it does not know.
fn known(settings: &str, stack: &str) -> BTreeSet<String> {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("stacks")).expect("a folder");
    fs::write(folder.path().join("terrace.yaml"), settings).expect("a file");
    fs::write(folder.path().join("stacks/web.yaml"), stack).expect("a file");
    let request = Request::of(folder.path());
    let error = load(&request).expect_err("a name that is not known");
    let mut helps = error.diagnostics.into_iter().filter_map(|d| {
        Some(d.help?.strip_prefix("known are ")?.to_owned()).filter(|_| d.code == "E0201")
    });
    let help = helps.next().unwrap_or_else(|| panic!("nothing is known in {settings}\n{stack}"));
    help.split(", ").map(str::to_owned).collect()
}

fn properties(schema: &Json) -> BTreeSet<String> {
    schema["properties"].as_object().expect("properties").keys().cloned().collect()
}

const ODD: &str = "zzzzzzzzzzzzzzz";

#[test]
fn the_loader_knows_what_the_schema_allows() {
    let cloud = "cloud: simulator\n";
    let (workspace, stack) = (schema(Document::Workspace), schema(Document::Stack));
    assert_eq!(known(&format!("{ODD}: 1"), ""), properties(&workspace), "terrace.yaml");
    let environment = &workspace["properties"]["environments"]["additionalProperties"];
    let settings = format!("environments: {{ a: {{ {ODD}: 1 }} }}");
    assert_eq!(known(&settings, ""), properties(environment), "environment");
    assert_eq!(known(cloud, &format!("{ODD}: 1")), properties(&stack), "stack");
    let settings = format!("state: {{ {ODD}: 1 }}");
    assert_eq!(known(&settings, ""), properties(&workspace["properties"]["state"]["anyOf"][1]));
    let settings = format!("defaults: {{ {ODD}: 1 }}");
    assert_eq!(known(&settings, ""), properties(&workspace["properties"]["defaults"]), "defaults");
    let variable = &stack["properties"]["variables"]["additionalProperties"]["anyOf"][1];
    let text = format!("variables: {{ a: {{ {ODD}: 1 }} }}");
    assert_eq!(known(cloud, &text), properties(variable), "variable");
    let text = format!("variables: {{ a: {{ validate: {{ {ODD}: 1 }} }} }}");
    assert_eq!(known(cloud, &text), properties(&variable["properties"]["validate"]["anyOf"][0]));
    let text = format!("variables: {{ a: {{ type: list, items: {{ {ODD}: 1 }} }} }}");
    let mut inner = properties(&stack["$defs"]["type"]["anyOf"][1]);
    inner.retain(|name| !["default", "description"].contains(&name.as_str()));
    assert_eq!(known(cloud, &text), inner, "type");
    let output = &stack["properties"]["outputs"]["additionalProperties"]["anyOf"][0];
    let text = format!("outputs: {{ a: {{ value: 1, {ODD}: 1 }} }}");
    assert_eq!(known(cloud, &text), properties(output), "output");
    for kind in Kind::ALL {
        let section = kind.section();
        let inside = |field: &str| match kind.schema().parent {
            None => format!("{section}: {{ a: {{ {field} }} }}"),
            Some(parent) => {
                format!(
                    "{}: {{ p: {{ {}: {{ a: {{ {field} }} }} }} }}",
                    parent.section(),
                    kind.schema().key
                )
            }
        };
        let allowed = &stack["$defs"][section];
        let mut loader = known(cloud, &inside(&format!("{ODD}: 1")));
        if let Some(parent) = kind.schema().parent {
            // The loader has words of its own for these.
            let to_parent = kind.schema().attributes.iter();
            let to_parent = to_parent.filter(|a| a.refers == terrace_model::Refers::Kind(parent));
            for name in to_parent.map(|a| a.name).chain(syntax::NOT_NESTED) {
                loader.remove(name);
            }
        }
        assert_eq!(loader, properties(allowed), "{section}");
        let lifecycle = known(cloud, &inside(&format!("lifecycle: {{ {ODD}: 1 }}")));
        assert_eq!(lifecycle, properties(&allowed["properties"]["lifecycle"]), "{section}");
        let timeouts = known(cloud, &inside(&format!("timeouts: {{ {ODD}: 1 }}")));
        assert_eq!(timeouts, properties(&allowed["properties"]["timeouts"]), "{section}");
    }
}

#[test]
fn what_is_typed_is_in_the_schema() {
    let stack = schema(Document::Stack);
    let server = &stack["$defs"]["servers"];
    assert_eq!(server["required"], Json::Null, "`defaults` may give it");
    let rule = &stack["$defs"]["security_groups"]["properties"]["rules"]["anyOf"][0]["items"];
    assert_eq!(rule["anyOf"][0]["required"], json!(["direction"]), "inside of blocks it is");
    let gateway = &schema(Document::Workspace)["properties"]["cloud"]["anyOf"][2];
    assert_eq!(gateway["required"], json!(["type", "endpoint", "project_id"]));
    assert_eq!(server["properties"]["status"], Json::Null, "set by the cloud");
    let group = &stack["$defs"]["ports"]["properties"]["security_groups"];
    assert_eq!(
        group["anyOf"],
        json!([{ "type": "array", "items": { "type": "string" } }, { "$ref": "#/$defs/expression" }])
    );
    let nic = &server["properties"]["networks"]["anyOf"][0]["items"]["anyOf"][0]["anyOf"];
    assert_eq!(nic[0], json!({ "type": "string" }), "a network by its name");
    assert_eq!(nic[1]["properties"]["port"]["type"], "string");
    let volumes = &server["properties"]["volumes"]["anyOf"][1]["items"]["anyOf"];
    assert_eq!(volumes[0], json!({ "type": "string" }), "a volume by its name");
    let version = &stack["$defs"]["subnets"]["properties"]["enable_dhcp"]["anyOf"][0];
    assert_eq!(*version, json!({ "type": "boolean" }));
    assert_eq!(stack["$defs"]["subnets"]["properties"]["network_id"], Json::Null, "by its place");
}
