//! Markers: what Terrace leaves on an object so that it is recognised when an answer was lost.
//!
//! A server carries it in its metadata, a network or subnet at the end of its description. It
//! names the state, the instance and the one attempt that created it.

use sha2::{Digest, Sha256};
use terrace_model::{Address, Lineage, value::hex};

/// Key of the marker in a server's metadata.
pub(crate) const METADATA_KEY: &str = "terrace:marker";

const PREFIX: &str = "terrace-";

/// The marker of one attempt to create an instance: at most 60 characters, without `/` and `,`.
pub(crate) fn marker(lineage: &Lineage, address: &Address, nonce: u64) -> String {
    let short = |text: &str, length: usize| hex(&Sha256::digest(text))[..length].to_owned();
    format!(
        "{PREFIX}{}-{}-{:08x}",
        short(&lineage.0, 8),
        short(&address.to_string(), 12),
        nonce & 0xffff_ffff
    )
}

/// A description with its marker at the end; what was taken over has none.
pub(crate) fn describe(description: &str, marker: &str) -> String {
    if marker.is_empty() {
        return description.to_owned();
    }
    if description.is_empty() { format!("[{marker}]") } else { format!("{description} [{marker}]") }
}

/// A description as the user wrote it, and the marker that was behind it.
pub(crate) fn undescribe(text: &str) -> (String, Option<String>) {
    let found = text.strip_suffix(']').and_then(|open| open.rsplit_once('['));
    match found {
        Some((description, marker)) if marker.starts_with(PREFIX) => {
            (description.trim_end().to_owned(), Some(marker.to_owned()))
        }
        _ => (text.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_carry_their_marker_and_give_it_back() {
        let address: Address = "web/networks.front".parse().expect("an address");
        let marker = marker(&Lineage("l".into()), &address, 7);
        assert!(marker.len() <= 60 && !marker.contains(['/', ',']), "{marker}");
        for description in ["", "front of the shop", "ends in ]", "[brackets]"] {
            let text = describe(description, &marker);
            assert_eq!(undescribe(&text), (description.to_owned(), Some(marker.clone())), "{text}");
            assert_eq!(undescribe(description), (description.to_owned(), None));
        }
    }
}
