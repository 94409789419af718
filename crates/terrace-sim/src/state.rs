//! All tables of a cloud, with ids, transactions and what is due.

use crate::error::SimError;
use crate::ids;
use crate::log::{Line, Log};
use crate::records::{
    AppCred, Blob, Flavor, Group, Keypair, Project, Row, Server, Token, User, Volume,
};
use crate::settings::Settings;
use crate::table::{Kept, Record, Stored, Table};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// The cloud.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) settings: Settings,
    /// The moment of the present request.
    pub(crate) now: u64,
    counter: u64,
    saved_counter: u64,
    pub(crate) projects: Table<Project>,
    pub(crate) users: Table<User>,
    pub(crate) appcreds: Table<AppCred>,
    pub(crate) tokens: Table<Token>,
    pub(crate) flavors: Table<Flavor>,
    pub(crate) keypairs: Table<Keypair>,
    pub(crate) groups: Table<Group>,
    pub(crate) servers: Table<Server>,
    /// Those that are gone, which Nova tells with what changed.
    pub(crate) deleted_servers: Table<Server>,
    pub(crate) images: Table<Row>,
    pub(crate) blobs: Table<Blob>,
    pub(crate) networks: Table<Row>,
    pub(crate) subnets: Table<Row>,
    /// Subnet pools and groups of addresses.
    pub(crate) referred: Table<Row>,
    pub(crate) ports: Table<Row>,
    pub(crate) security_groups: Table<Row>,
    pub(crate) security_group_rules: Table<Row>,
    pub(crate) routers: Table<Row>,
    pub(crate) floatingips: Table<Row>,
    /// Limits that were set through the APIs, by service and project.
    pub(crate) quotas: Table<Row>,
    pub(crate) volumes: Table<Volume>,
    pub(crate) volume_types: Table<Row>,
    /// Servers, volumes and ports whose state changes, by the moment when.
    pub(crate) due: BTreeSet<(u64, String)>,
    /// Per subnet where the search for a free address starts.
    pub(crate) cursors: BTreeMap<String, u128>,
    /// The lists that the gateway gives again, each with the moment until which.
    pub(crate) kept_lists: BTreeMap<String, (u64, crate::web::Reply)>,
    log: Option<Arc<Mutex<Log>>>,
}

impl State {
    /// An empty cloud, kept in memory.
    pub(crate) fn new(settings: Settings, now: u64) -> Self {
        Self {
            settings,
            now,
            counter: 0,
            saved_counter: 0,
            projects: Table::new("projects"),
            users: Table::new("users"),
            appcreds: Table::new("application_credentials"),
            tokens: Table::new("tokens"),
            flavors: Table::new("flavors"),
            keypairs: Table::new("keypairs"),
            groups: Table::new("server_groups"),
            servers: Table::new("servers"),
            deleted_servers: Table::new("deleted_servers"),
            images: Table::new("images"),
            blobs: Table::new("image_data"),
            networks: Table::new("networks"),
            subnets: Table::new("subnets"),
            referred: Table::new("referred"),
            ports: Table::new("ports"),
            security_groups: Table::new("security_groups"),
            security_group_rules: Table::new("security_group_rules"),
            routers: Table::new("routers"),
            floatingips: Table::new("floatingips"),
            quotas: Table::new("quotas"),
            volumes: Table::new("volumes"),
            volume_types: Table::new("volume_types"),
            due: BTreeSet::new(),
            cursors: BTreeMap::new(),
            kept_lists: BTreeMap::new(),
            log: None,
        }
    }

    /// Every table. Whatever is kept is in this list.
    fn tables(&mut self) -> [&mut dyn Stored; 22] {
        [
            &mut self.projects,
            &mut self.users,
            &mut self.appcreds,
            &mut self.tokens,
            &mut self.flavors,
            &mut self.keypairs,
            &mut self.groups,
            &mut self.servers,
            &mut self.deleted_servers,
            &mut self.images,
            &mut self.blobs,
            &mut self.networks,
            &mut self.subnets,
            &mut self.referred,
            &mut self.ports,
            &mut self.security_groups,
            &mut self.security_group_rules,
            &mut self.routers,
            &mut self.floatingips,
            &mut self.quotas,
            &mut self.volumes,
            &mut self.volume_types,
        ]
    }

    /// Applies what an earlier process wrote.
    pub(crate) fn replay(&mut self, lines: Vec<Line>) -> Result<(), serde_json::Error> {
        for line in lines {
            self.counter = self.counter.max(line.n);
            for (name, entry) in line.ops {
                let table = self.tables().into_iter().find(|table| table.name() == name);
                if let Some(table) = table {
                    table.load(entry)?;
                }
            }
        }
        self.saved_counter = self.counter;
        let servers = self.servers.iter().map(|s| (s.due.as_ref().map(|(at, _)| *at), &s.id));
        let volumes = self.volumes.iter().map(|v| (v.due.as_ref().map(|(at, _)| *at), &v.id));
        self.due = servers
            .chain(volumes)
            .filter_map(|(at, id)| Some((at?, id.clone())))
            .chain(self.ports.iter().filter_map(|port| Some((leaves(port)?, port.id().to_owned()))))
            .collect();
        Ok(())
    }

