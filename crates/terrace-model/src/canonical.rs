//! The one text form of values that the cloud writes in several: addresses, networks, ports,
//! protocols, hardware addresses.

use std::net::IpAddr;

use smol_str::{SmolStr, ToSmolStr as _};

use crate::value::Value;

/// IP protocols that have a name in Neutron, by number; the first name of a number is its own.
const PROTOCOLS: [(&str, u8); 23] = [
    ("icmp", 1),
    ("igmp", 2),
    ("ipip", 4),
    ("tcp", 6),
    ("egp", 8),
    ("udp", 17),
    ("dccp", 33),
    ("ipv6-encap", 41),
    ("ipv6-route", 43),
    ("ipv6-frag", 44),
    ("rsvp", 46),
    ("gre", 47),
    ("esp", 50),
    ("ah", 51),
    ("ipv6-icmp", 58),
    ("icmpv6", 58),
    ("ipv6-nonxt", 59),
    ("ipv6-opts", 60),
    ("ospf", 89),
    ("vrrp", 112),
    ("pgm", 113),
    ("sctp", 132),
    ("udplite", 136),
];

pub(crate) fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

pub(crate) fn check_cidr(text: &str) -> Result<(), String> {
    match text.parse::<ipnet::IpNet>() {
        Err(_) => Err(format!("expected a network such as 10.0.0.0/24, found `{text}`")),
        Ok(net) if net.addr() != net.network() => {
            Err(format!("`{text}` has host bits set; the network is `{}`", net.trunc()))
        }
        Ok(_) => Ok(()),
    }
}

/// An address or network in its shortest text.
pub(crate) fn network(text: SmolStr) -> SmolStr {
    match (text.parse::<IpAddr>(), text.parse::<ipnet::IpNet>()) {
        (Ok(address), _) => address.to_smolstr(),
        (_, Ok(net)) => net.to_smolstr(),
        _ => text,
    }
}

/// The same, and a network that holds a single address is that address.
pub(crate) fn prefix(text: SmolStr) -> SmolStr {
    match text.parse::<ipnet::IpNet>() {
        Ok(net) if net.prefix_len() == net.max_prefix_len() => net.addr().to_smolstr(),
        _ => network(text),
    }
}

/// `FA-16-3E-00-00-01` as `fa:16:3e:00:00:01`.
pub(crate) fn mac(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split([':', '-']).collect();
    let right = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit());
    (parts.len() == 6 && parts.iter().all(right)).then(|| parts.join(":").to_lowercase())
}

/// A port as text, a range as `from-to`.
pub(crate) fn ports(value: &Value) -> Option<Value> {
    let (low, high) = port_range(value)?;
    Some(Value::text(if low == high { low.to_string() } else { format!("{low}-{high}") }))
}

/// The first and the last port of what is written.
pub(crate) fn port_range(value: &Value) -> Option<(u16, u16)> {
    let number = |text: &str| text.trim().parse::<u16>().ok().filter(|n| *n > 0);
    let (low, high) = match value {
        Value::Int(n) => {
            let port = u16::try_from(*n).ok().filter(|n| *n > 0)?;
            (port, port)
        }
        Value::String(text) => match text.split_once('-') {
            Some((low, high)) => (number(low)?, number(high)?),
            None => (number(text)?, number(text)?),
        },
        _ => return None,
    };
    (low <= high).then_some((low, high))
}

/// A protocol by its name if it has one, otherwise by its number as text; `any` is nothing.
pub(crate) fn protocol(value: &Value) -> Option<Value> {
    let number = match value {
        Value::Int(n) => u8::try_from(*n).ok()?,
        Value::String(text) => {
            let text = text.trim().to_ascii_lowercase();
            if text == "any" {
                return Some(Value::Null);
            }
            match PROTOCOLS.iter().find(|(name, _)| *name == text) {
                Some((_, number)) => *number,
                None => text.parse().ok()?,
            }
        }
        _ => return None,
    };
    // Neutron takes 0 as `any`.
    if number == 0 {
        return Some(Value::Null);
    }
    let name = PROTOCOLS.iter().find(|(_, n)| *n == number);
    Some(Value::text(name.map_or_else(|| number.to_string(), |(name, _)| (*name).to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Type;

    #[test]
    fn one_form_for_all_that_mean_the_same() {
        for (ty, written, same) in [
            (Type::Cidr, Value::text("fd00:0::/64"), "fd00::/64"),
            (Type::Prefix, Value::text("10.0.0.7/32"), "10.0.0.7"),
            (Type::Prefix, Value::text("10.0.0.7"), "10.0.0.7"),
            (Type::Address, Value::text("FD00::0:1"), "fd00::1"),
            (Type::AddressOrNone, Value::text("none"), "none"),
            (Type::Mac, Value::text("FA-16-3E-00-00-01"), "fa:16:3e:00:00:01"),
            (Type::Ports, Value::Int(443), "443"),
            (Type::Ports, Value::text("443-443"), "443"),
            (Type::Ports, Value::text("8000 - 8100"), "8000-8100"),
            (Type::Protocol, Value::Int(6), "tcp"),
            (Type::Protocol, Value::text("TCP"), "tcp"),
            (Type::Protocol, Value::text("icmpv6"), "ipv6-icmp"),
            (Type::Protocol, Value::text("200"), "200"),
        ] {
            assert_eq!(ty.check(&written), Ok(()), "{written}");
            assert_eq!(ty.canonical(written.clone()), Value::text(same), "{written}");
        }
        assert_eq!(Type::Protocol.canonical(Value::text("any")), Value::Null);
    }

    #[test]
    fn what_is_none_of_it_is_refused() {
        for (ty, written) in [
            (Type::Ports, Value::text("https")),
            (Type::Ports, Value::text("10-5")),
            (Type::Ports, Value::Int(0)),
            (Type::Ports, Value::Int(65536)),
            (Type::Protocol, Value::text("tpc")),
            (Type::Protocol, Value::Int(256)),
            (Type::Mac, Value::text("fa:16:3e")),
            (Type::Prefix, Value::text("10.0.0.7/24")),
            (Type::Prefix, Value::text("somewhere")),
            (Type::AddressOrNone, Value::text("nothing")),
        ] {
            assert!(ty.check(&written).is_err(), "{written} was taken");
        }
    }
}
