//! Lists of what stacks look up and do not manage, beyond those that have a module of their own.

use crate::call::Call;
use crate::service::Service;

/// The routers.
pub fn routers() -> Call {
    Call::get(Service::Network, "/routers")
}

/// The floating IPs.
pub fn floating_ips() -> Call {
    Call::get(Service::Network, "/floatingips")
}

/// The volumes, with all that is known of them.
pub fn volumes() -> Call {
    Call::get(Service::BlockStorage, "/volumes/detail")
}
