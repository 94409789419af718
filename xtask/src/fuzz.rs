//! `cargo xtask fuzz`: the real binary on examples that were spoiled at random, and on noise. It must
//! end with findings or without: never by a panic, a signal, after seconds, or with the machine's
//! memory. The same seed makes the same inputs.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use wait4::Wait4 as _;

/// CPU time of one run; inputs are small.
const MOST_CPU: Duration = Duration::from_secs(1);
/// Resident memory of one run.
const MOST_MEMORY: u64 = 200 << 20;

/// Words that reach deep into the loader.
const WORDS: [&str; 58] = [
    "variables:",
    "locals:",
    "networks:",
    "servers:",
    "outputs:",
    "subnets:",
    "components:",
    "existing:",
    "use:",
    "count: 3",
    "for_each: {a: 1}",
    "when: false",
    "lifecycle:",
    "depends_on:",
    "moved:",
    "imports:",
    "removed:",
    "${vars.a}",
    "${locals.a}",
    "${count.index}",
    "${each.key}",
    "${networks.front.id}",
    "${servers.web.map(s, s.id)}",
    "${[1,2].map(x, x)}",
    "${networks.front[5].id}",
    "${values(servers.web).map(s, s.nam)}",
    "${components.tier.ids}",
    "${components.tier['a'].ids}",
    "${stacks.more.ids}",
    "${try(locals.a, 1)}",
    "${template('motd.txt', {'name': 'x'})}",
    "0o17",
    "1:30",
    "no",
    "${",
    "}",
    "$${",
    "&a",
    "*a",
    "<<: *a",
    "!x",
    "|",
    ">-",
    "- ",
    "? ",
    ": ",
    "[",
    "]",
    "{",
    "}",
    "'",
    "\"",
    "\t",
    "\u{feff}",
    "ä",
    "~",
    "99999999999999999999",
    "-1",
];

/// Where spoiled files are put; most of what there is to read is in stacks.
const PLACES: [&str; 8] = [
    "stacks/web.yaml",
    "stacks/web.yaml",
    "stacks/web.yaml",
    "stacks/more.yaml",
    "components/tier.yaml",
    "environments/default.yaml",
    "motd.txt",
    "terrace.yaml",
];

/// A component, a stack that uses it, and the other files that a workspace may have.
const FILES: [(&str, &str); 5] = [
    ("terrace.yaml", "cloud: simulator\n"),
    (
        "components/tier.yaml",
        "variables:\n  size: { type: integer, default: 1 }\n  network: string\nservers:\n  app:\n    count: ${vars.size}\n    \
         image: cirros\n    flavor: m1.tiny\n    networks: ['${vars.network}']\noutputs:\n  ids: ${servers.app.map(s, s.id)}\n",
    ),
    (
        "stacks/more.yaml",
        "variables:\n  size: { type: integer, default: 2 }\ncomponents:\n  tier:\n    for_each: [a, b]\n    use:\n      \
         source: ../components/tier.yaml\n      with: { size: '${vars.size}', network: '${stacks.web.networks.front.id}' }\n\
         outputs:\n  ids: ${components.tier.a.ids}\n  motd: \"${template('motd.txt', {'name': env.name})}\"\n",
    ),
    ("environments/default.yaml", "size: 1\n"),
    ("motd.txt", "Welcome to ${upper(name)}\n"),
];

/// Numbers that look random (a linear congruence, high bits).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound.max(1)
    }
}

/// Runs for so many seconds and says what it found.
pub(crate) fn run(root: &Path, binary: &Path, seconds: u64, seed: u64) -> anyhow::Result<bool> {
    let corpus = corpus(root)?;
    let folder = root.join(format!("target/fuzz-{}", std::process::id()));
    let kept = root.join("target/fuzz-findings");
    prepare(root, &folder)?;
    let (mut runs, mut found) = (0_u64, 0_u64);
    let end = after(seconds);
    let mut numbers = Numbers(seed);
    while !is_over(end) {
        let input = spoiled(&corpus, &mut numbers);
        let path = PLACES[numbers.below(PLACES.len())];
        let was = fs::read(folder.join(path))?;
        fs::write(folder.join(path), &input)?;
        for command in ["validate", "fmt --check"] {
            runs += 1;
            if let Err(wrong) = try_one(binary, &folder, command) {
                found += 1;
                fs::create_dir_all(&kept)?;
                let file = kept.join(format!("{seed}-{runs}.yaml"));
                fs::write(&file, &input)?;
                let mut out = io::stdout().lock();
                writeln!(out, "{command}: {wrong}; as {path} in {}", file.display())?;
            }
        }
        fs::write(folder.join(path), was)?;
    }
    fs::remove_dir_all(&folder)?;
    writeln!(io::stdout().lock(), "fuzz: {runs} runs from seed {seed}, {found} findings")?;
    Ok(found == 0)
}

