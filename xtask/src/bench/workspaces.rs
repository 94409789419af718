//! Generated workspaces: the same for the same shape and size.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;

/// How instances are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A block for each server, all on one network.
    Flat,
    /// One block with `for_each`.
    ForEach,
    /// Tens: a network, its subnet, a keypair, a group, and six servers that need them.
    Layered,
}

/// Blocks in one file, so that no file is larger than is allowed.
const BLOCKS: usize = 20_000;

impl Shape {
    pub(crate) const ALL: [Self; 3] = [Self::Flat, Self::ForEach, Self::Layered];

    /// Whether there is a figure to reach at the largest size.
    pub(crate) fn has_large_figures(self) -> bool {
        match self {
            Self::Flat | Self::ForEach => true,
            Self::Layered => false,
        }
    }

    /// An address in it.
    pub(crate) fn target(self) -> &'static str {
        match self {
            Self::Flat => "s0/servers.app7",
            Self::ForEach => "s0/servers.app[\"k7\"]",
            Self::Layered => "s0/servers.s7-1",
        }
    }

    /// The same for the peer.
    pub(crate) fn peers_target(self) -> &'static str {
        match self {
            Self::Flat => "terraform_data.app7",
            Self::ForEach => "terraform_data.app[\"k7\"]",
            Self::Layered => "terraform_data.s7_1",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::ForEach => "for_each",
            Self::Layered => "layered",
        }
    }

    /// The shape of this name.
    pub(crate) fn named(name: &str) -> anyhow::Result<Self> {
        let known = Self::ALL.map(Self::name).join(", ");
        let found = Self::ALL.into_iter().find(|shape| shape.name() == name);
        found.with_context(|| format!("there is no shape `{name}`; there are {known}"))
    }
}

/// Numbers that look random and are always the same (a linear congruence).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % bound
    }
}

pub(crate) fn write(folder: &Path, shape: Shape, size: usize) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder.join("stacks"))?;
    std::fs::write(folder.join("terrace.yaml"), "cloud: demo\n")?;
    let mut numbers = Numbers(size as u64);
    let mut written = 0;
    for (number, first) in (0..size).step_by(BLOCKS).enumerate() {
        let count = BLOCKS.min(size - first);
        let text = match shape {
            Shape::Flat => flat(count, &mut numbers),
            Shape::ForEach => for_each(size, &mut numbers),
            Shape::Layered => layered(count, &mut numbers),
        };
        std::fs::write(folder.join(format!("stacks/s{number}.yaml")), text)?;
        written += count;
        if shape == Shape::ForEach {
            return Ok(());
        }
    }
    debug_assert_eq!(written, size);
    Ok(())
}

const NETWORK: &str = "networks:\n  front:\n    subnets:\n      v4: { cidr: 10.0.0.0/14 }\n";

fn flavor(numbers: &mut Numbers) -> &'static str {
    ["m1.tiny", "m1.small"][usize::try_from(numbers.below(2)).unwrap_or(0)]
}

fn flat(count: usize, numbers: &mut Numbers) -> String {
    let mut text = format!("{NETWORK}servers:\n");
    for n in 0..count.saturating_sub(2) {
        let (flavor, role) = (flavor(numbers), numbers.below(50));
        let _ = write!(
            text,
            "  app{n}:\n    image: cirros\n    flavor: {flavor}\n    networks: [front]\n    metadata: {{ role: r{role} }}\n"
        );
    }
    text
}

fn for_each(count: usize, numbers: &mut Numbers) -> String {
    let mut text = String::from("locals:\n  all:\n");
    for n in 0..count.saturating_sub(2) {
        let _ = writeln!(text, "    k{n}: {}", flavor(numbers));
    }
    text.push_str(NETWORK);
    text.push_str(
        "servers:\n  app:\n    for_each: ${locals.all}\n    name: app-${each.key}\n    image: cirros\n    flavor: ${each.value}\n    networks: [front]\n    metadata: { role: 'of-${each.key}' }\n",
    );
    text
}

fn layered(count: usize, numbers: &mut Numbers) -> String {
    let (mut networks, mut keys, mut groups, mut servers) =
        (String::new(), String::new(), String::new(), String::new());
    for n in 0..count / 10 {
        let (a, b) = (n / 256, n % 256);
        let _ = write!(networks, "  n{n}:\n    subnets:\n      v4: {{ cidr: 10.{a}.{b}.0/24 }}\n");
        let _ = writeln!(
            keys,
            "  k{n}: {{ public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f bench }}"
        );
        let _ = writeln!(groups, "  g{n}: {{ policy: soft-anti-affinity }}");
        for member in 0..6 {
            let flavor = flavor(numbers);
            let _ = write!(
                servers,
                "  s{n}-{member}:\n    image: cirros\n    flavor: {flavor}\n    networks: [n{n}]\n    keypair: k{n}\n    server_group: g{n}\n    metadata: {{ net: '${{networks.n{n}.name}}' }}\n"
            );
        }
    }
    format!("networks:\n{networks}keypairs:\n{keys}server_groups:\n{groups}servers:\n{servers}")
}

/// Settings of a simulated cloud in which nothing takes time.
pub(crate) const INSTANT: &str = r#"{"build_ms": 0, "delete_ms": 0, "volume_ms": 0}"#;

/// Servers on one network, each with a port and a volume of its own.
pub(crate) fn write_attached(folder: &Path, servers: usize) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder.join("stacks"))?;
    std::fs::write(folder.join("terrace.yaml"), "cloud: demo\n")?;
    let text = format!(
        "{NETWORK}ports:\n  p: {{ count: {servers}, network: front }}\nvolumes:\n  v: {{ count: {servers}, size: 1 }}\nservers:\n  s:\n    count: {servers}\n    image: cirros\n    flavor: m1.tiny\n    networks: [{{ port: 'p[count.index]' }}]\n    volumes: ['v[count.index]']\n"
    );
    std::fs::write(folder.join("stacks/s0.yaml"), text)?;
    Ok(())
}

/// Changes one server.
pub(crate) fn change_one(folder: &Path, shape: Shape) -> anyhow::Result<()> {
    let path = folder.join("stacks/s0.yaml");
    let text = std::fs::read_to_string(&path)?;
    let (from, to) = match shape {
        Shape::Flat => ("    metadata: { role: ", "    metadata: { new: x, role: "),
        Shape::ForEach => (": m1.tiny\n", ": m1.small\n"),
        Shape::Layered => ("    metadata: { net: ", "    metadata: { new: x, net: "),
    };
    std::fs::write(path, text.replacen(from, to, 1))?;
    Ok(())
}
