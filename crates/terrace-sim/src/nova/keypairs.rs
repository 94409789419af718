//! Key pairs, which belong to users.

use super::{Cx, bad_request, conflict, fault, no_such_path, not_found, validate};
use crate::clock::{Stamp, format};
use crate::ids;
use crate::records::Keypair;
use crate::web::{Answer, Object, Reply, text};
use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};
use serde_json::{Value, json};
use ssh_key::{
    LineEnding, PrivateKey,
    private::{Ed25519Keypair, KeypairData},
};

/// `/os-keypairs`
pub(super) fn answer(cx: &mut Cx<'_>, path: &[&str]) -> Answer {
    match (cx.req.method.as_str(), path) {
        ("GET", []) => list(cx),
        ("POST", []) => create(cx),
        ("GET", [name]) => {
            let keypair = get(cx, name)?;
            let mut view = view(cx, keypair, cx.minor >= 2);
            view.extend(crate::web::object(json!({
                "user_id": keypair.user_id, "created_at": format(keypair.created, Stamp::Bare),
                "deleted": false, "deleted_at": null, "id": keypair.number, "updated_at": null,
            })));
            Ok(Reply::json(200, &json!({ "keypair": view })))
        }
        ("DELETE", [name]) => {
            let id = get(cx, name)?.id.clone();
            cx.state.keypairs.remove(&id);
            Ok(Reply::empty(if cx.minor >= 2 { 204 } else { 202 }))
        }
        _ => Err(no_such_path()),
    }
}

/// Whose key pairs are meant: one's own, or for an administrator a named user's.
fn user(cx: &Cx<'_>) -> String {
    let other = cx.req.param("user_id").filter(|_| cx.minor >= 10 && cx.who.admin);
    other.map_or_else(|| cx.who.user_id.clone(), str::to_owned)
}

fn get<'a>(cx: &'a Cx<'_>, name: &str) -> Result<&'a Keypair, Reply> {
    let user = user(cx);
    let found = cx.state.keypairs.get(&Keypair::key(&user, name));
    found.ok_or_else(|| not_found(&format!("Keypair {name} not found for user {user}")))
}

fn view(cx: &Cx<'_>, keypair: &Keypair, kind: bool) -> Object {
    let mut view = crate::web::object(json!({
        "name": keypair.name, "public_key": keypair.public_key, "fingerprint": keypair.fingerprint,
    }));
    if kind && cx.minor >= 2 {
        view.insert("type".into(), json!(keypair.kind));
    }
    view
}

fn list(cx: &Cx<'_>) -> Answer {
    let mut all: Vec<&Keypair> = cx.state.keypairs.find("user", &user(cx)).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    let limit = cx.req.param("limit").and_then(|text| text.parse::<usize>().ok());
    let limit = limit.filter(|limit| cx.minor >= 35 && *limit > 0);
    if let Some(marker) = cx.req.param("marker").filter(|_| cx.minor >= 35) {
        let at = all.iter().position(|keypair| keypair.name == marker);
        let at = at.ok_or_else(|| bad_request(&format!("Marker {marker} could not be found.")))?;
        all.drain(..=at);
    }
    all.truncate(limit.unwrap_or(1000));
    let items: Vec<Value> =
        all.iter().map(|keypair| json!({"keypair": view(cx, keypair, true)})).collect();
    let mut body = json!({ "keypairs": items });
    if let Some(last) = all.last().filter(|_| limit == Some(all.len())) {
        let path = format!("{}/compute/v2.1/os-keypairs", cx.req.base);
        let href = cx.req.link(&path, &[("marker", &last.name)]);
        body["keypairs_links"] = json!([{"rel": "next", "href": href}]);
    }
    Ok(Reply::json(200, &body))
}

