//! Files that expressions read: what is taken from where, and what is refused.

use std::fs::{self, File};
use std::os::unix::fs::symlink;

use crate::common::Workspace;

/// A quickstart whose keypair has a description of its own making.
fn with(expression: &str) -> Workspace {
    let w = Workspace::quickstart();
    let output = format!("outputs:\n  text: '{expression}'");
    w.edit("outputs:", &output);
    w
}

#[test]
fn templates_are_filled_also_in_each_other() {
    let w = with(r#"${template("motd/outer.txt", {"name": "web", "ports": [80, 443]})}"#);
    fs::create_dir(w.path("motd")).expect("a folder");
    fs::write(
        w.path("motd/outer.txt"),
        "${template(\"motd/inner.txt\", {\"name\": name})} on ${ports.map(p, string(p)).join(\",\")}, $${HOME}",
    )
    .expect("a file");
    fs::write(w.path("motd/inner.txt"), "Welcome to ${upper(name)}").expect("a file");
    w.run(&["apply", "--yes"]).code(0);
    w.run(&["output", "web.text", "--json"]).code(0).says(&["Welcome to WEB on 80,443, ${HOME}"]);
}

#[test]
fn what_is_wrong_in_a_template_is_shown_in_it() {
    let w = with(r#"${template("a.txt", {})}"#);
    fs::write(w.path("a.txt"), "first\nsecond ${1 +} third\n").expect("a file");
    w.run(&["validate"]).code(1).says(&["E0502", "a.txt:2:13", "ends too early", "1 error"]);
    fs::write(w.path("a.txt"), "first\n${nmae}\n").expect("a file");
    w.run(&["validate"]).code(1).says(&["E0501", "`a.txt` line 2 names `nmae`", "1 error"]);
}

#[test]
fn templates_that_include_themselves_are_refused() {
    let w = with(r#"${template("a.txt", {})}"#);
    fs::write(w.path("a.txt"), "${template(\"a.txt\", {})}").expect("a file");
    w.run(&["validate"]).code(1).says(&["E0403", "`a.txt` includes itself", "1 error"]);
    fs::write(w.path("a.txt"), "${template(\"b.txt\", {})}").expect("a file");
    fs::write(w.path("b.txt"), "${template(\"a.txt\", {})}").expect("a file");
    w.run(&["validate"]).code(1).says(&[
        "E0403",
        "`a.txt` includes `b.txt` includes `a.txt`",
        "b.txt:1:12",
        "1 error",
    ]);
}

#[test]
fn files_from_elsewhere_and_what_is_no_file_are_refused() {
    let outside = tempfile::tempdir().expect("a folder");
    fs::write(outside.path().join("secret"), "hush").expect("a file");
    let prepare = |w: &Workspace| {
        fs::create_dir(w.path("folder")).expect("a folder");
        fs::write(w.path("inside.txt"), "fine").expect("a file");
        fs::write(w.path("latin.txt"), b"caf\xe9").expect("a file");
        symlink(w.path("inside.txt"), w.path("good-link")).expect("a link");
        symlink(outside.path().join("secret"), w.path("bad-link")).expect("a link");
        symlink(outside.path(), w.path("folder-link")).expect("a link");
        symlink("loop", w.path("loop")).expect("a link");
        let huge = File::create(w.path("huge")).expect("a file");
        huge.set_len(1 << 30).expect("a sparse file");
    };
    for (path, says) in [
        ("../secret", "is not a path inside the workspace"),
        ("../../../../../etc/hostname", "is not a path inside the workspace"),
        ("folder/../../../../../../etc/hostname", "is not a path inside the workspace"),
        ("/etc/hostname", "is not a path inside the workspace"),
        ("bad-link", "leads out of the workspace"),
        ("folder-link/secret", "leads out of the workspace"),
        ("loop", "cannot be read"),
        ("folder", "is not a file"),
        (".", "is not a file"),
        ("", "is not a file"),
        ("gone.txt", "cannot be read"),
        ("huge", "larger than 1 MiB"),
        ("latin.txt", "is not UTF-8 text"),
        ("inside.txt/x", "cannot be read"),
    ] {
        for function in
            [format!("${{file(\"{path}\")}}"), format!("${{template(\"{path}\", {{}})}}")]
        {
            let w = with(&function);
            prepare(&w);
            w.run(&["validate"])
                .code(1)
                .says(&[says, "stacks/web.yaml:", "1 error"])
                .never_says("hush");
        }
    }
    let w = with(r#"${file("good-link")}"#);
    prepare(&w);
    w.run(&["validate"]).code(0);
}
