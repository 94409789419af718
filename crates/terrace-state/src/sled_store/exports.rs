//! The exports beside the database: `exports/<serial>.json.zst`, the last few of them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::error::StateError;
use crate::export::Export;

/// How many are kept.
const KEPT: usize = 5;
const LEVEL: i32 = 3;
const SUFFIX: &str = ".json.zst";

/// The folder of exports.
pub(super) struct Exports {
    folder: PathBuf,
}

impl Exports {
    pub(super) fn new(state: &Path) -> Self {
        Self { folder: state.join("exports") }
    }

    /// Writes one, whole or not at all, and removes the oldest.
    pub(super) fn write(&self, export: &Export) -> Result<(), StateError> {
        let json = export.to_json()?;
        let path = self.folder.join(format!("{}{SUFFIX}", export.snapshot.serial));
        let half = self.folder.join("half-written");
        self.place(&json, &half, &path).map_err(|source| StateError::at("write", &path, source))
    }

    fn place(&self, json: &[u8], half: &Path, path: &Path) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let bytes = zstd::encode_all(json, LEVEL)?;
        let mut file = private().create(true).truncate(true).write(true).open(half)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(half, path)?;
        for (_, old) in self.all()?.into_iter().skip(KEPT) {
            fs::remove_file(old)?;
        }
        sync_folder(&self.folder)
    }

    /// The newest that can be read, and a word on each newer one that cannot.
    pub(super) fn newest(&self) -> Result<(Option<Export>, Vec<String>), StateError> {
        let mut unreadable = Vec::new();
        let all = self.all().map_err(|source| StateError::at("read", &self.folder, source))?;
        for (_, path) in all {
            let json = File::open(&path).and_then(zstd::decode_all);
            let json = json.map_err(|source| StateError::at("read", &path, source));
            match json.and_then(|json| Export::from_json(&json)) {
                Ok(export) => return Ok((Some(export), unreadable)),
                Err(newer @ StateError::Newer { .. }) => return Err(newer),
                Err(error) => {
                    unreadable.push(format!("{} cannot be used: {error}", path.display()));
                }
            }
        }
        Ok((None, unreadable))
    }

    /// The serial of the newest, going by its name.
    pub(super) fn newest_serial(&self) -> io::Result<Option<u64>> {
        Ok(self.all()?.first().map(|(serial, _)| *serial))
    }

    /// Serial and path of each, newest first.
    fn all(&self) -> io::Result<Vec<(u64, PathBuf)>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut all = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let serial = name
                .and_then(|name| name.strip_suffix(SUFFIX))
                .and_then(|serial| serial.parse().ok());
            all.extend(serial.map(|serial| (serial, path)));
        }
        all.sort_unstable_by(|a, b| b.cmp(a));
        Ok(all)
    }
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Options of a file that only its owner may read: an export holds the key of the fingerprints.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
