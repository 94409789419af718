//! What may be written in the files beside the attributes of the kinds: one table, from which JSON
//! Schema and the reference are made. A test holds it to what the loader knows.

/// A field of a map.
#[derive(Debug)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// What stands there.
    pub form: Form,
    /// Whether it must be there.
    pub required: bool,
    /// One or two sentences of documentation.
    pub doc: &'static str,
}

/// What may stand at a place.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// Any value, with expressions anywhere in it.
    Value,
    /// Text without expressions.
    Text,
    /// true or false.
    Bool,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// The same, or an expression that gives it.
    OrExpression(&'static Self),
    /// A list, each of this form.
    List(&'static Self),
    /// A map from names to this form.
    Named(&'static Self),
    /// A map with these fields; it may be left empty when none of them is required.
    Fields(&'static [Field]),
    /// One of these forms.
    Either(&'static [Self]),
}

const fn field(name: &'static str, form: Form, doc: &'static str) -> Field {
    Field { name, form, required: false, doc }
}

const CLOUD: Form = Form::Either(&[
    Form::Text,
    Form::Fields(&[field(
        "openstack",
        Form::Text,
        "An entry of clouds.yaml; empty for what `OS_*` says.",
    )]),
]);

/// `terrace.yaml`.
pub static WORKSPACE: [Field; 5] = [
    field(
        "cloud",
        CLOUD,
        "The cloud that everything is in: `simulator`, an entry of clouds.yaml, or one of `clouds`.",
    ),
    field(
        "clouds",
        Form::Named(&CLOUD),
        "More clouds, by the names with which stacks and blocks choose them.",
    ),
    field(
        "environments",
        Form::Named(&Form::Fields(&ENVIRONMENT)),
        "Environments: each has a state and values of variables of its own.",
    ),
    field(
        "state",
        Form::Either(&[Form::OneOf(&["sled"]), Form::Fields(&STATE)]),
        "Where the state is kept: in the workspace's folder `state`.",
    ),
    field(
        "defaults",
        Form::Named(&Form::Named(&Form::Value)),
        "By kind: what its blocks have unless they say otherwise, as if it were written in each.",
    ),
];

/// `state`.
pub static STATE: [Field; 1] = [field("type", Form::OneOf(&["sled"]), "The store.")];

/// One of `environments`.
pub static ENVIRONMENT: [Field; 4] = [
    field(
        "variables",
        Form::Text,
        "The file with its values of variables, relative to the workspace; `environments/NAME.yaml` when left out.",
    ),
    field("cloud", CLOUD, "Its cloud, in place of the workspace's."),
    field("protected", Form::Bool, "Whether changes need more than a `--yes`."),
    field("description", Form::Text, "What it is for."),
];

/// A stack, beside the sections of the kinds.
pub static STACK: [Field; 6] = [
    field("cloud", Form::Text, "One of `clouds` of `terrace.yaml`, for all blocks of the stack."),
    field(
        "variables",
        Form::Named(&Form::Fields(&VARIABLE)),
        "What the stack is told from outside.",
    ),
    field("locals", Form::Named(&Form::Value), "Values with a name, used as `locals.NAME`."),
    field(
        "existing",
        Form::Named(&Form::Named(&Form::Value)),
        "What the cloud has already, by kind and name: a name there, or a map of what it is found by.",
    ),
    field(
        "components",
        Form::Named(&Form::Fields(&COMPONENT)),
        "Stacks that this one uses, from files of the workspace.",
    ),
    field(
        "outputs",
        Form::Named(&Form::Either(&[Form::Fields(&OUTPUT), Form::Value])),
        "What the stack tells: a value, or a map with `value`.",
    ),
];

/// One of `components`.
pub static COMPONENT: [Field; 4] = [
    Field {
        required: true,
        ..field(
            "use",
            Form::Either(&[Form::Text, Form::Fields(&USE)]),
            "The file, or a map with the file and values for its variables.",
        )
    },
    field("count", Form::OrExpression(&Form::Whole), "How many instances there are."),
    field("for_each", Form::Value, "A map, or a list of different texts: one instance for each."),
    field("when", Form::OrExpression(&Form::Bool), "Whether it is there at all."),
];

/// What a component uses.
pub static USE: [Field; 2] = [
    Field {
        required: true,
        ..field("source", Form::Text, "Path of the file, from the one it is written in.")
    },
    field("with", Form::Named(&Form::Value), "Values of its variables."),
];

/// A variable.
pub static VARIABLE: [Field; 14] = [
    field(
        "type",
        Form::Text,
        "The type of its value: string, integer, number, boolean, list, map or object, or a short form such as `list(string)`; any when left out.",
    ),
    field(
        "items",
        Form::Value,
        "The type of the items of a list, or of the values of a map: a word, or a map of these fields.",
    ),
    field(
        "fields",
        Form::Named(&Form::Value),
        "The fields of an object, each a word or a map of these fields, with `optional` or `default` where it may be left out.",
    ),
    field("default", Form::Value, "Its value when none is given; without it one must be given."),
    field("description", Form::Text, "What it is for."),
    field("minimum", Form::Number, "The least number it may be."),
    field("maximum", Form::Number, "The greatest number it may be."),
    field("pattern", Form::Text, "A regular expression that the whole text must match."),
    field("enum", Form::List(&Form::Value), "The values it may have."),
    field("min_length", Form::Whole, "The least number of characters, items or entries."),
    field("max_length", Form::Whole, "The greatest number of characters, items or entries."),
    field(
        "optional",
        Form::Bool,
        "Of a field of an object: whether it may be left out, and is null then.",
    ),
    field(
        "validate",
        Form::Either(&[Form::List(&Form::Fields(&RULE)), Form::Fields(&RULE)]),
        "Rules that its value must keep.",
    ),
    field(
        "sensitive",
        Form::Bool,
        "Whether its value, and every value computed from it, is never shown.",
    ),
];

/// A rule of a variable.
pub static RULE: [Field; 2] = [
    Field {
        required: true,
        ..field("condition", Form::Value, "An expression that must be true; it may look at `vars`.")
    },
    Field { required: true, ..field("message", Form::Value, "What is said when it is not.") },
];

/// An output with more than a value.
pub static OUTPUT: [Field; 3] = [
    Field { required: true, ..field("value", Form::Value, "What it tells.") },
    field("sensitive", Form::Bool, "Whether it is only shown when asked for by name."),
    field("description", Form::Text, "What it is."),
];

/// What every block may have beside the attributes of its kind.
pub static BLOCK: [Field; 7] = [
    field("cloud", Form::Text, "One of `clouds` of `terrace.yaml`, in place of the stack's."),
    field(
        "count",
        Form::OrExpression(&Form::Whole),
        "How many instances there are; `count.index` is the number of each, from 0.",
    ),
    field(
        "for_each",
        Form::Value,
        "A map, or a list of different texts: one instance for each, with `each.key` and `each.value`.",
    ),
    field(
        "when",
        Form::OrExpression(&Form::Bool),
        "Whether it is there at all; addresses of others do not change by it.",
    ),
    field(
        "depends_on",
        Form::List(&Form::Text),
        "Blocks that must be there first, as `section.name`, beyond those it refers to.",
    ),
    field("lifecycle", Form::Fields(&LIFECYCLE), "What is wanted of its life."),
    field("timeouts", Form::Fields(&TIMEOUTS), "How long the cloud may take, such as `10m`."),
];

/// Fields of [`BLOCK`] that a nested block does not have: it repeats with its parent.
pub const NOT_NESTED: [&str; 2] = ["count", "for_each"];

/// `lifecycle` of a block.
pub static LIFECYCLE: [Field; 5] = [
    field(
        "create_before_destroy",
        Form::OrExpression(&Form::Bool),
        "When it is replaced: create the new one first, then delete the old one.",
    ),
    field(
        "prevent_destroy",
        Form::OrExpression(&Form::Bool),
        "Refuse any plan that destroys it, also when its block is gone.",
    ),
    field(
        "ignore_changes",
        Form::Either(&[Form::OneOf(&["all"]), Form::List(&Form::Text)]),
        "Attributes whose changes are left alone, such as `metadata.owner`; or `all`.",
    ),
    field(
        "replace_triggered_by",
        Form::List(&Form::Text),
        "Other blocks, or attributes of them: when they are replaced or change, so is this.",
    ),
    field(
        "on_destroy",
        Form::OrExpression(&Form::OneOf(&["delete", "retain"])),
        "`retain` leaves the object in the cloud and only forgets it.",
    ),
];

/// `timeouts` of a block.
pub static TIMEOUTS: [Field; 3] = [
    field("create", Form::Text, "Until it is there and usable."),
    field("update", Form::Text, "Until a change is done."),
    field("delete", Form::Text, "Until it is gone."),
];
