//! Names for things, derived from the seed and a counter, so that a run can be repeated exactly.

use sha2::{Digest, Sha256};

/// Bytes that only this seed and number give.
fn bytes(seed: u64, number: u64, purpose: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(number.to_le_bytes());
    hash.update(purpose.as_bytes());
    hash.finalize().into()
}

/// An id in the shape of a random UUID.
pub(crate) fn uuid(seed: u64, number: u64) -> String {
    let mut first = [0; 16];
    first.copy_from_slice(&bytes(seed, number, "uuid")[..16]);
    uuid::Builder::from_random_bytes(first).into_uuid().to_string()
}

/// A number from 0 to 1, the latter excluded.
pub(crate) fn fraction(seed: u64, number: u64) -> f64 {
    let mut four = [0; 4];
    four.copy_from_slice(&bytes(seed, number, "fraction")[..4]);
    f64::from(u32::from_le_bytes(four)) / (f64::from(u32::MAX) + 1.0)
}

/// A hardware address as Neutron makes them.
pub(crate) fn mac(seed: u64, number: u64) -> String {
    let b = bytes(seed, number, "mac");
    format!("fa:16:3e:{:02x}:{:02x}:{:02x}", b[0], b[1], b[2])
}

/// A secret of `length` letters and digits.
pub(crate) fn secret(seed: u64, number: u64, length: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut out = String::new();
    for round in 0.. {
        for byte in bytes(seed, number, &format!("secret{round}")) {
            if out.len() == length {
                return out;
            }
            out.push(char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
        }
    }
    out
}

/// What is kept of a secret: enough to recognise it.
pub(crate) fn digest(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
