//! What may be written in the files beside the attributes of the kinds: one table, from which JSON
//! Schema and the reference are made. A test holds it to what the loader knows.

/// A field of a map.
#[derive(Clone, Copy, Debug)]
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
    /// A type: a word, or a map with the fields of [`TYPE`].
    Type,
    /// The word for a type, such as `string` or `list(string)`.
    TypeWord,
    /// A map from sections of kinds to fields that their blocks have.
    Defaults,
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
    Form::Fields(&GATEWAY),
]);

const GATEWAY: [Field; 4] = [
    Field {
        required: true,
        ..field("type", Form::OneOf(&["gateway"]), "Says that it is a gateway.")
    },
    Field { required: true, ..field("endpoint", Form::Text, "The address of its API.") },
    Field { required: true, ..field("project_id", Form::Text, "The project to work in.") },
    field(
        "token_env",
        Form::Text,
        "The variable of the process's environment that holds the token; `BNERD_TOKEN` unless given.",
    ),
];

/// `terrace.yaml`.
pub static WORKSPACE: [Field; 6] = [
    field("policies", Form::List(&Form::Fields(&POLICY)), "Rules that every plan is held to."),
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
        "Where the state is kept: `sled`, in the folder `state`.",
    ),
    field(
        "defaults",
        Form::Defaults,
        "Fields that the blocks of a kind have unless they say otherwise.",
    ),
];

/// `state`.
pub static STATE: [Field; 1] = [field("type", Form::OneOf(&["sled"]), "The kind of store.")];

/// One of `environments`.
pub static ENVIRONMENT: [Field; 4] = [
    field(
        "variables",
        Form::Text,
        "The file with its values of variables, relative to the workspace; `environments/NAME.yaml` unless given.",
    ),
    field("cloud", CLOUD, "Its cloud, in place of the workspace's."),
    field("protected", Form::Bool, "Whether changes need more than a `--yes`."),
    field("description", Form::Text, "What it is for."),
];

