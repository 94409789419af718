//! What the cloud offers, and what can be done to a server that is managed.

use terrace_api::compute;

use crate::create::{apply, destroy};
use crate::project::{Project, text};

const STACK: &str = "stacks/web.yaml";

#[test]
fn the_cloud_is_looked_at_and_a_server_is_operated() {
    let mut project = Project::new("operate");
    let workspace = project.quickstart();
    workspace.edit(STACK, "count: 3", "count: 1");
    for (command, there) in [
        ("check", "up to 2.93"),
        ("flavors", "m1.tiny"),
        ("images", "cirros"),
        ("zones", "az1"),
        ("quotas", "instances"),
    ] {
        let _ = workspace.terrace(&["cloud", command]).code(0).says(there);
        let _ = workspace.terrace(&["cloud", command, "--json"]).code(0).says(there).json();
    }
    let _ = workspace.terrace(&["cloud", "hypervisors"]).code(1).says("403").says("req-");
    let admin = Project::of_administrator("operate-admin");
    let _ = admin.quickstart().terrace(&["cloud", "hypervisors"]).code(0).says("fake-az1-1");
    admin.remove();
    apply(&workspace);
    let server = "web/servers.web[0]";
    let _ = workspace.terrace(&["server", "list"]).code(0).says("ACTIVE");
    for (arguments, said) in [
        (&["list", "--status", "ACTIVE", "--flavor", "m1.tiny", "--image", "cirros"][..], server),
        (&["list", "--status", "ERROR"], "No recorded server passes."),
        (&["stop", server], "is SHUTOFF"),
        (&["start", server], "is ACTIVE"),
        (&["reboot", server], "is ACTIVE"),
        (&["reboot", server, "--hard"], "is ACTIVE"),
        (&["snapshot", server, "--name", "kept"], "is in the image `kept`"),
        (&["console-log", server], "login"),
        (&["show", server], "createImage"),
    ] {
        let _ = workspace.terrace(&[&["server"], arguments].concat()).code(0).says(said);
    }
    project.client.run("image delete kept");
    destroy(&workspace, project);
}

/// Nova makes keys of its own for who asks in an old enough version, whatever it offers itself.
#[test]
fn a_keypair_is_generated_and_its_private_half_never_shows() {
    let mut project = Project::new("generated");
    let somebody = project.somebody("demo");
    let made = somebody.wait(somebody.session().one(compute::generate_keypair("made-there")));
    let made: compute::Generated = made.expect("the cloud makes a key");
    assert!(made.keypair.public_key.starts_with("ssh-"), "{made:?}");
    assert!(!format!("{made:?}").contains("PRIVATE KEY"), "it shows");
    let shown = project.client.json("keypair show made-there");
    assert_eq!(text(&shown, "fingerprint"), made.keypair.fingerprint);
    somebody.does(compute::delete_keypair("made-there"));
    project.finish();
}
