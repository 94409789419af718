//! Which cloud is meant, and what the files and the environment say about it together.

use std::path::Path;

use serde_yaml::{Mapping, Value};

use super::entry::{Fields, Reader};
use super::files::{Found, Places, merge};
use super::{CloudConfig, ConfigError, Selection};

/// The name of the cloud that `OS_*` describes.
const ENVIRONMENT: &str = "envvars";
/// What the environment decides even for a cloud of clouds.yaml: how to reach it, never which one
/// or as whom, so that a sourced openrc file cannot mix two clouds.
const BEHAVIOUR: [&str; 4] = ["region_name", "interface", "cacert", "insecure"];
/// What may be left out of the files and given in the environment.
const SECRETS: [&str; 2] = ["password", "application_credential_secret"];

impl CloudConfig {
    /// Finds the cloud: `selection` before `OS_CLOUD` before `OS_*` before the only entry of
    /// clouds.yaml. Reads files, and the environment through `env`.
    pub fn resolve(
        selection: &Selection,
        env: &dyn Fn(&str) -> Option<String>,
        cwd: &Path,
        home: Option<&Path>,
    ) -> Result<Self, ConfigError> {
        let places = Places { env, cwd, home };
        let variables = Fields::from_env(&places);
        let clouds = places.find("OS_CLIENT_CONFIG_FILE", "clouds")?;
        let wanted = selection.cloud.clone().or_else(|| places.var("OS_CLOUD"));
        let from_env = match &wanted {
            Some(name) => name == ENVIRONMENT && entries(clouds.as_ref()).get(name).is_none(),
            None => true,
        };
        if from_env && variables.has_credentials() {
            return from_environment(variables, selection, &places);
        }
        let (name, file) = choose(wanted, clouds, &places)?;
        from_file(&name, &file, &variables, selection, &places)
    }
}

fn from_environment(
    mut fields: Fields,
    selection: &Selection,
    places: &Places<'_>,
) -> Result<CloudConfig, ConfigError> {
    if let Some(region) = &selection.region {
        fields.set("region_name", region);
    }
    let place = "the environment (OS_*)";
    Reader { cloud: ENVIRONMENT, place, fields: &fields, places }.config()
}

fn from_file(
    name: &str,
    file: &Found,
    variables: &Fields,
    selection: &Selection,
    places: &Places<'_>,
) -> Result<CloudConfig, ConfigError> {
    let entry = entry(name, file, places)?;
    let mut fields = Fields::from_entry(&entry);
    fields.replace(variables, &BEHAVIOUR);
    if let Some(region) = &selection.region {
        fields.set("region_name", region);
    }
    apply_region(&entry, &mut fields);
    fields.fill_secrets(variables, &SECRETS);
    let place = file.file.display().to_string();
    Reader { cloud: name, place: &place, fields: &fields, places }.config()
}

/// The entry on its profile, and secure.yaml on top.
fn entry(name: &str, file: &Found, places: &Places<'_>) -> Result<Mapping, ConfigError> {
    let mut entry = mapping(&file.section("clouds"), name);
    if let Some(secure) = places.find("OS_CLIENT_SECURE_FILE", "secure")? {
        merge(&mut entry, &mapping(&secure.section("clouds"), name));
    }
    let profile = entry.get("profile").or_else(|| entry.get("cloud")).and_then(Value::as_str);
    let Some(profile) = profile else { return Ok(entry) };
    let vendors = places.find("OS_CLIENT_VENDOR_FILE", "clouds-public")?;
    let known = vendors.map(|file| file.section("public-clouds")).unwrap_or_default();
    if known.get(profile).is_none() {
        return Err(ConfigError::BadValue {
            cloud: name.to_owned(),
            place: file.file.display().to_string(),
            field: "profile".to_owned(),
            problem: format!("is `{profile}`, which no clouds-public.yaml describes"),
        });
    }
    let mut whole = mapping(&known, profile);
    merge(&mut whole, &entry);
    Ok(whole)
}

/// A cloud may list its regions, each with values of its own; the first is the default.
fn apply_region(entry: &Mapping, fields: &mut Fields) {
    let Some(regions) = entry.get("regions").and_then(Value::as_sequence) else { return };
    let region_name = |region: &Value| match region {
        Value::String(name) => Some(name.clone()),
        other => other.get("name").and_then(Value::as_str).map(str::to_owned),
    };
    let chosen = match fields.get("region_name") {
        Some(name) => regions.iter().find(|region| region_name(region).as_ref() == Some(&name)),
        None => regions.first(),
    };
    let Some(region) = chosen else { return };
    if let Some(name) = region_name(region) {
        fields.set("region_name", &name);
    }
    if let Some(values) = region.get("values").and_then(Value::as_mapping) {
        let mut own = Fields::from_entry(values);
        own.fill(std::mem::take(fields));
        *fields = own;
    }
}

fn choose(
    wanted: Option<String>,
    clouds: Option<Found>,
    places: &Places<'_>,
) -> Result<(String, Found), ConfigError> {
    let known: Vec<String> =
        entries(clouds.as_ref()).keys().filter_map(Value::as_str).map(str::to_owned).collect();
    let Some(file) = clouds else {
        let candidates = places.candidates("clouds");
        let looked_at: Vec<String> =
            candidates.iter().map(|path| path.display().to_string()).collect();
        return Err(match wanted {
            None => ConfigError::NoCredentials { looked_at },
            Some(name) => {
                let place = format!("any clouds.yaml (looked at {})", looked_at.join(", "));
                ConfigError::UnknownCloud { name, place, known }
            }
        });
    };
    let place = file.file.display().to_string();
    match wanted {
        Some(name) if known.contains(&name) => Ok((name, file)),
        Some(name) => Err(ConfigError::UnknownCloud { name, place, known }),
        None => match known.as_slice() {
            [only] => Ok((only.clone(), file)),
            [] => Err(ConfigError::NoCredentials { looked_at: vec![place] }),
            _ => Err(ConfigError::Ambiguous { place, known }),
        },
    }
}

fn entries(file: Option<&Found>) -> Mapping {
    file.map(|file| file.section("clouds")).unwrap_or_default()
}

fn mapping(map: &Mapping, name: &str) -> Mapping {
    map.get(name).and_then(Value::as_mapping).cloned().unwrap_or_default()
}
