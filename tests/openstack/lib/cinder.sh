# shellcheck shell=bash
# Cinder: API, scheduler and one cinder-volume with osfake.volume, in one process.  Read by `up`.

write_cinder_configuration() {
    cat > "$STATE_DIR/etc/cinder/cinder.conf" <<END
[DEFAULT]
host = controller
my_ip = 127.0.0.1
state_path = $STATE_DIR/cinder
transport_url = $QUEUE_URL
auth_strategy = keystone
api_paste_config = $STATE_DIR/pkg/usr/share/cinder-common/api-paste.ini
resource_query_filters_file = $STATE_DIR/pkg/etc/cinder/resource_filters.json
osapi_volume_listen = 127.0.0.1
osapi_volume_listen_port = 8776
osapi_volume_workers = 1
public_endpoint = http://127.0.0.1:8776/
storage_availability_zone = nova
enabled_backends = fake
default_volume_type = standard
glance_api_servers = http://127.0.0.1:9292
volume_usage_audit_period = year
quota_volumes = -1
quota_snapshots = -1
quota_gigabytes = -1
quota_backups = -1
quota_backup_gigabytes = -1
quota_groups = -1
quota_consistencygroups = -1
[fake]
volume_driver = osfake.volume.FakeVolumeDriver
volume_backend_name = fake
[oslo_concurrency]
lock_path = $STATE_DIR/lock
$(database_options database cinder)
$(token_options cinder)
[service_user]
send_service_user_token = true
$(auth_options cinder)
[nova]
$(auth_options cinder)
END
    write_script cinder-manage cinder.cmd.manage
    install -m 755 "$HARNESS_DIR/lib/cinder-all.py" "$STATE_DIR/bin/cinder-all"
}

migrate_cinder() {
    "${CLEAN_ENV[@]}" "$STATE_DIR/bin/cinder-manage" --config-file "$STATE_DIR/etc/cinder/cinder.conf" db sync
}

start_cinder() {
    start cinder-all "$STATE_DIR/bin/cinder-all" --config-file "$STATE_DIR/etc/cinder/cinder.conf" \
        --log-file "$STATE_DIR/log/cinder-all.log"
}