/// A stack, beside the sections of the kinds.
pub static STACK: [Field; 9] = [
    field("cloud", Form::Text, "One of `clouds` of `terrace.yaml`, for all blocks of the stack."),
    field(
        "variables",
        Form::Named(&Form::Either(&[Form::TypeWord, Form::Fields(&VARIABLE)])),
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
    field(
        "moved",
        Form::List(&Form::Fields(&MOVED)),
        "Addresses that changed: of instances or whole blocks, also of other stacks.",
    ),
    field("imports", Form::List(&Form::Fields(&IMPORT)), "Objects of the cloud to take over."),
    field("removed", Form::List(&Form::Fields(&REMOVED)), "What becomes of blocks that are gone."),
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

/// An entry of `moved`.
pub static MOVED: [Field; 2] = [
    Field { required: true, ..field("from", Form::Text, "The address that it had.") },
    Field { required: true, ..field("to", Form::Text, "The address that it has now.") },
];

/// An entry of `imports`.
pub static IMPORT: [Field; 2] = [
    Field { required: true, ..field("to", Form::Text, "The address that it shall have.") },
    Field {
        required: true,
        ..field("id", Form::Text, "Its id in the cloud; may be an expression of variables.")
    },
];

/// An entry of `removed`.
pub static REMOVED: [Field; 2] = [
    Field { required: true, ..field("from", Form::Text, "The address that it had.") },
    field(
        "destroy",
        Form::OrExpression(&Form::Bool),
        "false: the object stays, only its record goes. true: it is deleted, even if the state protects it.",
    ),
];

/// A variable: what its value must be like, and more.
pub static VARIABLE: [Field; 14] = [
    TYPE_FIELDS[0],
    TYPE_FIELDS[1],
    TYPE_FIELDS[2],
    TYPE_FIELDS[3],
    TYPE_FIELDS[4],
    TYPE_FIELDS[5],
    TYPE_FIELDS[6],
    TYPE_FIELDS[7],
    TYPE_FIELDS[8],
    TYPE_FIELDS[9],
    field("default", Form::Value, "Its value when none is given; without it one must be given."),
    field("description", Form::Text, "What it is for."),
    field(
        "sensitive",
        Form::Bool,
        "Whether its value, and every value computed from it, is never shown.",
    ),
    field(
        "validate",
        Form::Either(&[Form::Fields(&RULE), Form::List(&Form::Fields(&RULE))]),
        "Rules that its value must keep.",
    ),
];

/// What a value must be like, inside of a list, a map or an object.
pub static TYPE: [Field; 12] = [
    TYPE_FIELDS[0],
    TYPE_FIELDS[1],
    TYPE_FIELDS[2],
    TYPE_FIELDS[3],
    TYPE_FIELDS[4],
    TYPE_FIELDS[5],
    TYPE_FIELDS[6],
    TYPE_FIELDS[7],
    TYPE_FIELDS[8],
    TYPE_FIELDS[9],
    field("default", Form::Value, "The value of the field when it is left out."),
    field("description", Form::Text, "What it is for."),
];

const TYPE_FIELDS: [Field; 10] = [
    field("type", Form::TypeWord, "The type of the value; any when left out."),
    field("items", Form::Type, "What each item of a list or value of a map must be like."),
    field("fields", Form::Named(&Form::Type), "What each field of an object must be like."),
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
];

/// One of the rules of a variable.
pub static RULE: [Field; 2] = [
    Field {
        required: true,
        ..field(
            "condition",
            Form::Value,
            "An expression that must be true; it may use any variable.",
        )
    },
    Field { required: true, ..field("message", Form::Text, "What is said when it is not.") },
];

/// An output with more than a value.
pub static OUTPUT: [Field; 3] = [
    Field { required: true, ..field("value", Form::Value, "What it tells.") },
    field("sensitive", Form::Bool, "Whether it is only shown when asked for by name."),
    field("description", Form::Text, "What it is."),
];

/// What every block may have beside the attributes of its kind.
pub static BLOCK: [Field; 9] = [
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
    field(
        "preconditions",
        Form::List(&Form::Fields(&CONDITION)),
        "What must hold before it is touched; decided by the plan where everything is known.",
    ),
    field(
        "postconditions",
        Form::List(&Form::Fields(&CONDITION)),
        "What must hold of it afterwards; `self` is the instance.",
    ),
    field(
        "timeouts",
        Form::Fields(&TIMEOUTS),
        "How long operations may take, as `90s`, `10m` or `1h30m`; half an hour unless given.",
    ),
];

/// Fields of [`BLOCK`] that a nested block does not have: it repeats with its parent.
pub const NOT_NESTED: [&str; 2] = ["count", "for_each"];

/// Fields of [`BLOCK`] that are of each block alone.
pub const NOT_DEFAULTS: [&str; 5] = ["count", "for_each", "when", "depends_on", "cloud"];

/// An entry of `preconditions` and `postconditions`.
pub static CONDITION: [Field; 2] = [
    Field {
        required: true,
        ..field("condition", Form::Value, "An expression that must be true; `${}` may be left out.")
    },
    Field { required: true, ..field("message", Form::Text, "What is said when it is not.") },
];

/// An entry of `policies`.
pub static POLICY: [Field; 6] = [
    Field { required: true, ..field("name", Form::Text, "Its name.") },
    field("sections", Form::List(&Form::Text), "The sections it is about; all when left out."),
    field(
        "when",
        Form::Value,
        "An expression for the instances it is about; those that shall be there when left out.",
    ),
    Field {
        required: true,
        ..field(
            "rule",
            Form::Value,
            "An expression that must be true, of `planned`, `before`, `action`, `address` and `env.name`.",
        )
    },
    Field { required: true, ..field("message", Form::Text, "What is said when it is not.") },
    field(
        "level",
        Form::OneOf(&["error", "warn"]),
        "`error`, the default, refuses the plan; `warn` only says it.",
    ),
];

/// `lifecycle` of a block.
pub static LIFECYCLE: [Field; 5] = [
    field(
        "create_before_destroy",
        Form::OrExpression(&Form::Bool),
        "When it is replaced, create the new object before the old one is deleted. What it needs is treated so too.",
    ),
    field(
        "prevent_destroy",
        Form::OrExpression(&Form::Bool),
        "Refuse any plan that destroys it. Kept in the state: deleting the block does not lift it.",
    ),
    field(
        "ignore_changes",
        Form::Either(&[
            Form::OrExpression(&Form::OneOf(&["all"])),
            Form::OrExpression(&Form::List(&Form::Text)),
        ]),
        "Attributes whose differences are left alone, keys of maps as in `metadata.owner`, or `all`.",
    ),
    field(
        "replace_triggered_by",
        Form::List(&Form::Text),
        "Resources or attributes: when one of them changes or is replaced, this is replaced.",
    ),
    field(
        "on_destroy",
        Form::OrExpression(&Form::OneOf(&["delete", "retain"])),
        "`retain`: the object stays in the cloud when its record goes. Kept in the state.",
    ),
];

/// `timeouts` of a block.
pub static TIMEOUTS: [Field; 3] = [
    field("create", Form::Value, "Until it is created."),
    field("update", Form::Value, "Until it is changed."),
    field("delete", Form::Value, "Until it is gone."),
];
