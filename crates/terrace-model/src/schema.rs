//! What a kind is, as a table: its attributes, their types, what a change of each does, how two
//! values compare. Validation, planning, rendering and the generated reference all read it.

use smol_str::SmolStr;

use crate::canonical;
use crate::kind::Kind;
use crate::map::{Attributes, Key, Map};
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
    /// What it is written under there: `interfaces` inside a router. For others the section.
    pub key: &'static str,
    /// The attribute that an entry stands for when it is written as a bare name in a list.
    pub short: Option<&'static str>,
    /// One or two sentences of documentation.
    pub doc: &'static str,
    /// The attribute that is the id, where the user chooses it: a keypair's name. `None` where the
    /// cloud makes ids.
    pub id_is: Option<&'static str>,
    /// What nobody can bring back once an object of this kind is deleted: a volume's data, the
    /// address of a floating IP. `None` where a new one is as good as the old.
    pub loses: Option<&'static str>,
    /// Version of the recorded form; grows when recorded attributes change meaning.
    pub version: u32,
    /// All attributes, in the order of the reference documentation.
    pub attributes: &'static [Attribute],
    /// Brings the desired attributes of one instance into the form in which they compare, and says
    /// what does not go together.
    pub complete: fn(&mut Attributes) -> Result<(), String>,
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
    /// An attribute that the user must give, unless this other one is given.
    pub needed_unless: Option<&'static str>,
    /// What a change of it does to the object.
    pub on_change: OnChange,
    /// An attribute that, where it is given, makes every change of this one a replace.
    pub replace_when: Option<&'static str>,
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
    /// An address, or `none`.
    AddressOrNone,
    /// An address or a network.
    Prefix,
    /// A hardware address, such as `fa:16:3e:00:00:01`.
    Mac,
    /// One port or a range: `443` or `8000-8100`.
    Ports,
    /// An IP protocol, by name or number.
    Protocol,
    /// List of one type.
    List(&'static Self),
    /// Map from text to one type.
    Map(&'static Self),
    /// Fixed fields.
    Object(&'static [Field]),
    /// Fixed fields, or only the value of the one named first.
    Short(&'static str, &'static [Field]),
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
    /// What the value names, if it names something.
    pub refers: Refers,
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
    /// This text.
    Text(&'static str),
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

/// What stands for the resource itself where its id cannot be known yet.
pub const OWN: &str = "self";

/// What a value names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refers {
    /// Nothing.
    Nothing,
    /// A resource of that kind, by bare name; the value becomes its id.
    Kind(Kind),
    /// A resource of that kind, or the very one it is written in; then the value is [`OWN`].
    KindOrOwn(Kind),
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
    /// By the fields that are given: those of each entry of a list, in any order, or of a map.
    Given,
    /// Key by key, only those that were ever declared: others may add their own.
    OwnKeys,
    /// As SSH public key: comment and blanks do not matter.
    PublicKey,
}

impl Attribute {
    /// Whether a block in which these are given lacks this one.
    pub fn is_missing(&self, given: impl Fn(&str) -> bool) -> bool {
        let unless = self.needed_unless.is_some_and(|other| !given(other));
        (self.presence == Presence::Required || unless) && !given(self.name)
    }

    /// Whether it, or a field in it, names resources: what it names must be in its own cloud.
    pub fn names_resources(&self) -> bool {
        self.refers.is_resource() || self.ty.names_resources()
    }
}

impl Refers {
    fn is_resource(self) -> bool {
        matches!(self, Self::Kind(_) | Self::KindOrOwn(_))
    }
}

impl Type {
    fn names_resources(&self) -> bool {
        match self {
            Self::List(item) | Self::Map(item) => item.names_resources(),
            Self::Object(fields) | Self::Short(_, fields) => {
                fields.iter().any(|f| f.refers.is_resource() || f.ty.names_resources())
            }
            _ => false,
        }
    }

    /// Whether every value of this type is in its one form.
    fn has_one_form(&self) -> bool {
        match self {
            Self::String | Self::Enum(_) | Self::Integer(..) | Self::Bool => true,
            Self::List(item) | Self::Map(item) => item.has_one_form(),
            _ => false,
        }
    }

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
            Self::AddressOrNone => "an IP address, or `none`".into(),
            Self::Prefix => "an IP address or a network".into(),
            Self::Mac => "a hardware address such as fa:16:3e:00:00:01".into(),
            Self::Ports => "a port such as 443, or a range such as 8000-8100".into(),
            Self::Protocol => "an IP protocol, by name such as tcp or by number".into(),
            Self::List(item) => format!("a list, each {}", item.describe()),
            Self::Map(item) => format!("a map, each value {}", item.describe()),
            Self::Object(fields) => format!("a map with {}", names(fields)),
            Self::Short(short, fields) => {
                format!("the text of `{short}`, or a map with {}", names(fields))
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
            (Self::Cidr, Value::String(text)) => canonical::check_cidr(text),
            (Self::Prefix, Value::String(text)) if text.contains('/') => {
                canonical::check_cidr(text)
            }
            (Self::Address | Self::Prefix, Value::String(text)) if canonical::is_address(text) => {
                Ok(())
            }
            (Self::AddressOrNone, Value::String(text))
                if text == NONE || canonical::is_address(text) =>
            {
                Ok(())
            }
            (Self::Mac, Value::String(text)) if canonical::mac(text).is_some() => Ok(()),
            (Self::Ports, Value::String(_) | Value::Int(_))
                if canonical::ports(value).is_some() =>
            {
                Ok(())
            }
            (Self::Protocol, Value::String(_) | Value::Int(_))
                if canonical::protocol(value).is_some() =>
            {
                Ok(())
            }
            (Self::List(item), Value::List(items)) => items.iter().try_for_each(|v| item.check(v)),
            (Self::Map(item), Value::Map(map)) => map.values().try_for_each(|v| item.check(v)),
            (Self::Object(fields) | Self::Short(_, fields), Value::Map(map)) => {
                check_object(fields, map)
            }
            (Self::Short(short, fields), value) => match fields.iter().find(|f| f.name == *short) {
                Some(field) if field.ty.check(value).is_ok() => Ok(()),
                _ => wrong(),
            },
            _ => wrong(),
        }
    }

    /// The one form of all values that mean the same. What is not known yet stays as it is.
    #[must_use]
    pub fn canonical(&self, value: Value) -> Value {
        match (self, value) {
            (_, value @ (Value::Pending(_) | Value::Fingerprint(_) | Value::Null)) => value,
            (_, Value::Sensitive(inner)) => Value::Sensitive(Box::new(self.canonical(*inner))),
            (Self::Cidr | Self::Address | Self::AddressOrNone, Value::String(text)) => {
                Value::String(canonical::network(text))
            }
            (Self::Prefix, Value::String(text)) => Value::String(canonical::prefix(text)),
            (Self::Mac, Value::String(text)) => {
                Value::String(canonical::mac(&text).map_or(text, SmolStr::from))
            }
            (Self::Ports, value) => canonical::ports(&value).unwrap_or(value),
            (Self::Protocol, value) => canonical::protocol(&value).unwrap_or(value),
            (_, value) if self.has_one_form() => value,
            (Self::List(item), Value::List(items)) => {
                Value::List(items.into_iter().map(|v| item.canonical(v)).collect())
            }
            (Self::Map(item), Value::Map(map)) => {
                Value::Map(map.into_iter().map(|(k, v)| (k, item.canonical(v))).collect())
            }
            (Self::Object(fields) | Self::Short(_, fields), Value::Map(map)) => {
                let one = |(name, value): (Key, Value)| {
                    let value = match fields.iter().find(|f| f.name == name) {
                        Some(field) => field.ty.canonical(value),
                        None => value,
                    };
                    (name, value)
                };
                Value::Map(map.into_iter().map(one).filter(|(_, v)| !v.is_null()).collect())
            }
            (Self::Short(short, _), value) => self.canonical(Value::Map([(*short, value)].into())),
            (_, value) => value,
        }
    }
}

/// What is written where there shall be no address.
pub const NONE: &str = "none";

fn names(fields: &[Field]) -> String {
    fields.iter().map(|f| f.name).collect::<Vec<_>>().join(", ")
}

fn check_object(fields: &[Field], map: &Map) -> Result<(), String> {
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
