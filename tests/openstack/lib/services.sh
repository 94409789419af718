# shellcheck shell=bash
# OpenStack's own services, in the order in which they need each other.  Read by `up`.

setup() { "${CLEAN_ENV[@]}" /usr/bin/python3 "$HARNESS_DIR/lib/setup.py" "$@"; }

start_keystone() {
    start_wsgi keystone 5000
    [ -e "$STATE_DIR/lock/keystone" ] && return
    "${CLEAN_ENV[@]}" keystone-manage --config-file "$STATE_DIR/etc/keystone/keystone.conf" bootstrap \
        --bootstrap-username admin --bootstrap-password secret --bootstrap-project-name admin \
        --bootstrap-role-name admin --bootstrap-service-name keystone --bootstrap-region-id RegionOne \
        --bootstrap-admin-url http://127.0.0.1:5000/v3 --bootstrap-public-url http://127.0.0.1:5000/v3 \
        --bootstrap-internal-url http://127.0.0.1:5000/v3 > "$STATE_DIR/log/bootstrap.log" 2>&1 ||
        die "see $STATE_DIR/log/bootstrap.log"
    touch "$STATE_DIR/lock/keystone"
}

create_identities() { # users, projects and the catalogue, again only when the choice of services changed
    local choice="with${OPTIONAL_SERVICES[*]/#/ }"
    if [ "$(cat "$STATE_DIR/lock/identity" 2> /dev/null)" = "$choice" ]; then return; fi
    wait_for 120 keystone http_answers 5000/v3
    setup identity "${OPTIONAL_SERVICES[@]}"
    echo "$choice" > "$STATE_DIR/lock/identity"
    say "users, projects and the catalogue are there"
}

start_services() {
    local host etc=$STATE_DIR/etc bin=$STATE_DIR/bin
    wait_for 60 rabbitmq port_open "$QUEUE_PORT"
    start_wsgi placement 8778
    start neutron-server "$bin/neutron-server" --config-file "$etc/neutron/neutron.conf" \
        --config-file "$etc/neutron/ml2_conf.ini"
    start nova-conductor "$bin/nova-conductor" --config-file "$etc/nova/nova-conductor.conf"
    start glance-api "$bin/glance-api" --config-file "$etc/glance/glance-api.conf"
    start nova-api "$bin/nova-api" --config-file "$etc/nova/nova.conf"
    start nova-scheduler "$bin/nova-scheduler" --config-file "$etc/nova/nova-scheduler.conf"
    for host in "${COMPUTE_HOSTS[@]}"; do
        start "nova-compute-$host" "$bin/nova-compute" --config-file "$etc/nova/$host.conf"
    done
    if [ "$CINDER" = 1 ]; then start_cinder; else stop cinder-all; fi
}

wait_for_services() {
    wait_for 120 keystone http_answers 5000/v3
    wait_for 120 placement http_answers 8778/
    wait_for 120 glance-api http_answers 9292/
    wait_for 180 neutron-server http_answers 9696/
    wait_for 120 nova-api http_answers 8774/
    if [ "$CINDER" = 1 ]; then wait_for 120 cinder-all http_answers 8776/; fi
}

map_computes() { # Nova schedules only to hosts that are mapped to its cell
    setup computes "${COMPUTE_HOSTS[@]}"
    if [ "$(cat "$STATE_DIR/lock/discovered" 2> /dev/null)" = "${COMPUTE_HOSTS[*]}" ]; then return; fi
    nova_manage cell_v2 discover_hosts > "$STATE_DIR/log/discover.log" 2>&1 || die "see $STATE_DIR/log/discover.log"
    echo "${COMPUTE_HOSTS[*]}" > "$STATE_DIR/lock/discovered"
}
