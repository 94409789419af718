# shellcheck shell=bash
# The configuration files of every service, written anew on each start.  Read by `up`.

database_url() { echo "mysql+pymysql://openstack:db@127.0.0.1:$DB_PORT/$1?charset=utf8"; }

auth_options() { # SERVICE: the options by which a service authenticates itself
    cat <<END
auth_type = password
auth_url = http://127.0.0.1:5000
project_domain_name = Default
user_domain_name = Default
project_name = service
username = $1
password = service
region_name = RegionOne
END
}

token_options() { # SERVICE: the section by which it checks the tokens of its callers
    cat <<END
[keystone_authtoken]
www_authenticate_uri = http://127.0.0.1:5000
memcached_servers = 127.0.0.1:$CACHE_PORT
service_token_roles = service
service_token_roles_required = true
END
    auth_options "$1"
}

database_options() { # SECTION DATABASE
    printf '[%s]\nconnection = %s\nmax_pool_size = 10\nmax_overflow = 50\n' "$1" "$(database_url "$2")"
}

write_script() { # NAME MODULE: a console script as the distribution's *-api packages would install it
    printf '#!/usr/bin/python3\nimport sys\nfrom %s import main\nsys.exit(main())\n' "$2" > "$STATE_DIR/bin/$1"
    chmod +x "$STATE_DIR/bin/$1"
}

write_drivers() { # our fake drivers as an importable distribution, which is how Neutron finds its one
    local info=$STATE_DIR/lib/osfake-1.0.dist-info
    rm -rf "$STATE_DIR/lib/osfake"
    cp -r "$HARNESS_DIR/lib/osfake" "$STATE_DIR/lib/"
    mkdir -p "$info"
    printf 'Metadata-Version: 2.1\nName: osfake\nVersion: 1.0\n' > "$info/METADATA"
    printf '[neutron.ml2.mechanism_drivers]\nfakebind = osfake.ml2:FakeBind\n' > "$info/entry_points.txt"
}

write_keys() { # Keystone's fernet and credential keys, kept over restarts
    local repository number file
    for repository in fernet-keys credential-keys; do
        chmod 700 "$STATE_DIR/$repository"
        for number in 0 1; do
            file=$STATE_DIR/$repository/$number
            [ -s "$file" ] && continue
            head -c 32 /dev/urandom | base64 -w0 | tr '+/' '-_' > "$file"
            chmod 600 "$file"
        done
    done
}

write_backend_configuration() {
    cat > "$STATE_DIR/etc/my.cnf" <<END
[mysqld]
datadir = $STATE_DIR/mysql
socket = $STATE_DIR/run/mysqld.sock
pid-file = $STATE_DIR/run/mariadbd.own
bind-address = 127.0.0.1
port = $DB_PORT
user = root
tmpdir = $STATE_DIR/tmp
skip-name-resolve
max_connections = 1000
character-set-server = utf8mb3
collation-server = utf8mb3_general_ci
innodb_buffer_pool_size = 512M
innodb_log_file_size = 256M
innodb_flush_log_at_trx_commit = 0
innodb_doublewrite = 0
innodb_flush_method = nosync
performance_schema = OFF
END
    cat > "$STATE_DIR/etc/rabbitmq/rabbitmq.conf" <<END
listeners.tcp.1 = 127.0.0.1:$QUEUE_PORT
default_user = openstack
default_pass = mq
loopback_users = none
log.console = false
log.file.level = warning
disk_free_limit.absolute = 50MB
END
    echo '[].' > "$STATE_DIR/etc/rabbitmq/enabled_plugins"
}

