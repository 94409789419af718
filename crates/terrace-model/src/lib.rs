//! Vocabulary of Terrace: addresses, kinds, values, expressions, diagnostics. Never does IO.
