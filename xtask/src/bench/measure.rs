//! Running the program and taking what it cost from the kernel's account of it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use wait4::Wait4 as _;

/// What one run took.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(crate) struct Cost {
    pub(crate) wall_s: f64,
    pub(crate) cpu_s: f64,
    pub(crate) peak_mb: f64,
    /// Requests to the cloud, where the run tells.
    pub(crate) requests: Option<u64>,
}

/// The program on a workspace.
pub(crate) struct Terrace {
    binary: PathBuf,
    folder: PathBuf,
    clouds: Option<PathBuf>,
}

impl Terrace {
    pub(crate) fn new(binary: &Path, folder: &Path) -> Self {
        Self { binary: binary.to_owned(), folder: folder.to_owned(), clouds: None }
    }

    /// The same against a simulator.
    pub(crate) fn on(self, simulator: &Simulator) -> Self {
        Self { clouds: Some(simulator.clouds.clone()), ..self }
    }

    /// The folder that it runs in.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The cheapest of so many runs.
    pub(crate) fn best(&self, times: u8, arguments: &[&str]) -> anyhow::Result<Cost> {
        best(times, || self.once(arguments))
    }

    pub(crate) fn once(&self, arguments: &[&str]) -> anyhow::Result<Cost> {
        let mut command = Command::new(&self.binary);
        command.current_dir(&self.folder).args(arguments);
        if let Some(clouds) = &self.clouds {
            command.env("OS_CLIENT_CONFIG_FILE", clouds).env("OS_CLOUD", "demo");
        }
        let errors = std::env::temp_dir().join(format!("terrace-bench-{}", std::process::id()));
        let cost = run(&mut command, &errors)?;
        let requests = requests(BufReader::new(File::open(&errors)?))?;
        std::fs::remove_file(&errors)?;
        Ok(Cost { requests, ..cost })
    }
}

/// The cheapest of so many runs, with the most memory that any of them took.
pub(crate) fn best(times: u8, run: impl Fn() -> anyhow::Result<Cost>) -> anyhow::Result<Cost> {
    let mut best = run()?;
    for _ in 1..times {
        let cost = run()?;
        best.wall_s = best.wall_s.min(cost.wall_s);
        best.cpu_s = best.cpu_s.min(cost.cpu_s);
        best.peak_mb = best.peak_mb.max(cost.peak_mb);
    }
    Ok(best)
}

/// Runs a command to its end; what it says on standard error goes to a file, and so does what it
/// prints when it changes something, which is not much.
#[expect(clippy::disallowed_methods, reason = "measuring takes a clock")]
pub(crate) fn run(command: &mut Command, errors: &Path) -> anyhow::Result<Cost> {
    let told = File::create(errors)?;
    let started = Instant::now();
    let writes = command.get_args().any(|word| word == "--yes");
    let printed = if writes { Stdio::from(told.try_clone()?) } else { Stdio::null() };
    let child = command
        .stdin(Stdio::null())
        .stdout(printed)
        .stderr(told)
        .spawn()
        .with_context(|| format!("{command:?} cannot be run"))?;
    let used = child.wait4()?;
    let wall = started.elapsed();
    if !used.status.success() {
        let told = std::fs::read_to_string(errors).unwrap_or_default();
        let told: String = told.chars().take(2000).collect();
        bail!("{command:?} ended with {}:\n{told}", used.status);
    }
    let cpu = used.rusage.utime + used.rusage.stime;
    Ok(Cost {
        wall_s: wall.as_secs_f64(),
        cpu_s: cpu.as_secs_f64(),
        peak_mb: used.rusage.maxrss as f64 / 1_048_576.0,
        requests: None,
    })
}

/// The sum of the numbers in front of `requests` in what the run told; the login is not among them.
/// It is read by lines: an apply of many tells much.
fn requests(told: impl BufRead) -> anyhow::Result<Option<u64>> {
    let mut sum = None;
    for line in told.lines() {
        let line = line?;
        let words: Vec<&str> = line.split([' ', '(', ')', ',', '.']).collect();
        for pair in words.windows(2).filter(|pair| pair[1] == "requests") {
            if let Ok(number) = pair[0].parse::<u64>() {
                sum = Some(sum.unwrap_or(0) + number);
            }
        }
    }
    Ok(sum)
}

/// A simulated cloud in a process of its own.
pub(crate) struct Simulator {
    child: Child,
    clouds: PathBuf,
}

impl Simulator {
    /// Starts it on any free port; its cloud is kept beside the workspace.
    #[expect(clippy::disallowed_methods, reason = "waits for another process")]
    pub(crate) fn start(binary: &Path, folder: &Path, settings: &str) -> anyhow::Result<Self> {
        let home = folder.join("cloud");
        std::fs::create_dir_all(home.join("state/simulator"))?;
        let clouds = home.join("clouds.yaml");
        let child = Command::new(binary)
            .current_dir(&home)
            .args(["sim", "--port", "0", "--clouds-yaml", "clouds.yaml"])
            .env("TERRACE_SIM_SETTINGS", settings)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        for _ in 0..500 {
            if clouds.exists() {
                return Ok(Self { child, clouds });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("the simulator does not start")
    }

    /// CPU time that it has used so far, in seconds.
    pub(crate) fn cpu(&self) -> anyhow::Result<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<&str> =
            text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|t| t.parse::<f64>().ok());
        let (user, system) = ticks(11).zip(ticks(12)).context("no times of the simulator")?;
        // The kernel counts in hundredths whatever its own clock.
        Ok((user + system) / 100.0)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_requests_of_all_lines_are_added() {
        let sum = |told: &str| super::requests(told.as_bytes()).expect("text");
        assert_eq!(
            sum("Read the cloud: 3 there (2 requests, 0.0 s).\nDone (40 requests).\n"),
            Some(42)
        );
        assert_eq!(sum("all requests are told\n"), None);
    }
}