write_keystone_configuration() {
    cat > "$STATE_DIR/etc/keystone/keystone.conf" <<END
[DEFAULT]
log_file = $STATE_DIR/log/keystone.log
public_endpoint = http://127.0.0.1:5000
max_token_size = 1024
[token]
provider = fernet
expiration = $TOKEN_TTL
[fernet_tokens]
key_repository = $STATE_DIR/fernet-keys
[fernet_receipts]
key_repository = $STATE_DIR/fernet-keys
[credential]
key_repository = $STATE_DIR/credential-keys
[identity]
password_hash_rounds = 4
[cache]
enabled = true
backend = dogpile.cache.pymemcache
memcache_servers = 127.0.0.1:$CACHE_PORT
$(database_options database keystone)
END
    cat > "$STATE_DIR/bin/keystone.wsgi" <<END
from keystone.server.wsgi import initialize_public_application
application = initialize_public_application()
END
}

write_placement_configuration() {
    cat > "$STATE_DIR/etc/placement/placement.conf" <<END
[DEFAULT]
log_file = $STATE_DIR/log/placement.log
$(database_options placement_database placement)
[api]
auth_strategy = keystone
$(token_options placement)
END
    cat > "$STATE_DIR/bin/placement.wsgi" <<END
from placement.wsgi import init_application
application = init_application()
END
}

write_glance_configuration() {
    cat > "$STATE_DIR/etc/glance/glance-api.conf" <<END
[DEFAULT]
log_file = $STATE_DIR/log/glance-api.log
bind_host = 127.0.0.1
bind_port = 9292
workers = $API_WORKERS
enabled_backends = file:file
worker_self_reference_url = http://127.0.0.1:9292
node_staging_uri = file://$STATE_DIR/staging
[glance_store]
default_backend = file
[file]
filesystem_store_datadir = $STATE_DIR/images
[os_glance_staging_store]
filesystem_store_datadir = $STATE_DIR/staging
[os_glance_tasks_store]
filesystem_store_datadir = $STATE_DIR/staging
[paste_deploy]
flavor = keystone
config_file = $STATE_DIR/pkg/usr/share/glance-common/glance-api-paste.ini
$(database_options database glance)
$(token_options glance)
END
    write_script glance-api glance.cmd.api
    write_script glance-manage glance.cmd.manage
}

write_neutron_configuration() {
    cat > "$STATE_DIR/etc/neutron/neutron.conf" <<END
[DEFAULT]
log_file = $STATE_DIR/log/neutron-server.log
state_path = $STATE_DIR/neutron
bind_host = 127.0.0.1
bind_port = 9696
api_workers = $API_WORKERS
rpc_workers = 0
rpc_state_report_workers = 0
api_paste_config = $STATE_DIR/pkg/usr/share/neutron-common/api-paste.ini
core_plugin = ml2
service_plugins = router
transport_url = $QUEUE_URL
dhcp_agent_notification = false
allow_automatic_dhcp_failover = false
allow_automatic_l3agent_failover = false
notify_nova_on_port_status_changes = false
notify_nova_on_port_data_changes = true
send_events_interval = 1
max_allowed_address_pair = 100
global_physnet_mtu = 1500
[quotas]
default_quota = -1
quota_network = -1
quota_subnet = -1
quota_port = -1
quota_router = -1
quota_floatingip = -1
quota_security_group = -1
quota_security_group_rule = -1
[oslo_concurrency]
lock_path = $STATE_DIR/lock
$(database_options database neutron)
$(token_options neutron)
[nova]
$(auth_options nova)
[placement]
$(auth_options placement)
END
    cat > "$STATE_DIR/etc/neutron/ml2_conf.ini" <<END
[ml2]
type_drivers = flat,vlan,vxlan,local
tenant_network_types = vxlan
mechanism_drivers = fakebind
extension_drivers = port_security
[ml2_type_flat]
flat_networks = *
[ml2_type_vlan]
network_vlan_ranges = physnet1:100:1100
[ml2_type_vxlan]
vni_ranges = 1:8000
[securitygroup]
enable_security_group = true
enable_ipset = false
firewall_driver = noop
END
    write_script neutron-server neutron.cmd.eventlet.server
    write_script neutron-db-manage neutron.db.migration.cli
}

