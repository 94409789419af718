//! Settings from files and the environment: who wins, what is said.

use std::collections::BTreeMap;
use std::path::Path;

use secrecy::ExposeSecret;

use super::{Auth, CloudConfig, ConfigError, Credential, Domain, Named, Selection};
use crate::service::{Interface, Service};

/// Files by path under a fresh folder whose `cwd` and `home` are the two places, and variables;
/// `@` in a value is that folder.
fn resolve(
    files: &[(&str, &str)],
    variables: &[(&str, &str)],
    cloud: Option<&str>,
) -> Result<CloudConfig, String> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().display().to_string();
    for name in ["cwd", "home"] {
        std::fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let variables: BTreeMap<String, String> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.replace('@', &root)))
        .collect();
    let selection = Selection { cloud: cloud.map(Into::into), region: None };
    let env = |name: &str| variables.get(name).cloned();
    let (cwd, home) = (folder.path().join("cwd"), folder.path().join("home"));
    CloudConfig::resolve(&selection, &env, &cwd, Some(&home))
        .map_err(|error: ConfigError| error.to_string().replace(&root, "@"))
}

/// A cloud by that name, whose user has that name too.
fn cloud(name: &str) -> String {
    format!(
        "clouds:\n  {name}:\n    auth:\n      auth_url: https://{name}:5000\n      \
         username: {name}\n      password: {name}-pass\n      project_name: web\n"
    )
}

fn named(name: &str, domain: Domain) -> Named {
    Named::Name { name: name.into(), domain }
}

const ENV: [(&str, &str); 4] = [
    ("OS_AUTH_URL", "http://env/v3"),
    ("OS_USERNAME", "env"),
    ("OS_PASSWORD", "env-pass"),
    ("OS_TENANT_NAME", "t"),
];

#[test]
fn the_first_file_in_order_is_taken_and_the_cloud_chosen() {
    let both = format!("{}{}", cloud("a"), cloud("b").trim_start_matches("clouds:\n"));
    let (both, a) = (both.as_str(), cloud("a"));
    let (xdg, json) = (
        "home/.config/openstack/clouds.yaml",
        r#"{"clouds": {"j": {"auth_url":
        "http://j", "username": "u", "password": "p", "project_id": "i"}}}"#,
    );
    let file = ("OS_CLIENT_CONFIG_FILE", "@/other.yaml");
    for (files, variables, select, expected) in [
        (vec![("cwd/clouds.yaml", a.as_str())], vec![], None, "a"),
        (vec![("cwd/clouds.yaml", a.as_str()), (xdg, both)], vec![], None, "a"),
        (vec![("cwd/clouds.yml", a.as_str()), ("cwd/clouds.json", json)], vec![], None, "a"),
        (vec![("cwd/clouds.json", json), (xdg, both)], vec![], None, "j"),
        (vec![(xdg, both)], vec![("OS_CLOUD", "b")], None, "b"),
        (vec![(xdg, both)], vec![("OS_CLOUD", "b")], Some("a"), "a"),
        (
            vec![("x/openstack/clouds.yaml", a.as_str()), (xdg, both)],
            vec![("XDG_CONFIG_HOME", "@/x")],
            None,
            "a",
        ),
        (
            vec![("other.yaml", both), ("cwd/clouds.yaml", a.as_str())],
            vec![file, ("OS_CLOUD", "b")],
            None,
            "b",
        ),
        (vec![], ENV.to_vec(), None, "envvars"),
        (vec![], ENV.to_vec(), Some("envvars"), "envvars"),
        (vec![("cwd/clouds.yaml", both)], ENV.to_vec(), None, "envvars"),
        (vec![("cwd/clouds.yaml", a.as_str())], ENV.to_vec(), Some("a"), "a"),
        (vec![("cwd/clouds.yaml", a.as_str())], vec![("OS_REGION_NAME", "r")], None, "a"),
        (vec![("cwd/clouds.yaml", &format!("\u{feff}{a}"))], vec![], None, "a"),
    ] {
        let config = resolve(&files, &variables, select);
        assert_eq!(config.map(|config| config.name), Ok(expected.to_owned()), "{files:?}");
    }
}

