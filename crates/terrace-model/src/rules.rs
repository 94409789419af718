//! Rules of security groups in the one form in which they compare, whoever wrote them.

use crate::canonical::port_range;
use crate::map::Map;
use crate::value::Value;

/// A rule: its fields by name, as in the table of the security group.
pub type Rule = Map;

const WITH_PORTS: [&str; 5] = ["tcp", "udp", "udplite", "sctp", "dccp"];
const ICMP: [&str; 2] = ["icmp", "ipv6-icmp"];

/// The two rules that a new group has of itself: everything may go out.
pub fn default_rules() -> [Rule; 2] {
    ["IPv4", "IPv6"].map(|family| {
        [("direction", "egress"), ("ethertype", family)]
            .map(|(name, value)| (name.to_owned(), Value::text(value)))
            .into()
    })
}

/// A rule in its one form: the family filled in, what means "any" left out.
///
/// # Errors
/// What does not go together in it.
pub fn canonical(mut rule: Rule) -> Result<Rule, String> {
    rule.retain(|_, value| !is_nothing(value));
    let text = |rule: &Rule, name: &str| rule.get(name).and_then(Value::as_str).map(str::to_owned);
    let prefix = text(&rule, "remote_ip_prefix");
    let protocol = text(&rule, "protocol");
    if !rule.contains_key("ethertype") {
        let six = prefix.as_ref().is_some_and(|p| p.contains(':'))
            || protocol.as_ref().is_some_and(|p| p.starts_with("ipv6-"));
        rule.insert("ethertype", Value::text(if six { "IPv6" } else { "IPv4" }));
    }
    let six = text(&rule, "ethertype").as_deref() == Some("IPv6");
    if let Some(prefix) = &prefix
        && prefix.contains(':') != six
    {
        let family = if six { "IPv6" } else { "IPv4" };
        return Err(format!("`remote_ip_prefix` {prefix} is not of the `ethertype` {family}"));
    }
    let others = ["remote_ip_prefix", "remote_group", "remote_address_group"];
    let given: Vec<&str> = others.into_iter().filter(|name| rule.contains_key(name)).collect();
    if let [one, other, ..] = given[..] {
        return Err(format!("a rule has `{one}` or `{other}`, not both"));
    }
    if matches!(prefix.as_deref(), Some("0.0.0.0/0" | "::/0")) {
        rule.remove("remote_ip_prefix");
    }
    if six && protocol.as_deref() == Some("icmp") {
        rule.insert("protocol", Value::text("ipv6-icmp"));
    }
    fits(&rule, protocol.as_deref())?;
    Ok(rule)
}

fn fits(rule: &Rule, protocol: Option<&str>) -> Result<(), String> {
    let pending = rule.get("protocol").is_some_and(Value::is_pending);
    let has = |name: &str| rule.contains_key(name);
    if has("ports") && !pending && !protocol.is_some_and(|p| WITH_PORTS.contains(&p)) {
        return Err(format!("`ports` need a `protocol` of {}", WITH_PORTS.join(", ")));
    }
    if has("icmp_type") && !pending && !protocol.is_some_and(|p| ICMP.contains(&p)) {
        return Err("`icmp_type` needs the `protocol` icmp or ipv6-icmp".into());
    }
    if has("icmp_code") && !has("icmp_type") {
        return Err("`icmp_code` needs an `icmp_type`".into());
    }
    Ok(())
}

/// The first and the last port of a rule, or type and code of ICMP, as the cloud keeps them.
pub fn range(rule: &Rule) -> (Option<i64>, Option<i64>) {
    if let Some((low, high)) = rule.get("ports").and_then(port_range) {
        return (Some(i64::from(low)), Some(i64::from(high)));
    }
    let number = |name: &str| rule.get(name).and_then(Value::as_int);
    (number("icmp_type"), number("icmp_code"))
}

/// What makes a rule the same to the cloud: everything but its description.
#[must_use]
pub fn identity(rule: &Rule) -> Rule {
    rule.iter().filter(|(name, _)| *name != "description").map(|(k, v)| (k, v.clone())).collect()
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Rule {
        let fields = text.split_whitespace().filter_map(|pair| pair.split_once('='));
        let value = |v: &str| v.parse().map_or_else(|_| Value::text(v), Value::Int);
        fields.map(|(k, v)| (k.to_owned(), value(v))).collect()
    }

    #[test]
    fn rules_have_one_form() {
        for (written, expected) in [
            ("direction=ingress", "direction=ingress ethertype=IPv4"),
            ("direction=egress remote_ip_prefix=::/0", "direction=egress ethertype=IPv6"),
            (
                "direction=ingress protocol=icmp ethertype=IPv6 icmp_type=8",
                "direction=ingress protocol=ipv6-icmp ethertype=IPv6 icmp_type=8",
            ),
            (
                "direction=ingress protocol=tcp ports=443 remote_ip_prefix=0.0.0.0/0",
                "direction=ingress protocol=tcp ports=443 ethertype=IPv4",
            ),
            (
                "direction=ingress remote_group=self description=",
                "direction=ingress remote_group=self ethertype=IPv4",
            ),
        ] {
            assert_eq!(canonical(rule(written)), Ok(rule(expected)), "{written}");
        }
    }

    #[test]
    fn what_does_not_go_together_is_told() {
        for (written, expected) in [
            ("ports=443", "`ports` need a `protocol`"),
            ("protocol=gre ports=443", "`ports` need a `protocol`"),
            ("protocol=tcp icmp_type=8", "`icmp_type` needs the `protocol`"),
            ("protocol=icmp icmp_code=0", "`icmp_code` needs"),
            ("ethertype=IPv4 remote_ip_prefix=fd00::/8", "is not of the `ethertype`"),
            ("remote_group=self remote_ip_prefix=10.0.0.0/8", "not both"),
            ("remote_group=self remote_address_group=x", "not both"),
        ] {
            let told = canonical(rule(written)).expect_err(written);
            assert!(told.contains(expected), "{written}: {told}");
        }
    }
}
