//! The reference: what the tables of kinds, functions and fields say, as Markdown.

use terrace_model::expr::{Function, GROUPS};
use terrace_model::{Attribute, Compare, Fallback, Field, Kind, OnChange, Presence, Refers, Type};

fn add(text: &mut String, more: impl AsRef<str>) {
    text.push_str(more.as_ref());
}

/// The list of kinds, with links to their pages in `kinds/`.
pub fn kind_index() -> String {
    let mut text = String::from(
        "# Kinds\n\nWhat Terrace manages. Each kind is a section of a stack; a block in it is one object, or \
         several with `count` or `for_each`.\n\n| section | |\n|---|---|\n",
    );
    for schema in Kind::ALL.map(Kind::schema) {
        add(&mut text, format!("| [`{0}`](kinds/{0}.md) | {1} |\n", schema.section, schema.doc));
    }
    text
}

/// One page for each kind, by file name.
pub fn kind_pages() -> Vec<(String, String)> {
    Kind::ALL.into_iter().map(|kind| (format!("{}.md", kind.section()), kind_page(kind))).collect()
}

fn kind_page(kind: Kind) -> String {
    let schema = kind.schema();
    let mut text = format!("# `{}`\n\n{}", schema.section, schema.doc);
    if let Some(parent) = schema.parent {
        let parent = parent.schema();
        add(
            &mut text,
            format!(
                " Written inside of a {}, under `{}`, with which it repeats.",
                parent.noun, schema.key
            ),
        );
    }
    match schema.id_is {
        Some(name) => add(&mut text, format!(" Its `{name}` is its id.\n")),
        None => text.push('\n'),
    }
    let (by_cloud, settable): (Vec<&Attribute>, Vec<&Attribute>) =
        schema.attributes.iter().partition(|a| a.presence == Presence::Computed);
    let parent = schema.parent.map(Refers::Kind);
    text.push_str("\n## Attributes\n\n| attribute | type | when left out | a change | |\n|---|---|---|---|---|\n");
    for attribute in settable.iter().filter(|a| Some(a.refers) != parent) {
        let cells = [
            format!("`{}`", attribute.name),
            attribute_type(attribute),
            left_out(attribute.presence),
            change(attribute.on_change).into(),
            format!("{}{}", attribute.doc, remarks(attribute)),
        ];
        text.push_str(&row(&cells));
    }
    text.push_str(&object_fields(&settable));
    if !by_cloud.is_empty() {
        text.push_str("\n## Set by the cloud\n\n| attribute | type | |\n|---|---|---|\n");
        for attribute in by_cloud {
            let cells =
                [format!("`{}`", attribute.name), attribute_type(attribute), attribute.doc.into()];
            text.push_str(&row(&cells));
        }
    }
    let children = Kind::ALL.into_iter().filter(|child| child.schema().parent == Some(kind));
    for (index, child) in children.enumerate() {
        let child = child.schema();
        add(&mut text, if index == 0 { "\n## Inside of it\n\n" } else { "" });
        add(&mut text, format!("- [`{0}`]({0}.md): {1}\n", child.section, child.doc));
    }
    text.push_str("\nEvery block may also have [fields of its own](../files.md#blocks): `count`, `for_each`, `lifecycle` and others.\n");
    text
}

fn row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

fn attribute_type(attribute: &Attribute) -> String {
    type_of(attribute.refers, attribute.ty)
}

fn type_of(refers: Refers, ty: Type) -> String {
    match (refers, ty) {
        (Refers::Kind(kind), Type::List(_)) => format!("names of [{0}]({0}.md)", kind.section()),
        (Refers::Kind(kind), _) => format!("name of one of [{0}]({0}.md)", kind.section()),
        (Refers::KindOrOwn(kind), _) => {
            format!("name of one of [{0}]({0}.md), or its own", kind.section())
        }
        (_, ty) => ty.describe(),
    }
}

fn left_out(presence: Presence) -> String {
    match presence {
        Presence::Required => "**required**".into(),
        Presence::Optional => "not set".into(),
        Presence::Default(Fallback::Bool(value)) => format!("`{value}`"),
        Presence::Default(Fallback::Text(text)) => format!("`{text}`"),
        Presence::Default(Fallback::OwnName) => "its own name".into(),
        Presence::OptionalComputed => "the cloud chooses".into(),
        Presence::Computed => "set by the cloud".into(),
    }
}

fn change(change: OnChange) -> &'static str {
    match change {
        OnChange::InPlace => "in place",
        OnChange::Resize => "resize: restarted",
        OnChange::Rebuild => "rebuild: root disk lost",
        OnChange::Replace => "replace: deleted and made anew",
    }
}

fn remarks(attribute: &Attribute) -> String {
    let mut text = String::new();
    match attribute.compare {
        Compare::Set => text.push_str(" Compared as a set."),
        Compare::OwnKeys => text.push_str(" Compared key by key."),
        Compare::PublicKey => text.push_str(" Compared by key: comment and blanks do not matter."),
        Compare::Given => {
            text.push_str(" Compared by what is given, in any order.");
        }
        Compare::Exact => {}
    }
    if let Some(other) = attribute.replace_when {
        add(&mut text, format!(" With `{other}` a change is a replace."));
    }
    if attribute.secret {
        text.push_str(" Secret: never shown.");
    }
    if !attribute.readable {
        text.push_str(" The cloud does not tell it, so changes from outside are not seen.");
    }
    text
}

fn object_fields(attributes: &[&Attribute]) -> String {
    let object = |ty: Type| -> Option<&'static [Field]> {
        if let Type::Object(fields) | Type::Short(_, fields) = ty { Some(fields) } else { None }
    };
    let fields = |ty: Type| match ty {
        Type::List(item) => object(*item),
        ty => object(ty),
    };
    let mut text = String::new();
    for attribute in attributes {
        let Some(fields) = fields(attribute.ty) else { continue };
        add(
            &mut text,
            format!("\n### Fields of `{}`\n\n| field | type | |\n|---|---|---|\n", attribute.name),
        );
        for field in fields {
            let required = if field.required { " **Required.**" } else { "" };
            let cells = [
                format!("`{}`", field.name),
                type_of(field.refers, field.ty),
                format!("{}{required}", field.doc),
            ];
            text.push_str(&row(&cells));
        }
    }
    text
}

/// The page of functions.
pub fn function_page() -> String {
    let mut text = String::from(
        "# Functions\n\nWhat `${...}` can call. A function can also be called on its first argument: \
         `vars.name.lower()`. Brackets in a signature stand around what may be left out, `...` for more of \
         the last. When an argument is not known yet, neither is the result; when one is sensitive, so is \
         the result. Results are at most 16 MiB. `terrace console` is the place to try them.\n",
    );
    for group in &GROUPS {
        add(&mut text, format!("\n## {}\n", group.title));
        for function in group.functions {
            text.push_str(&function_entry(function));
        }
    }
    text
}

fn function_entry(function: &Function) -> String {
    format!(
        "\n### `{}`\n\n{}\n\n```\n{}\n=> {}\n```\n",
        function.signature, function.doc, function.example, function.result
    )
}
