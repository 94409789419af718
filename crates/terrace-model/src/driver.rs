//! What a cloud's API lets Terrace do: everything, or only a part. One table, read by planning (which
//! refuses what cannot be done before anything is) and by the engine.

use crate::kind::Kind;
use crate::schema::OnChange;
use crate::value::Value;

/// The API that a cloud is spoken to by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Driver {
    /// OpenStack's own APIs.
    #[default]
    OpenStack,
    /// The reduced REST API of a product in front of OpenStack.
    Gateway,
}

/// What a driver can do with a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// All that its table says.
    Whole,
    /// It can be created with these attributes, read and deleted, and never be changed.
    CreatedWith(&'static [&'static str]),
    /// It can only be looked up; the text is what to do instead.
    LookedUp(&'static str),
    /// There is no such thing; the text is what to do instead.
    Absent(&'static str),
}

/// Why something is refused, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What cannot be done.
    pub reason: String,
    /// What to do instead.
    pub instead: String,
}

/// What a server can be created with at the gateway.
const SERVER: &[&str] = &["name", "image", "flavor", "keypair", "networks"];

impl Driver {
    /// What it can do with a kind.
    pub fn support(self, kind: Kind) -> Support {
        match (self, kind) {
            (Self::OpenStack, _) => Support::Whole,
            (Self::Gateway, Kind::Server) => Support::CreatedWith(SERVER),
            (Self::Gateway, Kind::Keypair) => Support::LookedUp(
                "import the key with the product's own tools, and name it in `keypair`",
            ),
            (Self::Gateway, Kind::Network | Kind::Subnet) => Support::LookedUp(
                "make the network with the product's own tools, and name it in `networks`",
            ),
            (Self::Gateway, Kind::Port | Kind::Volume | Kind::VolumeAttachment) => {
                Support::LookedUp("make it with the product's own tools")
            }
            (Self::Gateway, Kind::SecurityGroup | Kind::ServerGroup) => {
                Support::Absent("leave it out, or use the OpenStack API of the same cloud")
            }
            (
                Self::Gateway,
                Kind::Router | Kind::RouterInterface | Kind::RouterRoute | Kind::FloatingIp,
            ) => Support::Absent("use the OpenStack API of the same cloud for it"),
        }
    }

    /// Why it cannot manage a kind, if it cannot.
    pub fn refuses(self, kind: Kind) -> Option<Refused> {
        let noun = kind.noun();
        let (reason, instead) = match self.support(kind) {
            Support::Whole | Support::CreatedWith(_) => return None,
            Support::LookedUp(instead) => {
                (format!("the gateway can look up a {noun}, and not manage one"), instead)
            }
            Support::Absent(instead) => (format!("the gateway has no {noun}s"), instead),
        };
        Some(Refused { reason, instead: instead.to_owned() })
    }

    /// Why it cannot set an attribute of a kind that it manages to a value, if it cannot.
    pub fn refuses_value(self, kind: Kind, attribute: &str, value: &Value) -> Option<Refused> {
        match self.support(kind) {
            Support::CreatedWith(_) if attribute == "networks" && names_more(value) => {
                Some(Refused {
                    reason: "the gateway cannot choose ports and fixed addresses".to_owned(),
                    instead: "name the networks, and nothing else of them".to_owned(),
                })
            }
            Support::CreatedWith(known) if !known.contains(&attribute) => Some(Refused {
                reason: format!("the gateway cannot set `{attribute}` of a {}", kind.noun()),
                instead: format!(
                    "leave it out: it knows {}; or use the OpenStack API of the same cloud",
                    known.join(", ")
                ),
            }),
            _ => None,
        }
    }

    /// What a change does where this driver carries it out.
    pub fn effect(self, kind: Kind, effect: OnChange) -> OnChange {
        match self.support(kind) {
            Support::CreatedWith(_) => OnChange::Replace,
            Support::Whole | Support::LookedUp(_) | Support::Absent(_) => effect,
        }
    }

    /// How old a list may be, in milliseconds: absence in it proves nothing before.
    pub fn list_age_ms(self) -> u64 {
        match self {
            Self::OpenStack => 0,
            Self::Gateway => 5 * 60 * 1000,
        }
    }
}

/// Whether an item of a list of networks says more than which network.
fn names_more(networks: &Value) -> bool {
    let items = networks.as_list().into_iter().flatten().filter_map(Value::as_map);
    items.flatten().any(|(name, value)| name != "network" && !value.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openstack_does_all_and_the_gateway_says_what_it_does_not() {
        for kind in Kind::ALL {
            assert_eq!(Driver::OpenStack.refuses(kind), None);
            let managed = kind == Kind::Server;
            assert_eq!(Driver::Gateway.refuses(kind).is_none(), managed, "{kind:?}");
        }
        let refused = |name| Driver::Gateway.refuses_value(Kind::Server, name, &Value::Bool(true));
        assert_eq!(refused("flavor"), None);
        assert!(refused("user_data").is_some_and(|r| r.reason.contains("cannot set `user_data`")));
        assert_eq!(Driver::OpenStack.refuses_value(Kind::Server, "user_data", &Value::Null), None);
        let nic = |field: &str| {
            let nic =
                [("network".to_owned(), Value::text("n")), (field.to_owned(), Value::text("x"))];
            let nics = Value::List(vec![Value::text("plain"), Value::Map(nic.into())]);
            Driver::Gateway.refuses_value(Kind::Server, "networks", &nics).is_some()
        };
        assert!(nic("fixed_ip") && nic("port") && !nic("network"));
        let effect = |driver: Driver| driver.effect(Kind::Server, OnChange::InPlace);
        assert_eq!(effect(Driver::OpenStack), OnChange::InPlace);
        assert_eq!(effect(Driver::Gateway), OnChange::Replace);
        for attribute in SERVER {
            assert!(Kind::Server.schema().attribute(attribute).is_some(), "{attribute}");
        }
    }
}
