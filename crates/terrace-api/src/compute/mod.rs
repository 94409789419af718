//! Nova: calls and what they answer.

mod actions;
mod attached;
mod catalog;
mod filter;
mod groups;
mod keypairs;
mod power;
mod quotas;
mod servers;
#[cfg(test)]
mod tests;

pub use actions::{
    ConsoleLog, InstanceAction, Reboot, Rebuild, confirm_resize, console_log, instance_actions,
    reboot, rebuild, resize, revert_resize, snapshot, snapshot_id, start, stop,
};
pub use attached::{
    NewAttachment, attach_interface, attach_volume, detach_interface, detach_volume,
    update_attachment,
};
pub use catalog::{
    ExtraSpecs, Flavor, Hypervisor, Zone, availability_zones, flavor, flavor_extra_specs,
    flavors_detail, hypervisors,
};
pub use filter::{ServerFilter, ServerName, changed_servers, find_server_names, find_servers};
pub use groups::{
    GroupRules, ServerGroup, create_server_group, delete_server_group, server_group, server_groups,
};
pub use keypairs::{
    Generated, Keypair, delete_keypair, generate_keypair, import_keypair, keypair, keypairs,
};
pub use power::{change_password, pause, shelve, shelve_offload, unpause, unshelve};
pub use quotas::{
    Limits, QuotaSet, QuotaUse, limits, limits_of, quota, quota_defaults, quota_detail,
    reset_quota, set_quota,
};
pub use servers::{
    AddressEntry, BootVolume, Fault, NewServer, Nic, NicTarget, Server, ServerChange, VolumeRef,
    create_server, delete_metadata_key, delete_server, force_delete_server, server, servers_detail,
    set_metadata, set_server_tags, update_server,
};
