//! Functions on networks and addresses, IPv4 and IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::arguments::Arguments;
use super::{Function, Run, function};
use crate::value::Value;

pub(super) static TABLE: [Function; 4] = [
    function(
        ["cidr_contains", "cidr_contains(network, address)"],
        "Whether the address, or the other network, lies in the network.",
        [r#"cidr_contains("10.0.0.0/8", "10.1.2.3")"#, "true"],
        Run::Plain(contains),
    ),
    function(
        ["cidr_host", "cidr_host(network, number)"],
        "The address of that number in the network; negative numbers count from its end.",
        [r#"cidr_host("10.0.8.0/24", 5)"#, r#""10.0.8.5""#],
        Run::Plain(host),
    ),
    function(
        ["cidr_netmask", "cidr_netmask(network)"],
        "The netmask of the network.",
        [r#"cidr_netmask("10.0.0.0/20")"#, r#""255.255.240.0""#],
        Run::Plain(|a| Ok(Value::text(network(a, 0)?.netmask().to_string()))),
    ),
    function(
        ["cidr_subnet", "cidr_subnet(network, bits, number)"],
        "The subnet of that number when the prefix of the network is lengthened by so many bits.",
        [r#"cidr_subnet("10.0.0.0/16", 8, 3)"#, r#""10.0.3.0/24""#],
        Run::Plain(subnet),
    ),
];

fn network(a: &Arguments, index: usize) -> Result<IpNet, String> {
    let text = a.text(index)?;
    let network: Result<IpNet, _> = text.parse();
    network.map(|n| n.trunc()).map_err(|_| a.wrong(index, "a network such as 10.0.0.0/24"))
}

fn number_of(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// The address of that number, of the same version as the network.
fn address_in(network: IpNet, number: u128) -> Result<IpAddr, String> {
    match network {
        IpNet::V4(_) => u32::try_from(number)
            .map(|number| IpAddr::V4(Ipv4Addr::from(number)))
            .map_err(|_| format!("there is no such address in {network}")),
        IpNet::V6(_) => Ok(IpAddr::V6(Ipv6Addr::from(number))),
    }
}

fn contains(a: &Arguments) -> Result<Value, String> {
    let outer = network(a, 0)?;
    let text = a.text(1)?;
    let inner = match text.parse::<IpAddr>() {
        Ok(address) => outer.contains(&address),
        Err(_) => match text.parse::<IpNet>() {
            Ok(inner) => outer.contains(&inner),
            Err(_) => return Err(a.wrong(1, "an address or a network")),
        },
    };
    Ok(Value::Bool(inner))
}

fn host(a: &Arguments) -> Result<Value, String> {
    let (network, number) = (network(a, 0)?, a.int(1)?);
    let (first, last) = (number_of(network.network()), number_of(network.broadcast()));
    let distance = u128::from(number.unsigned_abs());
    let missing = || format!("{network} has no address number {number}");
    if number >= 0 && distance <= last - first {
        return Ok(Value::text(address_in(network, first + distance)?.to_string()));
    }
    if number < 0 && distance - 1 <= last - first {
        return Ok(Value::text(address_in(network, last - (distance - 1))?.to_string()));
    }
    Err(missing())
}

fn subnet(a: &Arguments) -> Result<Value, String> {
    let (network, bits, number) = (network(a, 0)?, a.int(1)?, a.int(2)?);
    let longest = network.max_prefix_len();
    let prefix = i64::from(network.prefix_len()).checked_add(bits).filter(|_| bits >= 0);
    let prefix = prefix.and_then(|p| u8::try_from(p).ok()).filter(|p| *p <= longest);
    let prefix = prefix.ok_or_else(|| {
        format!("{network} can be lengthened by 0 to {} bits", longest - network.prefix_len())
    })?;
    let number = u128::try_from(number).ok();
    let number = number.filter(|n| bits >= 64 || *n < 1_u128 << bits);
    let number = number.ok_or_else(|| format!("{bits} bits have no number {}", a.value(2)))?;
    // A shift by the whole width, as for a /0 lengthened by nothing, leaves the network as it is.
    let offset = number.checked_shl(u32::from(longest - prefix)).unwrap_or(0);
    let address = address_in(network, number_of(network.network()) + offset)?;
    let subnet = IpNet::new(address, prefix).map_err(|error| error.to_string())?;
    Ok(Value::text(subnet.to_string()))
}
