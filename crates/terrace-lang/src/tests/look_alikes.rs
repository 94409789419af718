//! Values that YAML 1.1 took for something else: what they are, and where that is told.

use super::{complaints, difference, same, workspace};

#[test]
fn where_nothing_says_what_is_expected() {
    let mut all = String::new();
    for (written, expected) in [
        (
            "no",
            "`no` is text in YAML 1.2, not false\n  = write `false`, or `\"no\"` where text is meant",
        ),
        (
            "On",
            "`On` is text in YAML 1.2, not true\n  = write `true`, or `\"On\"` where text is meant",
        ),
        (
            "017",
            "`017` is text, not the number 15 of YAML 1.1\n  = write `0o17`, or `\"017\"` where text is meant",
        ),
        (
            "1:30",
            "`1:30` is text, not the number 90 of YAML 1.1\n  = write `90`, or `\"1:30\"` where text is meant",
        ),
        (
            "0o17",
            "`0o17` is the number 15 in YAML 1.2\n  = write `15`, or `\"0o17\"` where text is meant",
        ),
        (
            "12e4",
            "`12e4` is a number in YAML 1.2\n  = write the number without `e`, or `\"12e4\"` where text is meant",
        ),
        // Nothing to be mistaken.
        ("'no'", ""),
        ("true", ""),
        ("n", ""),
        ("1.5e3", ""),
        ("09:30", ""),
        ("1:99", ""),
        ("a:b", ""),
        ("089", ""),
        ("0", ""),
        ("10.0.0.0/8", ""),
        ("fe80::1", ""),
        ("nothing", ""),
    ] {
        let files = format!("== stacks/a.yaml\nlocals:\n  x: {written}\n");
        let expected =
            if expected.is_empty() { String::new() } else { format!("a:2:6 W0301 {expected}") };
        all += &difference(&complaints(&files), &expected, written);
    }
    assert!(all.is_empty(), "{all}");
}

#[test]
fn where_something_is_expected() {
    let files = "== stacks/a.yaml
variables:
  t: { type: string, default: no }
  e: { type: string, default: 1e3 }
  v: { type: list(string), default: [1.10, 0o17, on] }
  o: { type: object, fields: { when: string, mode: integer }, default: { when: 1:30, mode: 0o17 } }
  n: { type: number, default: 1e3 }
  c: { type: string, enum: [1.10, no], default: 1.10 }
networks:
  n: { name: no, description: 0755, mtu: 0o2734 }
";
    same(&complaints(files), "", files);
    same(
        &super::dump(&workspace(files)),
        "a vars.c = \"1.10\"
a vars.e = \"1e3\"
a vars.n = 1000.0
a vars.o = {\"mode\": 15, \"when\": \"1:30\"}
a vars.t = \"no\"
a vars.v = [\"1.10\", \"0o17\", \"on\"]
a/networks.n",
        files,
    );
    super::check(&[(
        "== stacks/a.yaml
variables:
  b: { type: boolean, default: no }
  i: { type: integer, default: 1:30 }
networks:
  n: { mtu: 1e3, admin_state_up: on }
",
        "a:2:32 E0602 the variable `b`, the default: expected true or false, found the text `no`
  | a:2:3 `b` is declared here
a:2:32 W0301 `no` is text in YAML 1.2, not false
  = write `false`
a:3:32 E0602 the variable `i`, the default: expected a whole number, found the text `1:30`
  | a:3:3 `i` is declared here
a:3:32 W0301 `1:30` is text, not the number 90 of YAML 1.1
  = write `90`
a:5:13 E0301 `mtu` of `a/networks.n`: expected a whole number from 68 to 65536, found the number 1000
a:5:13 W0301 `1e3` is a number in YAML 1.2
  = write the number without `e`
a:5:34 E0301 `admin_state_up` of `a/networks.n`: expected true or false, found the text `on`
a:5:34 W0301 `on` is text in YAML 1.2, not true
  = write `true`",
    )]);
}
