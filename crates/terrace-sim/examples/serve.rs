//! Serves a simulated cloud on a port: `serve [PORT] [FOLDER]`, and writes `clouds.yaml` there.

use std::path::Path;
use std::sync::Arc;
use terrace_sim::{Cloud, Settings, SystemClock};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let port: u16 = words.next().map_or(Ok(5555), |text| text.parse())?;
    let folder = words.next();
    let clock = Arc::new(SystemClock);
    let cloud = match &folder {
        Some(folder) => Cloud::open(Path::new(folder), Settings::default(), clock)?,
        None => Cloud::in_memory(Settings::default(), clock),
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let base = format!("http://{}", listener.local_addr()?);
    let place = Path::new(folder.as_deref().unwrap_or(".")).join("clouds.yaml");
    std::fs::write(place, cloud.clouds_yaml(&base))?;
    axum::serve(listener, cloud.router(&base)).await?;
    Ok(())
}