#[expect(clippy::disallowed_methods, reason = "it runs for a given time")]
fn after(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

#[expect(clippy::disallowed_methods, reason = "it runs for a given time")]
fn is_over(end: Instant) -> bool {
    Instant::now() >= end
}

/// Every YAML file of the examples and of the golden tests.
fn corpus(root: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut open: Vec<PathBuf> = ["examples", "crates/terrace-render/tests/golden", "docs/errors"]
        .map(|p| root.join(p))
        .into();
    let mut files = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path)?.collect::<io::Result<Vec<_>>>()?;
            open.extend(entries.into_iter().map(|entry| entry.path()));
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "md") {
            files.push(path);
        }
    }
    files.sort();
    let texts = files.iter().map(fs::read).collect::<io::Result<Vec<_>>>()?;
    if texts.is_empty() {
        bail!("there are no examples");
    }
    // The examples stand in the pages of codes as blocks.
    Ok(texts.into_iter().flat_map(|text| blocks(&text)).collect())
}

fn blocks(text: &[u8]) -> Vec<Vec<u8>> {
    match std::str::from_utf8(text) {
        Ok(page) if page.contains("```yaml\n") => page
            .split("```yaml\n")
            .skip(1)
            .filter_map(|rest| rest.split("```").next())
            .map(|block| block.as_bytes().to_vec())
            .collect(),
        _ => vec![text.to_vec()],
    }
}

fn prepare(root: &Path, folder: &Path) -> anyhow::Result<()> {
    for inner in ["stacks", "keys", "components", "environments"] {
        fs::create_dir_all(folder.join(inner))?;
    }
    for (path, text) in FILES {
        fs::write(folder.join(path), text)?;
    }
    fs::copy(root.join("examples/quickstart/stacks/web.yaml"), folder.join("stacks/web.yaml"))?;
    fs::copy(root.join("examples/quickstart/keys/deploy.pub"), folder.join("keys/deploy.pub"))?;
    Ok(())
}

/// An example with a few places spoiled, or noise.
fn spoiled(corpus: &[Vec<u8>], numbers: &mut Numbers) -> Vec<u8> {
    if numbers.below(16) == 0 {
        let length = numbers.below(400);
        return (0..length).map(|_| u8::try_from(numbers.below(256)).unwrap_or(0)).collect();
    }
    let mut text = corpus[numbers.below(corpus.len())].clone();
    for _ in 0..=numbers.below(6) {
        let at = numbers.below(text.len() + 1);
        let length = numbers.below(40).min(text.len() - at);
        match numbers.below(7) {
            0 => drop(text.drain(at..at + length)),
            1 => {
                let part = text[at..at + length].to_vec();
                let times = 1 + numbers.below(30);
                drop(text.splice(at..at, part.repeat(times)));
            }
            2 if at < text.len() => text[at] = u8::try_from(numbers.below(256)).unwrap_or(0),
            3 => {
                let other = &corpus[numbers.below(corpus.len())];
                let from = numbers.below(other.len() + 1);
                let to = (from + numbers.below(200)).min(other.len());
                drop(text.splice(at..at, other[from..to].iter().copied()));
            }
            4 => {
                let line = text[at..].iter().position(|b| *b == b'\n').map_or(at, |n| at + n + 1);
                drop(text.splice(line..line, *b"  "));
            }
            _ => {
                let word = WORDS[numbers.below(WORDS.len())];
                drop(text.splice(at..at, word.bytes()));
            }
        }
    }
    text
}

/// Runs the program once; an error when it does what it never may.
fn try_one(binary: &Path, folder: &Path, command: &str) -> anyhow::Result<()> {
    let told = folder.join("told");
    let output = fs::File::create(&told)?;
    let child = Command::new("/bin/sh")
        .current_dir(folder)
        .args(["-c", &format!("ulimit -t 5; ulimit -v 4000000; exec \"$0\" {command}")])
        .arg(binary)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .spawn()
        .context("the program cannot be run")?;
    let used = child.wait4()?;
    let text = String::from_utf8_lossy(&fs::read(&told)?).into_owned();
    let cpu = used.rusage.utime + used.rusage.stime;
    match used.status.code() {
        Some(0..=2) if !text.contains("panicked") => {}
        _ => {
            let line = text.lines().find(|l| l.contains("panicked")).unwrap_or_default();
            bail!("ended with {} {line}", used.status);
        }
    }
    if cpu > MOST_CPU {
        bail!("took {cpu:?}");
    }
    if used.rusage.maxrss > MOST_MEMORY {
        bail!("took {} MB", used.rusage.maxrss >> 20);
    }
    Ok(())
}
