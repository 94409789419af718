//! Codes of values, names and references.

use super::Code;
use super::Example::{Files, Plan, Stack, Untried};

pub(super) const CODES: &[Code] = &[
    Code {
        code: "E0301",
        title: "A value has the wrong type.",
        why: "The kind's table says what each attribute takes, and the cloud would refuse anything else later.",
        example: Stack("networks:\n  front: { mtu: big }\n"),
        fix: "Write a value of the type that is named. A number that is meant as text is quoted only where text is not expected already.",
    },
    Code {
        code: "E0302",
        title: "`count`, `for_each` or `when` is not a plan-time value of the right type.",
        why: "How many instances there are is decided before anything is made: `count` is a whole number from 0 to 100000, `for_each` a map or a list of different texts, `when` true or false.",
        example: Stack("networks:\n  front: { count: -1 }\n"),
        fix: "Compute it from `vars`, `locals` and `env` only; what a cloud tells only later cannot be used.",
    },
    Code {
        code: "E0303",
        title: "Attributes of a resource do not go together.",
        why: "Each is right for itself, and the cloud would refuse them together.",
        example: Plan("security_groups:\n  web: { rules: [{ direction: ingress, ports: 443 }] }\n"),
        fix: "Add what the message names, or remove one of the two.",
    },
    Code {
        code: "E0401",
        title: "A name is referred to that is not there.",
        why: "A reference to nothing would fail half-way through an apply.",
        example: Stack(
            "servers:\n  app: { image: debian-12, flavor: m1.small, networks: [frnt] }\nnetworks:\n  front: {}\n",
        ),
        fix: "Write the name that is suggested, or add what is missing.",
    },
    Code {
        code: "E0402",
        title: "An instance is referred to that is not there.",
        why: "A block with `count` or `for_each` is several instances: one of them has to be named, by a key that exists.",
        example: Stack(
            "networks:\n  front: { count: 2 }\nservers:\n  app: { image: debian-12, flavor: m1.small, networks: [front] }\n",
        ),
        fix: "Name one, such as `front[0]` or `front[\"key\"]`, or map over all of them in an expression.",
    },
    Code {
        code: "E0403",
        title: "Resources, locals or templates need each other in a circle.",
        why: "None of them could be made first.",
        example: Stack(
            "networks:\n  a: { description: '${networks.b.id}' }\n  b: { description: '${networks.a.id}' }\n",
        ),
        fix: "Remove one of the references that are shown, or move what both need into a block of its own.",
    },
    Code {
        code: "E0404",
        title: "The cloud has no image, flavor or external network of that name.",
        why: "Names are looked up when the plan is made, in what this project sees.",
        example: Plan(
            "networks:\n  front: { subnets: { v4: { cidr: 10.0.0.0/24 } } }\nservers:\n  app: { image: no-such-image, flavor: m1.small, networks: [front] }\n",
        ),
        fix: "Write one of the names that are listed, or an id.",
    },
    Code {
        code: "E0405",
        title: "The cloud has several images, flavors or external networks of that name.",
        why: "Which one is meant is a guess, and another one may be found next time.",
        example: Untried("servers:\n  app: { image: debian-12, flavor: m1.small, networks: [] }\n"),
        fix: "Write the id in place of the name; the ids are listed.",
    },
    Code {
        code: "E0406",
        title: "A block refers to something that is in another cloud.",
        why: "Ids of one cloud mean nothing in another.",
        example: Files(&[
            ("terrace.yaml", "clouds: { home: simulator, far: simulator }\ncloud: home\n"),
            (
                "stacks/web.yaml",
                "networks:\n  front: { cloud: far }\nservers:\n  app: { image: debian-12, flavor: m1.small, networks: [front] }\n",
            ),
        ]),
        fix: "Put both into one cloud, or make the other a block of its own there.",
    },
    Code {
        code: "E0407",
        title: "The cloud's API cannot do what is asked for.",
        why: "A gateway in front of OpenStack offers a part of it. Terrace knows which, and refuses the rest before anything is done.",
        example: Untried("security_groups:\n  web: {}\n"),
        fix: "Do what the finding proposes: leave it out, name what exists, or use the OpenStack API of the same cloud.",
    },
    Code {
        code: "E0501",
        title: "An expression cannot be evaluated.",
        why: "It has no end, or something in it has no value here.",
        example: Stack("outputs:\n  one: ${1 / 0}\n"),
        fix: "The place inside of `${...}` is shown; `terrace console` evaluates parts of it.",
    },
    Code {
        code: "E0502",
        title: "An expression is not valid CEL.",
        why: "What stands between `${` and `}` is an expression of the Common Expression Language.",
        example: Stack("outputs:\n  one: ${1 + }\n"),
        fix: "Mend it at the column that is named. For the text `${` itself write `$${`.",
    },
    Code {
        code: "E0503",
        title: "A reserved word of CEL is used as a name.",
        why: "Words such as `loop`, `for`, `var` and `package` cannot stand alone or after a dot in an expression.",
        example: Stack("outputs:\n  one: ${loop}\n"),
        fix: "Write the name in brackets, as in `servers[\"loop\"]`.",
    },
    Code {
        code: "E0504",
        title: "A function is not known, or is given the wrong number of arguments.",
        why: "Only the functions of the reference can be called.",
        example: Stack("outputs:\n  one: ${upcase(\"x\")}\n"),
        fix: "Write the name that is suggested; the reference of functions shows each with an example.",
    },
    Code {
        code: "E0505",
        title: "An expression is too long or too deep.",
        why: "An expression has at most 64 KiB, 32 levels of brackets and 256 operators, so that no file can take the machine.",
        example: Stack(
            "outputs:\n  one: ${((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))}\n",
        ),
        fix: "Split it into `locals`.",
    },
    Code {
        code: "E0506",
        title: "The path of `file` is computed instead of written out.",
        why: "Files are read when the workspace is loaded, before anything is computed.",
        example: Stack("outputs:\n  one: ${file(\"keys/\" + env.name)}\n"),
        fix: "Write the path as a text; to choose between files, choose between their texts.",
    },
];
