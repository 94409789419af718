//! The proxies that the environment names.

use std::fmt;

/// Where this machine is reached: never through a proxy.
const LOCAL: &str = "localhost,127.0.0.0/8,::1";

/// Which proxies lead to a cloud. Their addresses may carry a password, so they do not show.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For addresses that begin with `http:`.
    pub http: Option<String>,
    /// For addresses that begin with `https:`.
    pub https: Option<String>,
    /// Hosts, domains and networks that are reached directly, separated by commas.
    pub except: String,
}

impl Proxies {
    /// What `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` say, small letters first.
    pub fn from_env(env: &dyn Fn(&str) -> Option<String>) -> Self {
        let read = |name: &str| {
            let value = env(name).or_else(|| env(&name.to_ascii_uppercase()));
            value.filter(|text| !text.is_empty())
        };
        let all = read("all_proxy");
        let mut except = read("no_proxy").unwrap_or_default();
        if !except.is_empty() {
            except.push(',');
        }
        except.push_str(LOCAL);
        Self {
            http: read("http_proxy").or_else(|| all.clone()),
            https: read("https_proxy").or(all),
            except,
        }
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxies")
            .field("http", &self.http.is_some())
            .field("https", &self.https.is_some())
            .field("except", &self.except)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_letters_go_first_and_this_machine_is_reached_directly() {
        let check = |given: &[(&str, &str)], http: &str, https: &str, except: &str| {
            let env = |name: &str| {
                let found = given.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            let found = Proxies::from_env(&env);
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            assert_eq!((text(&found.http), text(&found.https)), (http.into(), https.into()));
            assert_eq!(found.except, except);
            assert!(!format!("{found:?}").contains("hush"), "{found:?}");
        };
        check(&[], "", "", LOCAL);
        check(&[("http_proxy", "a"), ("HTTP_PROXY", "b")], "a", "", LOCAL);
        check(&[("HTTPS_PROXY", "http://me:hush@c")], "", "http://me:hush@c", LOCAL);
        check(&[("ALL_PROXY", "d"), ("https_proxy", "e")], "d", "e", LOCAL);
        check(&[("NO_PROXY", ".x")], "", "", &format!(".x,{LOCAL}"));
    }
}
