//! What is desired: a random workspace, how it changes, and what must be in the cloud then.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::random::Random;
use crate::world::count;

const KEYS: [&str; 2] = [
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f one",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8eHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA two",
];

/// One network with its subnets and servers.
#[derive(Clone)]
struct Tier {
    subnets: usize,
    servers: usize,
    flavor: &'static str,
    image: &'static str,
    role: &'static str,
    name: &'static str,
    grouped: bool,
    each: bool,
}

/// A workspace, as a list of choices.
pub(crate) struct Wishes {
    key: Option<usize>,
    policy: &'static str,
    tiers: Vec<Tier>,
}

impl Wishes {
    pub(crate) fn new(random: &mut Random) -> Self {
        let tiers = (0..1 + random.below(3)).map(|_| tier(random)).collect();
        Self { key: key(random), policy: policy(random), tiers }
    }

    /// Something is wished otherwise.
    pub(crate) fn change(&mut self, random: &mut Random) {
        match random.below(6) {
            0 => self.key = key(random),
            1 => self.policy = policy(random),
            2 if self.tiers.len() < 4 => self.tiers.push(tier(random)),
            3 => drop(self.tiers.pop()),
            _ => {}
        }
        for tier in &mut self.tiers {
            match random.below(8) {
                // Never fewer: servers that have an address of a subnet keep it from being deleted.
                0 => tier.subnets = 2,
                1 => tier.servers = random.below(4),
                2 => tier.flavor = flavor(random),
                3 => tier.image = image(random),
                4 => tier.role = random.one_of(&["web", "db"]),
                5 => tier.name = random.one_of(&["net", "lan"]),
                6 => tier.each = !tier.each,
                _ => {}
            }
        }
    }

    /// The stack file.
    pub(crate) fn files(&self) -> String {
        let mut text = "server_groups:\n".to_owned();
        let _ = writeln!(text, "  group: {{ policy: {} }}", self.policy);
        if let Some(key) = self.key {
            let _ = writeln!(text, "keypairs:\n  key: {{ public_key: '{}' }}", KEYS[key]);
        }
        text.push_str(if self.tiers.is_empty() { "" } else { "networks:\n" });
        for (at, tier) in self.tiers.iter().enumerate() {
            let _ = writeln!(text, "  n{at}:\n    name: {}-{at}\n    subnets:", tier.name);
            for subnet in 0..tier.subnets {
                let _ = writeln!(text, "      s{subnet}: {{ cidr: 10.{at}.{subnet}.0/24 }}");
            }
        }
        text.push_str(if self.tiers.is_empty() { "" } else { "servers:\n" });
        for (at, tier) in self.tiers.iter().enumerate() {
            let many = if tier.each {
                let keys: Vec<String> = (0..tier.servers).map(|n| format!("k{n}")).collect();
                format!("for_each: [{}]", keys.join(", "))
            } else {
                format!("count: {}", tier.servers)
            };
            let key = if self.key.is_some() { ", keypair: key" } else { "" };
            let group = if tier.grouped { ", server_group: group" } else { "" };
            let _ = writeln!(
                text,
                "  v{at}: {{ {many}, image: {}, flavor: {}, networks: [n{at}]{key}{group}, metadata: {{ role: {} }} }}",
                tier.image, tier.flavor, tier.role
            );
        }
        text
    }

    /// The cloud has each of what is wished once, and nothing else.
    #[track_caller]
    pub(crate) fn check(&self, (empty, inventory): (&Value, &Value), story: &str) {
        let sum = |count: fn(&Tier) -> usize| self.tiers.iter().map(count).sum();
        let expected: BTreeMap<&str, usize> = [
            ("keypairs", usize::from(self.key.is_some())),
            ("server_groups", 1),
            ("networks", self.tiers.len()),
            ("subnets", sum(|t| t.subnets)),
            ("servers", sum(|t| t.servers)),
            ("ports", sum(|t| t.servers)),
        ]
        .into();
        for (collection, wished) in expected {
            let there = count(inventory, collection) - count(empty, collection);
            assert_eq!(there, wished, "{story}: {collection} in {inventory:#}\n{}", self.files());
        }
    }
}

fn tier(random: &mut Random) -> Tier {
    Tier {
        subnets: 1 + random.below(2),
        servers: random.below(4),
        flavor: flavor(random),
        image: image(random),
        role: "web",
        name: "net",
        grouped: random.chance(40),
        each: random.chance(30),
    }
}

fn key(random: &mut Random) -> Option<usize> {
    random.chance(70).then(|| random.below(KEYS.len()))
}

fn policy(random: &mut Random) -> &'static str {
    random.one_of(&["soft-anti-affinity", "soft-affinity"])
}

fn flavor(random: &mut Random) -> &'static str {
    random.one_of(&["m1.tiny", "m1.small"])
}

fn image(random: &mut Random) -> &'static str {
    random.one_of(&["cirros", "debian-12"])
}
