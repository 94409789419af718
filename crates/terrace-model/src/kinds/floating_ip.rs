//! Floating IP: Neutron `/v2.0/floatingips`.

use super::{
    attribute, computed, description, fixed, id, naming, needed, or_chosen, table, tags, untold,
};
use crate::kind::Kind;
use crate::map::Attributes;
use crate::observed::LookupKind;
use crate::schema::{Attribute, KindSchema, Refers, Type};
use crate::value::Value;

pub(crate) static SCHEMA: KindSchema = KindSchema {
    doc: "An address of a network outside, for a port or a server. A router must join the two: \
          one with a gateway outside and an interface on the subnet.",
    loses: Some("its address"),
    complete,
    attributes: &[
        needed(fixed(Attribute {
            refers: Refers::Lookup(LookupKind::ExternalNetwork),
            ..attribute(
                "network",
                Type::String,
                "Name or id of the network outside that it is from.",
            )
        })),
        or_chosen(fixed(attribute(
            "address",
            Type::Address,
            "The address; the cloud chooses unless given, and many let administrators only choose.",
        ))),
        fixed(untold(attribute(
            "subnet",
            Type::String,
            "Id of the subnet outside that the address is from; any unless given.",
        ))),
        fixed(attribute(
            "dns_name",
            Type::String,
            "Its name in DNS; for clouds with the extension `dns-integration`.",
        )),
        fixed(attribute(
            "dns_domain",
            Type::String,
            "The domain of its name, ending in a dot; for clouds with the extension `dns-integration`.",
        )),
        naming(
            Kind::Port,
            attribute("port", Type::String, "The port that it leads to; none unless given."),
        ),
        naming(
            Kind::Server,
            attribute(
                "server",
                Type::String,
                "The server that it leads to, on its first port that a router leads to.",
            ),
        ),
        or_chosen(attribute(
            "fixed_ip",
            Type::Address,
            "Which address of a port that has several.",
        )),
        description(),
        tags(),
        id(),
        computed("status", Type::String, "`ACTIVE` when it leads somewhere, otherwise `DOWN`."),
        computed("router_id", Type::String, "The router that joins the two."),
    ],
    ..table(Kind::FloatingIp, "floating_ips", "floating IP")
};

fn complete(attributes: &mut Attributes) -> Result<(), String> {
    let given = |name: &str| attributes.get(name).is_some_and(|v: &Value| !v.is_null());
    if given("port") && given("server") {
        return Err("a floating IP leads to a `port` or a `server`, not both".into());
    }
    if given("fixed_ip") && !given("port") && !given("server") {
        return Err("`fixed_ip` needs a `port` or a `server`".into());
    }
    Ok(())
}
