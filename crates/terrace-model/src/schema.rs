//! What a kind is, as a table: its attributes, their types, what a change of each does, how two
//! values compare. Validation, planning, rendering and the generated reference all read it.

use crate::kind::Kind;
use crate::observed::LookupKind;
use crate::value::Value;

/// The table of one kind.
#[derive(Debug)]
pub struct KindSchema {
    /// The kind.
    pub kind: Kind,
    /// Section name in a stack file, plural: `servers`.
    pub section: &'static str,
    /// One of it, in a sentence: `server group`.
    pub noun: &'static str,
    /// Kind that this one is written inside of: subnets inside networks.
    pub parent: Option<Kind>,
    /// One or two sentences of documentation.
    pub doc: &'static str,
    /// The attribute that is the id, where the user chooses it: a keypair's name. `None` where the
    /// cloud makes ids.
    pub id_is: Option<&'static str>,
    /// Version of the recorded form; grows when recorded attributes change meaning.
    pub version: u32,
    /// All attributes, in the order of the reference documentation.
    pub attributes: &'static [Attribute],
}

impl KindSchema {
    /// The attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|a| a.name == name)
    }
}

/// One attribute of a kind.
#[derive(Debug)]
pub struct Attribute {
    /// Its name in YAML and in expressions.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Who gives it a value.
    pub presence: Presence,
    /// What a change of it does to the object.
    pub on_change: OnChange,
    /// What the value names, if it names something.
    pub refers: Refers,
    /// How desired and observed compare.
    pub compare: Compare,
    /// Whether the value is always secret.
    pub secret: bool,
    /// Whether the cloud tells the value back; if not, drift of it cannot be seen.
    pub readable: bool,
    /// One line of documentation.
    pub doc: &'static str,
}

/// Type of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Text.
    String,
    /// One of these texts.
    Enum(&'static [&'static str]),
    /// Whole number in a range, both ends included.
    Integer(i64, i64),
    /// true or false.
    Bool,
    /// IPv4 or IPv6 network, such as `10.0.0.0/24`.
    Cidr,
    /// IPv4 or IPv6 address.
    Address,
    /// List of one type.
    List(&'static Self),
    /// Map from text to one type.
    Map(&'static Self),
    /// Fixed fields.
    Object(&'static [Field]),
}

/// A field of an object type.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// Name.
    pub name: &'static str,
    /// Type.
    pub ty: Type,
    /// Whether it must be there.
    pub required: bool,
    /// One line of documentation.
    pub doc: &'static str,
}

/// Who gives an attribute its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Presence {
    /// The user must.
    Required,
    /// The user may; removing it resets it.
    Optional,
    /// The user may; otherwise this.
    Default(Fallback),
    /// The user may; otherwise the cloud chooses and keeps its choice.
    OptionalComputed,
    /// Only the cloud.
    Computed,
}

/// A value for when the user gave none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fallback {
    /// true or false.
    Bool(bool),
    /// The resource's own name, with its key for one of many: `web-0`.
    OwnName,
}

/// What a change of an attribute does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OnChange {
    /// Changed in place, nothing else happens.
    InPlace,
    /// Same object, other size, restarted.
    Resize,
    /// Same object and addresses, root disk lost.
    Rebuild,
    /// Deleted and created anew.
    Replace,
}

/// What a value names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refers {
    /// Nothing.
    Nothing,
    /// A resource of that kind, by bare name; the value becomes its id.
    Kind(Kind),
    /// Something that exists in the cloud, by name or id; the value becomes its id.
    Lookup(LookupKind),
}

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// Equal as they are.
    Exact,
    /// As a set: order does not matter.
    Set,
    /// As network or address: text form does not matter.
    Network,
    /// Key by key, only those that were ever declared: others may add their own.
    OwnKeys,
    /// As SSH public key: comment and blanks do not matter.
    PublicKey,
}

impl Type {
    /// What a user would call it.
    pub fn describe(&self) -> String {
        match self {
            Self::String => "text".into(),
            Self::Enum(choices) => format!("one of {}", choices.join(", ")),
            Self::Integer(i64::MIN, i64::MAX) => "a whole number".into(),
            Self::Integer(low, high) => format!("a whole number from {low} to {high}"),
            Self::Bool => "true or false".into(),
            Self::Cidr => "a network such as 10.0.0.0/24".into(),
            Self::Address => "an IP address".into(),
            Self::List(item) => format!("a list, each {}", item.describe()),
            Self::Map(item) => format!("a map, each value {}", item.describe()),
            Self::Object(fields) => {
                let names: Vec<_> = fields.iter().map(|f| f.name).collect();
                format!("a map with {}", names.join(", "))
            }
        }
    }

    /// Checks a fully or partly known value; `Err` says what is wrong with it.
    /// Pending values pass: they are checked again when they are known.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        let wrong = || Err(format!("expected {}, found {}", self.describe(), value.describe()));
        match (self, value) {
            (_, Value::Pending(_) | Value::Fingerprint(_)) => Ok(()),
            (_, Value::Sensitive(inner)) => {
                self.check(inner).map_err(|_| format!("expected {}", self.describe()))
            }
            (Self::String, Value::String(_)) | (Self::Bool, Value::Bool(_)) => Ok(()),
            (Self::Enum(choices), Value::String(text)) if choices.contains(&text.as_str()) => {
                Ok(())
            }
            (Self::Integer(low, high), Value::Int(n)) if (low..=high).contains(&n) => Ok(()),
            (Self::Cidr, Value::String(text)) => check_cidr(text),
            (Self::Address, Value::String(text)) => match text.parse::<std::net::IpAddr>() {
                Ok(_) => Ok(()),
                Err(_) => wrong(),
            },
            (Self::List(item), Value::List(items)) => items.iter().try_for_each(|v| item.check(v)),
            (Self::Map(item), Value::Map(map)) => map.values().try_for_each(|v| item.check(v)),
            (Self::Object(fields), Value::Map(map)) => check_object(fields, map),
            _ => wrong(),
        }
    }
}

fn check_object(
    fields: &[Field],
    map: &std::collections::BTreeMap<String, Value>,
) -> Result<(), String> {
    for name in map.keys() {
        if !fields.iter().any(|f| f.name == name) {
            return Err(format!("unknown field `{name}`"));
        }
    }
    for field in fields {
        match map.get(field.name) {
            Some(value) => field.ty.check(value).map_err(|e| format!("`{}`: {e}", field.name))?,
            None if field.required => return Err(format!("`{}` is missing", field.name)),
            None => {}
        }
    }
    Ok(())
}

fn check_cidr(text: &str) -> Result<(), String> {
    match text.parse::<ipnet::IpNet>() {
        Err(_) => Err(format!("expected a network such as 10.0.0.0/24, found `{text}`")),
        Ok(net) if net.addr() != net.network() => {
            Err(format!("`{text}` has host bits set; the network is `{}`", net.trunc()))
        }
        Ok(_) => Ok(()),
    }
}