fn create(cx: &mut Cx<'_>) -> Answer {
    let body = cx.body()?;
    let wanted = validate::under(&body, "keypair", &[])?;
    let mut required = vec!["name"];
    let mut allowed = vec!["public_key"];
    for (minor, field) in [(2, "type"), (10, "user_id")] {
        if cx.minor >= minor {
            allowed.push(field);
        }
    }
    if cx.minor >= 92 {
        required.push("public_key");
    }
    validate::fields("keypair", wanted, &required, &allowed)?;
    let name = validate::text("name", &wanted["name"], 1, 255)?.to_owned();
    check_name(cx, &name)?;
    let user_id = match text(wanted, "user_id").filter(|id| *id != cx.who.user_id) {
        Some(_) if !cx.who.admin => return Err(super::not_allowed("os-keypairs:create")),
        Some(other) => other.to_owned(),
        None => cx.who.user_id.clone(),
    };
    let (public_key, private_key) = match text(wanted, "public_key") {
        Some(public_key) => (public_key.to_owned(), None),
        None => {
            let (public_key, private_key) = generate(cx)
                .ok_or_else(|| fault(500, "Unexpected API Error: no key could be made"))?;
            (public_key, Some(private_key))
        }
    };
    let fingerprint = fingerprint(&public_key)
        .ok_or_else(|| bad_request("Keypair data is invalid: failed to generate fingerprint"))?;
    let id = Keypair::key(&user_id, &name);
    if cx.state.keypairs.get(&id).is_some() {
        return Err(conflict(&format!("Key pair '{name}' already exists.")));
    }
    let limit = cx.state.limit("compute", &cx.who.project_id, "key_pairs");
    let used = i64::try_from(cx.state.keypairs.count("user", &user_id)).unwrap_or(i64::MAX);
    if limit >= 0 && used >= limit {
        return Err(fault(403, "Quota exceeded, too many key pairs."));
    }
    let keypair = Keypair {
        id,
        number: cx.state.number(),
        name,
        user_id,
        public_key,
        fingerprint,
        kind: text(wanted, "type").unwrap_or("ssh").to_owned(),
        created: cx.state.now,
    };
    let mut shown = view(cx, &keypair, true);
    shown.insert("user_id".into(), json!(keypair.user_id));
    shown.extend(private_key.map(|key| ("private_key".to_owned(), json!(key))));
    cx.state.keypairs.put(keypair);
    let code = if cx.minor >= 2 { 201 } else { 200 };
    Ok(Reply::json(code, &json!({ "keypair": shown })))
}

/// A new key pair, public and private half, which follows from the cloud's seed.
fn generate(cx: &mut Cx<'_>) -> Option<(String, String)> {
    let secret = ids::digest(&cx.state.secret(64));
    let seed: Vec<u8> = (0..32)
        .map(|at| u8::from_str_radix(&secret[2 * at..2 * at + 2], 16).ok())
        .collect::<Option<_>>()?;
    let pair = Ed25519Keypair::from_seed(&seed.try_into().ok()?);
    let key = PrivateKey::new(KeypairData::Ed25519(pair), "Generated-by-Nova").ok()?;
    let private = key.to_openssh(LineEnding::LF).ok()?;
    Some((key.public_key().to_openssh().ok()?, private.to_string()))
}

fn check_name(cx: &Cx<'_>, name: &str) -> Result<(), Reply> {
    let more = if cx.minor >= 92 { "@." } else { "" };
    let good = |c: char| c.is_ascii_alphanumeric() || "_- ".contains(c) || more.contains(c);
    if name.chars().all(good) && name.trim() == name {
        return Ok(());
    }
    if name.trim() != name {
        return Err(bad_request(
            "An invalid 'name' value was provided. The name must be: printable characters. Can not \
             start or end with whitespace.",
        ));
    }
    Err(bad_request(&format!(
        "An invalid 'name' value was provided. The name must be: Only expected characters: [{more}_- \
         0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ]"
    )))
}

/// The MD5 of a public key, if it is one.
fn fingerprint(public_key: &str) -> Option<String> {
    let line = public_key.trim();
    let mut words = line.split_whitespace();
    let (kind, blob) = (words.next()?, words.next()?);
    // A key in several lines is none.
    if line.contains('\n') {
        return None;
    }
    let bytes = STANDARD.decode(blob).ok()?;
    let known = ssh_key::PublicKey::from_openssh(&format!("{kind} {blob}")).is_ok();
    known.then(|| {
        let hex: Vec<String> = Md5::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        hex.join(":")
    })
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn fingerprints() {
        const GOOD: &str =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
        let known = Some("65:96:2d:fc:e8:d5:a9:11:64:0c:0f:ea:00:6e:5b:bd".to_owned());
        for (key, wanted) in [
            (GOOD.to_owned(), known.clone()),
            (format!("{GOOD} a@b\n"), known),
            (GOOD.replace(' ', "\n"), None),
            ("xx".to_owned(), None),
            ("ssh-rsa AAAA".to_owned(), None),
        ] {
            assert_eq!(fingerprint(&key), wanted, "{key}");
        }
    }
}
