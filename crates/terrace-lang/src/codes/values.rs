//! Codes of variables, files and warnings.

use super::Code;
use super::Example::{Files, Stack};

pub(super) const CODES: &[Code] = &[
    Code {
        code: "E0601",
        title: "A variable has no value.",
        why: "It has no default, and no value was given.",
        example: Stack("variables:\n  size: { type: integer }\n"),
        fix: "Give it with `--var size=...`, in the file of the environment, with `TERRACE_VAR_size`, or write a `default`.",
    },
    Code {
        code: "E0602",
        title: "A value of a variable does not fit.",
        why: "It is not of the declared type, or beyond the declared bounds.",
        example: Stack("variables:\n  size: { type: integer, default: many }\n"),
        fix: "Give a value that fits; the message says where this one comes from.",
    },
    Code {
        code: "E0603",
        title: "A value is given for a variable that is not declared.",
        why: "A misspelt name that is passed over would leave the value out without a word.",
        example: Files(&[
            ("terrace.yaml", "environments: { default: { variables: values.yaml } }\n"),
            ("values.yaml", "sise: 3\n"),
            ("stacks/web.yaml", "variables:\n  size: { type: integer, default: 2 }\n"),
        ]),
        fix: "Write the name that is suggested, or declare the variable in a stack.",
    },
    Code {
        code: "E0604",
        title: "A value of a variable breaks one of its rules.",
        why: "The declaration has a rule under `validate` that is not true for this value.",
        example: Stack(
            "variables:\n  size:\n    type: integer\n    default: 3\n    validate:\n      - { condition: '${vars.size % 2 == 0}', message: must be even }\n",
        ),
        fix: "Give a value for which the rule is true.",
    },
    Code {
        code: "E0701",
        title: "A file is missing or cannot be read.",
        why: "A file that an expression or `terrace.yaml` names is read when the workspace is loaded; it has to be UTF-8 text.",
        example: Stack("outputs:\n  one: ${file(\"keys/gone.pub\")}\n"),
        fix: "Mend the path: it is relative to the folder of `terrace.yaml`.",
    },
    Code {
        code: "E0702",
        title: "A file is outside of the workspace or too large.",
        why: "Files are read from inside the workspace folder only, so that the same commit always gives the same plan; a text has at most 1 MiB.",
        example: Stack("outputs:\n  one: ${file(\"../secret\")}\n"),
        fix: "Copy the file into the workspace.",
    },
    Code {
        code: "W0301",
        title: "A value that YAML 1.1 took for something else.",
        why: "Files are YAML 1.2. There `yes`, `no`, `on` and `off` are text, and so are `017` and `1:30`, which older tools take for truth values and for numbers of base 8 and 60; `0o17` and `1e3` are numbers, which older tools take for text. It is told where a truth value or a number is expected, and where nothing says what is: in locals, outputs and variables without a type. Where text is expected, what is written is that text.",
        example: Stack(
            "servers:\n  app: { image: debian-12, flavor: m1.small, networks: [], config_drive: yes }\nlocals:\n  commit: 12e4\n",
        ),
        fix: "Write `true`, `false` or the number, or quote the word where text is meant.",
    },
    Code {
        code: "W0302",
        title: "Names differ only in case.",
        why: "They are two resources, and are easily taken for one by readers, and by systems that do not tell case apart, such as DNS.",
        example: Stack("networks:\n  Front: {}\n  front: {}\n"),
        fix: "Give one of them another name.",
    },
];
