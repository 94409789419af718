//! Generated workspaces: the same for the same shape and size.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Write};
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

/// Written as it is made: what this program has held counts as held by those that it starts.
pub(crate) fn write(folder: &Path, shape: Shape, size: usize) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder.join("stacks"))?;
    std::fs::write(folder.join("terrace.yaml"), "cloud: demo\n")?;
    let mut numbers = Numbers(size as u64);
    // All of a `for_each` is one block.
    let most = if shape == Shape::ForEach { size } else { BLOCKS };
    for (number, first) in (0..size).step_by(most).enumerate() {
        let count = most.min(size - first);
        let mut file = BufWriter::new(File::create(folder.join(format!("stacks/s{number}.yaml")))?);
        match shape {
            Shape::Flat => flat(&mut file, count, &mut numbers)?,
            Shape::ForEach => for_each(&mut file, count, &mut numbers)?,
            Shape::Layered => layered(&mut file, count, &mut numbers)?,
        }
        file.flush()?;
    }
    Ok(())
}

const NETWORK: &str = "networks:\n  front:\n    subnets:\n      v4: { cidr: 10.0.0.0/14 }\n";

fn flavor(numbers: &mut Numbers) -> &'static str {
    ["m1.tiny", "m1.small"][usize::try_from(numbers.below(2)).unwrap_or(0)]
}

fn flat(file: &mut impl Write, count: usize, numbers: &mut Numbers) -> io::Result<()> {
    writeln!(file, "{NETWORK}servers:")?;
    for n in 0..count.saturating_sub(2) {
        let (flavor, role) = (flavor(numbers), numbers.below(50));
        write!(
            file,
            "  app{n}:\n    image: cirros\n    flavor: {flavor}\n    networks: [front]\n    metadata: {{ role: r{role} }}\n"
        )?;
    }
    Ok(())
}

fn for_each(file: &mut impl Write, count: usize, numbers: &mut Numbers) -> io::Result<()> {
    file.write_all(b"locals:\n  all:\n")?;
    for n in 0..count.saturating_sub(2) {
        writeln!(file, "    k{n}: {}", flavor(numbers))?;
    }
    file.write_all(NETWORK.as_bytes())?;
    file.write_all(
        b"servers:\n  app:\n    for_each: ${locals.all}\n    name: app-${each.key}\n    image: cirros\n    flavor: ${each.value}\n    networks: [front]\n    metadata: { role: 'of-${each.key}' }\n",
    )
}

fn layered(file: &mut impl Write, count: usize, numbers: &mut Numbers) -> io::Result<()> {
    let tens = 0..count / 10;
    file.write_all(b"networks:\n")?;
    for n in tens.clone() {
        let (a, b) = (n / 256, n % 256);
        write!(file, "  n{n}:\n    subnets:\n      v4: {{ cidr: 10.{a}.{b}.0/24 }}\n")?;
    }
    file.write_all(b"keypairs:\n")?;
    for n in tens.clone() {
        writeln!(
            file,
            "  k{n}: {{ public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f bench }}"
        )?;
    }
    file.write_all(b"server_groups:\n")?;
    for n in tens.clone() {
        writeln!(file, "  g{n}: {{ policy: soft-anti-affinity }}")?;
    }
    file.write_all(b"servers:\n")?;
    for (n, member) in tens.flat_map(|n| (0..6).map(move |member| (n, member))) {
        let flavor = flavor(numbers);
        write!(
            file,
            "  s{n}-{member}:\n    image: cirros\n    flavor: {flavor}\n    networks: [n{n}]\n    keypair: k{n}\n    server_group: g{n}\n    metadata: {{ net: '${{networks.n{n}.name}}' }}\n"
        )?;
    }
    Ok(())
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

/// Changes one server, in a copy that takes the file's place: no file is in memory as a whole.
pub(crate) fn change_one(folder: &Path, shape: Shape) -> anyhow::Result<()> {
    let (path, changed) = (folder.join("stacks/s0.yaml"), folder.join("changed"));
    let (from, to) = match shape {
        Shape::Flat => ("    metadata: { role: ", "    metadata: { new: x, role: "),
        Shape::ForEach => (": m1.tiny", ": m1.small"),
        Shape::Layered => ("    metadata: { net: ", "    metadata: { new: x, net: "),
    };
    let mut file = BufWriter::new(File::create(&changed)?);
    let mut done = false;
    for line in BufReader::new(File::open(&path)?).lines() {
        let line = line?;
        let is_it = !done && line.contains(from);
        done |= is_it;
        writeln!(file, "{}", if is_it { line.replacen(from, to, 1) } else { line })?;
    }
    file.flush()?;
    anyhow::ensure!(done, "there is nothing to change in {}", path.display());
    Ok(std::fs::rename(changed, path)?)
}