    /// From now on every commit goes to this log, which is first made short.
    pub(crate) fn attach(&mut self, log: Log) -> Kept {
        self.log = Some(Arc::new(Mutex::new(log)));
        self.compact()
    }

    /// Rewrites the log with nothing but the present rows.
    pub(crate) fn compact(&mut self) -> Kept {
        let mut entries = Vec::new();
        for table in self.tables() {
            table
                .changes(&mut Vec::new())
                .and_then(|()| table.dump(&mut entries))
                .map_err(unwritable)?;
        }
        self.saved_counter = self.counter;
        let counter = self.counter;
        self.with_log(|log| log.replace(counter, &entries))
    }

    /// Makes the changes since the last commit last.
    pub(crate) fn commit(&mut self) -> Kept {
        let mut entries = Vec::new();
        let kept = self.log.is_some();
        for table in self.tables() {
            table.changes(&mut entries).map_err(unwritable)?;
        }
        if !kept || (entries.is_empty() && self.counter == self.saved_counter) {
            return Ok(());
        }
        self.saved_counter = self.counter;
        let counter = self.counter;
        self.with_log(|log| log.append(counter, &entries))
    }

    fn with_log(&self, write: impl FnOnce(&mut Log) -> Kept) -> Kept {
        let Some(log) = &self.log else { return Ok(()) };
        write(&mut log.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The cloud as it is, to be looked at later; what happens to it is not kept.
    pub(crate) fn memory(&self) -> Self {
        Self { log: None, ..self.clone() }
    }

    /// Takes back the changes since the last commit.
    pub(crate) fn rollback(&mut self) {
        for table in self.tables() {
            table.rollback();
        }
    }

    /// Forgets everything but the counter, so that no id is ever given twice.
    pub(crate) fn clear(&mut self) {
        for table in self.tables() {
            table.clear();
        }
        self.due.clear();
        self.cursors.clear();
        self.kept_lists.clear();
    }

    /// A number never given before.
    pub(crate) fn number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// An id never given before.
    pub(crate) fn uuid(&mut self) -> String {
        let number = self.number();
        ids::uuid(self.settings.seed, number)
    }

    /// An id as Keystone writes them, without dashes.
    pub(crate) fn hex_id(&mut self) -> String {
        self.uuid().replace('-', "")
    }

    /// A new hardware address.
    pub(crate) fn mac(&mut self) -> String {
        loop {
            let number = self.number();
            let mac = ids::mac(self.settings.seed, number);
            if self.ports.count("mac_address", &mac) == 0 {
                return mac;
            }
        }
    }

    /// A new secret.
    pub(crate) fn secret(&mut self, length: usize) -> String {
        let number = self.number();
        ids::secret(self.settings.seed, number, length)
    }

    /// Puts a server and remembers when it changes next.
    pub(crate) fn put_server(&mut self, server: Server) {
        if let Some((at, _)) = &server.due {
            self.due.insert((*at, server.id.clone()));
        }
        self.servers.put(server);
    }

    /// Keeps a server that is gone for a while, as Nova does until its operator archives it.
    pub(crate) fn bury(&mut self, server: Server) {
        const KEPT_MS: u64 = 3_600_000;
        self.servers.remove(&server.id);
        let old = server.updated.saturating_sub(KEPT_MS);
        let archived = self.deleted_servers.iter().take_while(|gone| gone.updated < old);
        let archived: Vec<String> = archived.map(|gone| gone.id.clone()).collect();
        for id in archived {
            self.deleted_servers.remove(&id);
        }
        self.deleted_servers.put(server);
    }

    /// Puts a volume and remembers when it changes next.
    pub(crate) fn put_volume(&mut self, volume: Volume) {
        if let Some((at, _)) = &volume.due {
            self.due.insert((*at, volume.id.clone()));
        }
        self.volumes.put(volume);
    }

    /// The limit of a resource in a project: what was set through the API, else the setting.
    pub(crate) fn limit(&self, service: &str, project: &str, resource: &str) -> i64 {
        self.quotas
            .get(&format!("{service}/{project}"))
            .and_then(|row| row.0.get(resource))
            .and_then(serde_json::Value::as_i64)
            .unwrap_or_else(|| self.settings.quota.limit(resource))
    }
}

/// When a port leaves its server, if that was asked for.
pub(crate) fn leaves(port: &Row) -> Option<u64> {
    port.0.get("_leaves").and_then(serde_json::Value::as_u64)
}

/// Rows are plain data; one that cannot be written as JSON is reported like a full disk.
fn unwritable(source: serde_json::Error) -> SimError {
    SimError::Io { doing: "write a row of", path: "cloud.log".into(), source: source.into() }
}
