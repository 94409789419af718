//! Codes of lifecycles and time limits.

use super::Code;
use super::Example::Plan;

pub(super) const CODES: &[Code] = &[
    Code {
        code: "E0801",
        title: "A lifecycle setting is not known before anything is created.",
        why: "It depends on something that only the cloud can tell, and the plan has to know it first.",
        example: Plan(
            "networks:\n  front:\n    subnets: { v4: { cidr: 10.0.0.0/24 } }\nserver_groups:\n  spread:\n    policy: anti-affinity\n    lifecycle: { prevent_destroy: '${networks.front.shared}' }\n",
        ),
        fix: "Use variables, locals of them, `env`, `count` and `each`.",
    },
    Code {
        code: "E0802",
        title: "What shall be ignored is not an attribute.",
        why: "A misspelt name under `ignore_changes` would ignore nothing, without a word.",
        example: Plan("networks:\n  front:\n    lifecycle: { ignore_changes: [nmae] }\n"),
        fix: "Write the name that is suggested; the reference of the kind has all of them.",
    },
    Code {
        code: "E0803",
        title: "A time limit is not a duration.",
        why: "A bare number does not say whether it means seconds or minutes.",
        example: Plan("networks:\n  front:\n    timeouts: { create: 10 }\n"),
        fix: "Write it as `90s`, `10m` or `1h30m`.",
    },
    Code {
        code: "E0804",
        title: "What shall trigger a replace is not another resource or an attribute of one.",
        why: "Only what Terrace manages can be seen to change.",
        example: Plan(
            "networks:\n  front:\n    lifecycle: { replace_triggered_by: [networks.front] }\n",
        ),
        fix: "Write it as `section.name`, `section.name[0]` or `section.name.attribute`, of another block.",
    },
];