#[test]
fn a_named_cloud_is_not_mixed_with_a_sourced_openrc_file() {
    let file = cloud("a");
    let mut variables = ENV.to_vec();
    variables.extend([
        ("OS_REGION_NAME", "r1"),
        ("OS_INTERFACE", "internalURL"),
        ("OS_PROJECT_ID", "other"),
        ("OS_TOKEN", "stray"),
        ("OS_APPLICATION_CREDENTIAL_SECRET", "stray"),
    ]);
    let config = resolve(&[("cwd/clouds.yaml", &file)], &variables, Some("a")).unwrap();
    assert_eq!(config.auth_url, "https://a:5000/v3");
    assert_eq!(config.project, Some(named("web", Domain::Id("default".into()))));
    let Auth::Password { user, password } = config.auth else { panic!("{:?}", config.auth) };
    assert_eq!(user, named("a", Domain::Id("default".into())));
    assert_eq!(password.expose_secret(), "a-pass");
    assert_eq!(config.region.as_deref(), Some("r1"));
    assert_eq!(config.interface, Interface::Internal);
}

#[test]
fn secrets_come_from_secure_yaml_or_the_environment() {
    let file = cloud("a").replace("      password: a-pass\n", "");
    let files = [("cwd/clouds.yaml", file.as_str())];
    let secure = "clouds: {a: {auth: {password: from-secure}, verify: false}}";
    for (secure, variables, expected) in [
        (vec![("home/.config/openstack/secure.yaml", secure)], vec![], "from-secure"),
        (vec![("s.yaml", secure)], vec![("OS_CLIENT_SECURE_FILE", "@/s.yaml")], "from-secure"),
        (vec![], vec![("OS_PASSWORD", "from-env")], "from-env"),
    ] {
        let insecure = !secure.is_empty();
        let all: Vec<_> = files.iter().copied().chain(secure).collect();
        let config = resolve(&all, &variables, Some("a")).unwrap();
        let Auth::Password { password, .. } = &config.auth else { panic!("{config:?}") };
        assert_eq!(password.expose_secret(), expected);
        assert_eq!(config.tls.insecure, insecure);
        assert!(!format!("{config:?}").contains("from-"), "{config:?}");
    }
}

#[test]
fn fields_have_their_aliases_and_order() {
    let text = "
clouds:
  c:
    profile: vendor
    auth:
      username: inner
      tenant_name: t
      domain_name: dom
      user-domain-id: ud
      password: 12345
    username: outer
    regions:
      - { name: r1, values: { compute_endpoint_override: 'http://one/compute/v2.1' } }
      - r2
    endpoint_type: adminURL
    insecure: 'true'
    verify: true
    cacert: ca.pem
    cert: ~/me.pem
    api_timeout: 2.5
    volumev3_endpoint_override: http://vol/v3/%(project_id)s
";
    let vendors = "public-clouds: {vendor: {auth: {auth_url: 'https://v/identity/v3/',
        username: x}, region_name: ''}}";
    let files = [("cwd/clouds.yaml", text), ("cwd/clouds-public.yaml", vendors)];
    let config = resolve(&files, &[], None).unwrap();
    assert_eq!(config.auth_url, "https://v/identity/v3");
    let Auth::Password { user, password } = &config.auth else { panic!("{config:?}") };
    assert_eq!(*user, named("outer", Domain::Id("ud".into())));
    assert_eq!(password.expose_secret(), "12345");
    assert_eq!(config.project, Some(named("t", Domain::Name("dom".into()))));
    assert_eq!((config.region.as_deref(), config.interface), (Some("r1"), Interface::Admin));
    assert!(config.tls.insecure);
    assert!(config.tls.cacert.unwrap().ends_with(Path::new("cwd/ca.pem")));
    assert!(config.tls.cert.unwrap().ends_with(Path::new("home/me.pem")));
    assert_eq!(config.timeout.as_millis(), 2500);
    assert_eq!(config.endpoint_overrides[&Service::Compute], "http://one/compute/v2.1");
    assert_eq!(config.endpoint_overrides[&Service::BlockStorage], "http://vol/v3/%(project_id)s");
    let config = resolve(&files, &[("OS_REGION_NAME", "r2")], None).unwrap();
    assert_eq!(config.region.as_deref(), Some("r2"));
    assert!(!config.endpoint_overrides.contains_key(&Service::Compute));
}