write_nova_options() { # FILE LOG HOST: what all of Nova's processes share
    local file=$1 log=$2 host=$3
    mkdir -p "$STATE_DIR/nova/$host"
    cat > "$STATE_DIR/etc/nova/$file.conf" <<END
[DEFAULT]
log_file = $STATE_DIR/log/$log.log
host = $host
my_ip = 127.0.0.1
state_path = $STATE_DIR/nova/$host
transport_url = $QUEUE_URL
compute_driver = osfake.FakeDriver
enabled_apis = osapi_compute
osapi_compute_listen = 127.0.0.1
osapi_compute_listen_port = 8774
osapi_compute_workers = $API_WORKERS
allow_resize_to_same_host = true
cpu_allocation_ratio = 100
ram_allocation_ratio = 100
disk_allocation_ratio = 100
reserved_host_memory_mb = 0
reserved_host_disk_mb = 0
max_concurrent_builds = 3
vif_plugging_is_fatal = false
vif_plugging_timeout = 0
resume_guests_state_on_host_boot = false
update_resources_interval = 60
instance_usage_audit = false
[api]
auth_strategy = keystone
[wsgi]
api_paste_config = $STATE_DIR/pkg/usr/share/nova-common/api-paste.ini
[conductor]
workers = $API_WORKERS
[scheduler]
workers = 1
max_attempts = 3
[filter_scheduler]
shuffle_best_same_weighed_hosts = true
build_failure_weight_multiplier = 0
soft_affinity_weight_multiplier = 100
soft_anti_affinity_weight_multiplier = 100
[quota]
instances = -1
cores = -1
ram = -1
key_pairs = -1
server_groups = -1
server_group_members = -1
[vnc]
enabled = false
[glance]
api_servers = http://127.0.0.1:9292
num_retries = 2
[oslo_concurrency]
lock_path = $STATE_DIR/lock
$(token_options nova)
[service_user]
send_service_user_token = true
$(auth_options nova)
[placement]
$(auth_options placement)
[neutron]
$(auth_options neutron)
[cinder]
os_region_name = RegionOne
$(auth_options nova)
END
}

write_nova_controller_options() { # FILE LOG: Nova's own databases are known to the controller alone
    write_nova_options "$1" "$2" controller
    { database_options api_database nova_api; database_options database nova; } >> "$STATE_DIR/etc/nova/$1.conf"
}

write_nova_configuration() {
    local host
    write_nova_controller_options nova nova-api
    write_nova_controller_options nova-conductor nova-conductor
    write_nova_controller_options nova-scheduler nova-scheduler
    for host in "${COMPUTE_HOSTS[@]}"; do
        write_nova_options "$host" "nova-compute-$host" "$host"
    done
    write_script nova-api nova.cmd.api_os_compute
    write_script nova-conductor nova.cmd.conductor
    write_script nova-scheduler nova.cmd.scheduler
    write_script nova-manage nova.cmd.manage
    # Nova loads drivers from nova.virt only, so ours is put there.
    cat > "$STATE_DIR/bin/nova-compute" <<END
#!/usr/bin/python3
import sys
from nova.cmd.compute import main
import osfake.virt
sys.modules['nova.virt.osfake'] = osfake.virt
sys.exit(main())
END
    chmod +x "$STATE_DIR/bin/nova-compute"
}

write_configuration() {
    mkdir -p "$STATE_DIR"/etc/{keystone,placement,glance,neutron,nova,cinder,rabbitmq} \
        "$STATE_DIR"/{mysql,images,staging,fernet-keys,credential-keys,rabbitmq,nova,neutron,cinder}
    write_drivers
    write_keys
    write_backend_configuration
    write_keystone_configuration
    write_placement_configuration
    write_glance_configuration
    write_neutron_configuration
    write_nova_configuration
    if [ "$CINDER" = 1 ]; then write_cinder_configuration; fi
}
