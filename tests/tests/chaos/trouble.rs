//! What goes wrong.

use terrace_sim::{Effect, Fault};

use crate::random::Random;

/// A few faults, each for some of the requests.
pub(crate) fn some(random: &mut Random) -> Vec<Fault> {
    (0..random.below(4)).map(|_| one(random)).collect()
}

fn one(random: &mut Random) -> Fault {
    let any = |word: &str| (!word.is_empty()).then(|| word.to_owned());
    Fault {
        service: any(random.one_of(&["", "", "compute", "network"])),
        method: any(random.one_of(&["", "POST", "POST", "PUT", "DELETE", "GET"])),
        skip: u32::try_from(random.below(8)).expect("small"),
        count: Some(u32::try_from(1 + random.below(3)).expect("small")),
        effect: effect(random),
        ..serde_json::from_str(r#"{"effect": {"kind": "drop_before"}}"#).expect("a fault")
    }
}

fn effect(random: &mut Random) -> Effect {
    let status = |code| Effect::Status { code, body: None, retry_after: None };
    match random.below(10) {
        0 => Effect::DropBefore,
        1 | 2 => Effect::DropAfter,
        3 => status(random.one_of(&[500, 502, 503, 504])),
        4 => status(random.one_of(&[409, 403, 400])),
        5 => Effect::Status { code: 429, body: None, retry_after: Some(1) },
        6 | 7 => {
            let code = random.one_of(&[500, 502, 504]);
            Effect::StatusAfter { code, body: None, retry_after: None }
        }
        8 => Effect::ServerError { message: "No valid host was found.".into() },
        _ => random.one_of(&[&Effect::Truncate, &Effect::ExpireToken]).clone(),
    }
}