#[test]
fn every_way_to_authenticate_is_understood() {
    let entry = |fields: &str| {
        format!("clouds: {{c: {{auth: {{auth_url: 'http://k/v2.0', project_id: p, {fields}}}}}}}")
    };
    for (fields, expected) in [
        ("user_id: u, password: p", "password u"),
        ("username: u, password: p, token: t", "password u@default"),
        ("application_credential_id: i, application_credential_secret: s", "credential i"),
        (
            "application_credential_name: n, application_credential_secret: s, username: u, \
             domain_id: d",
            "credential n of u@d",
        ),
        ("token: t", "token"),
        ("auth_type: v3token, token: t, username: u, password: p", "token"),
        ("auth_type: v3password, username: u, password: p, token: t", "password u@default"),
    ] {
        let config = resolve(&[("cwd/clouds.yaml", &entry(fields))], &[], None).unwrap();
        let who = |user: &Named| match user {
            Named::Id(id) => id.clone(),
            Named::Name { name, domain: Domain::Id(id) | Domain::Name(id) } => {
                format!("{name}@{id}")
            }
        };
        let found = match &config.auth {
            Auth::Password { user, .. } => format!("password {}", who(user)),
            Auth::ApplicationCredential { credential: Credential::Id(id), .. } => {
                format!("credential {id}")
            }
            Auth::ApplicationCredential { credential: Credential::Name { name, user }, .. } => {
                format!("credential {name} of {}", who(user))
            }
            Auth::Token { .. } | Auth::Bearer { .. } => "token".to_owned(),
        };
        assert_eq!((found.as_str(), config.auth_url.as_str()), (expected, "http://k/v3"));
    }
}

fn refused(
    files: &[(&str, &str)],
    variables: &[(&str, &str)],
    cloud: Option<&str>,
    words: &[&str],
) {
    let error = resolve(files, variables, cloud).unwrap_err();
    for word in words {
        assert!(error.contains(word), "{word} in {error}");
    }
    assert!(!error.contains("hush"), "{error}");
}

#[test]
fn a_cloud_that_cannot_be_chosen_says_where_it_was_looked_for() {
    let both = [("cwd/clouds.yaml", "clouds: {b: {}, a: {}}")];
    let none = ["no cloud is configured", "@/cwd/clouds.yaml", "/etc/openstack", "OS_AUTH_URL"];
    refused(&[], &[], None, &none);
    refused(&[], &[], Some("x"), &["no cloud `x`", "@/home/.config/openstack/clouds.json"]);
    refused(&both, &[], Some("x"), &["no cloud `x` in @/cwd/clouds.yaml; it has b, a"]);
    refused(&both, &[], None, &["several clouds (b, a)", "OS_CLOUD"]);
    refused(&[("cwd/clouds.yaml", "clouds: {}")], &[], None, &["no cloud is configured"]);
    let variables = [("OS_CLIENT_CONFIG_FILE", "@/none.yaml")];
    refused(&[], &variables, None, &["cannot read @/none.yaml"]);
}

#[test]
fn a_file_that_is_no_settings_file_is_refused_at_its_place() {
    let deep = format!("clouds: {}", "[".repeat(100));
    for (text, words) in [
        ("clouds:\n  a: [\n", "@/cwd/clouds.yaml:3:1: "),
        ("- x", "must be a map"),
        (&deep, "clouds.yaml:1:73: brackets are nested too deeply"),
    ] {
        refused(&[("cwd/clouds.yaml", text)], &[], None, &[words]);
    }
}

#[test]
fn missing_and_senseless_fields_are_named() {
    let good = "username: u, password: p, project_id: i";
    let url = "auth_url: 'http://k'";
    for (fields, words) in [
        (String::new(), "cloud `a` in @/cwd/clouds.yaml has no `username`"),
        ("username: u".into(), "has no `password`"),
        ("username: u, password: p".into(), "has no `project_name`"),
        (good.into(), "has no `auth_url`"),
        ("auth_type: token".into(), "has no `token`"),
        ("application_credential_id: i".into(), "has no `application_credential_secret`"),
        ("auth_type: kerberos".into(), "`auth_type` is `kerberos`; known are password"),
        ("profile: gone".into(), "`profile` is `gone`"),
        (format!("{good}, auth_url: 'k:5000'"), "`auth_url` must start with https://"),
        (format!("{good}, auth_url: 'http://u:hush@k'"), "must not carry a user name"),
        (format!("{good}, {url}, verify: maybe"), "`verify` must be true or false"),
        (format!("{good}, {url}, interface: x"), "`interface` must be public"),
        (format!("{good}, {url}, api_timeout: -1"), "`api_timeout` must be a number"),
        (format!("{good}, {url}, image_endpoint_override: x"), "`image_endpoint_override`"),
    ] {
        let text = format!("clouds: {{a: {{{fields}}}}}");
        refused(&[("cwd/clouds.yaml", &text)], &[], None, &[words]);
    }
    let place = "cloud `envvars` in the environment (OS_*) has no `username`";
    refused(&[], &[("OS_AUTH_URL", "http://k")], None, &[place]);
}
