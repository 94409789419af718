//! Codes of what is wanted of a resource's life, and of addresses that change.

use super::Code;
use super::Example::{Plan, Stack, Untried};

pub(super) const CODES: &[Code] = &[
    Code {
        code: "E0801",
        title: "A lifecycle setting is not known before anything is created.",
        why: "How an object is treated is decided when the plan is made, not half-way through it.",
        example: Stack(
            "networks:\n  back: {}\n  front: { lifecycle: { prevent_destroy: '${networks.back.shared}' } }\n",
        ),
        fix: "Use variables, locals of them, `env`, `count` and `each`.",
    },
    Code {
        code: "E0802",
        title: "`ignore_changes` names what is not an attribute, or not one that can be ignored.",
        why: "A name that is misspelled would ignore nothing, and be found out too late.",
        example: Stack("networks:\n  front: { lifecycle: { ignore_changes: [descripton] } }\n"),
        fix: "Write the name of an attribute that is set in the file, a key of a map as in `metadata.owner`, or `all` in place of the list.",
    },
    Code {
        code: "E0803",
        title: "A time limit is not a duration.",
        why: "A bare number would be seconds to one reader and minutes to another.",
        example: Stack("networks:\n  front: { timeouts: { create: 10 } }\n"),
        fix: "Write it as `90s`, `10m` or `1h30m`.",
    },
    Code {
        code: "E0804",
        title: "`replace_triggered_by` names what is not another resource or an attribute of one.",
        why: "Only what is planned can be seen to change.",
        example: Stack(
            "networks:\n  front: { lifecycle: { replace_triggered_by: [vars.release] } }\n",
        ),
        fix: "Write a list of `section.name`, `section.name[0]` or `section.name.attribute`.",
    },
    Code {
        code: "E0811",
        title: "An entry of `moved`, `imports` or `removed` names no address.",
        why: "Entries are about instances in the state, which have addresses.",
        example: Stack("moved: [{ from: front, to: networks.front }]\nnetworks: { front: {} }\n"),
        fix: "Write it as `section.name`, with `[0]` or `[\"key\"]` for one of many, and with `stack/` in front for another stack.",
    },
    Code {
        code: "E0812",
        title: "Something cannot move: to another kind, to itself, or in a circle.",
        why: "A move changes the address of an object and nothing else.",
        example: Stack(
            "moved: [{ from: servers.front, to: networks.front }]\nnetworks: { front: {} }\n",
        ),
        fix: "Name where it was and where it is now, of the same kind.",
    },
    Code {
        code: "E0813",
        title: "Something moved or removed is still in the files.",
        why: "The block would make it anew as soon as it has moved away.",
        example: Stack(
            "moved: [{ from: networks.back, to: networks.front }]\nnetworks: { back: {}, front: {} }\n",
        ),
        fix: "Rename or delete the block, or delete the entry.",
    },
    Code {
        code: "E0814",
        title: "Something moves to, or is imported to, an address that is not in the files.",
        why: "What is not in the files is deleted: the object would come and go at once.",
        example: Stack(
            "moved: [{ from: networks.back, to: networks.frnt }]\nnetworks: { front: {} }\n",
        ),
        fix: "Write the address of a block that is there, with its key if it makes many.",
    },
    Code {
        code: "E0815",
        title: "Two entries of `moved`, `imports` or `removed` are about the same.",
        why: "An object has one address, and an address one object.",
        example: Stack(
            "moved:\n  - { from: networks.a, to: networks.c }\n  - { from: networks.b, to: networks.c }\nnetworks: { c: {} }\n",
        ),
        fix: "Keep one of them.",
    },
    Code {
        code: "E0816",
        title: "Something would move to an address at which something else is recorded.",
        why: "One of the two would be forgotten, and stay in the cloud unseen.",
        example: Untried(
            "moved: [{ from: networks.back, to: networks.front }]\nnetworks: { front: {} }\n",
        ),
        fix: "Delete the entry, so that the old one is deleted, or take one of the two out of the state with `terrace state rm`.",
    },
    Code {
        code: "E0821",
        title: "An object that is to be imported is managed already.",
        why: "Two addresses for one object would work against each other.",
        example: Untried(
            "imports: [{ to: networks.front, id: 5f1c3a52-8a3b-4d0e-9d4f-000000000010 }]\nnetworks: { front: {} }\n",
        ),
        fix: "To give it another address write an entry of `moved`; otherwise delete the entry.",
    },
    Code {
        code: "E0822",
        title: "The cloud has no object of the id that is to be imported.",
        why: "It may be another kind's, another project's, or gone.",
        example: Plan(
            "imports: [{ to: networks.front, id: no-such-id }]\nnetworks: { front: {} }\n",
        ),
        fix: "Give the id, not the name, as the cloud's own client shows it.",
    },
];
