//! Nova: calls and what they answer.

mod actions;
mod attached;
mod catalog;
mod groups;
mod keypairs;
mod power;
mod servers;

pub use actions::{Rebuild, confirm_resize, reboot, rebuild, resize, revert_resize, start, stop};
pub use attached::{
    attach_interface, attach_volume, detach_interface, detach_volume, update_attachment,
};
pub use catalog::{
    Flavor, Limits, QuotaSet, QuotaUse, Zone, availability_zones, flavor, flavors_detail, limits,
    quota_detail,
};
pub use groups::{
    GroupRules, ServerGroup, create_server_group, delete_server_group, server_group, server_groups,
};
pub use keypairs::{Keypair, delete_keypair, import_keypair, keypair, keypairs};
pub use power::{change_password, pause, shelve, shelve_offload, unpause, unshelve};
#[cfg(test)]
mod tests;

pub use servers::{
    AddressEntry, BootVolume, Fault, NewServer, Nic, NicTarget, Server, ServerChange, VolumeRef,
    create_server, delete_metadata_key, delete_server, server, servers_detail, set_metadata,
    set_server_tags, update_server,
};
