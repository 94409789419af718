# shellcheck shell=bash
# The backends and the schemas in them.  Read by `up`.

start_backends() {
    start epmd epmd -address 127.0.0.1 -port "$EPMD_PORT"
    start rabbitmq env ERL_EPMD_PORT="$EPMD_PORT" ERL_EPMD_ADDRESS=127.0.0.1 \
        RABBITMQ_NODENAME=openstack@localhost RABBITMQ_MNESIA_BASE="$STATE_DIR/rabbitmq" \
        RABBITMQ_LOG_BASE="$STATE_DIR/log" RABBITMQ_PID_FILE="$STATE_DIR/run/rabbitmq.own" \
        RABBITMQ_CONFIG_FILE="$STATE_DIR/etc/rabbitmq/rabbitmq.conf" \
        RABBITMQ_ENABLED_PLUGINS_FILE="$STATE_DIR/etc/rabbitmq/enabled_plugins" \
        RABBITMQ_DIST_PORT=$((QUEUE_PORT + 20000)) \
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none" \
        /usr/lib/rabbitmq/bin/rabbitmq-server
    start memcached memcached -u root -l 127.0.0.1 -p "$CACHE_PORT" -U 0 -m 256 -c 2048
    if [ ! -d "$STATE_DIR/mysql/mysql" ]; then
        mariadb-install-db --defaults-file="$STATE_DIR/etc/my.cnf" --auth-root-authentication-method=socket \
            --skip-test-db > "$STATE_DIR/log/mariadb-install.log" 2>&1 || die "see $STATE_DIR/log/mariadb-install.log"
    fi
    start mariadb mariadbd --defaults-file="$STATE_DIR/etc/my.cnf"
    wait_for 60 mariadb test -S "$STATE_DIR/run/mysqld.sock"
    wait_for 60 mariadb sql -e 'select 1'
}

sql() { mariadb --no-defaults -uroot -S "$STATE_DIR/run/mysqld.sock" "$@"; }

databases_of() { case $1 in nova) echo nova nova_api nova_cell0 ;; *) echo "$1" ;; esac; }

nova_manage() { "${CLEAN_ENV[@]}" "$STATE_DIR/bin/nova-manage" --config-file "$STATE_DIR/etc/nova/nova.conf" "$@"; }

migrate() { # SERVICE: run all its migrations
    local etc=$STATE_DIR/etc
    case $1 in
    keystone) "${CLEAN_ENV[@]}" keystone-manage --config-file "$etc/keystone/keystone.conf" db_sync ;;
    placement) "${CLEAN_ENV[@]}" placement-manage --config-file "$etc/placement/placement.conf" db sync ;;
    glance) "${CLEAN_ENV[@]}" "$STATE_DIR/bin/glance-manage" --config-file "$etc/glance/glance-api.conf" db_sync ;;
    neutron) "${CLEAN_ENV[@]}" "$STATE_DIR/bin/neutron-db-manage" --config-file "$etc/neutron/neutron.conf" \
        --config-file "$etc/neutron/ml2_conf.ini" upgrade heads ;;
    nova) migrate_nova ;;
    cinder) migrate_cinder ;;
    esac
}

migrate_nova() {
    nova_manage api_db sync
    nova_manage cell_v2 map_cell0 --database_connection "$(database_url nova_cell0)"
    nova_manage db sync
    nova_manage cell_v2 list_cells | grep -q ' cell1 ' ||
        nova_manage cell_v2 create_cell --name=cell1 --database_connection "$(database_url nova)" \
            --transport-url "$QUEUE_URL"
}

create_schemas() { # of the services that have none yet
    local service new=()
    for service in "${SERVICES[@]}"; do
        [ -e "$STATE_DIR/lock/synced.$service" ] || new+=("$service")
    done
    [ ${#new[@]} -gt 0 ] || return 0
    say "creating the schemas of ${new[*]} (half a minute or more)"
    create_databases "${new[@]}"
    run_migrations "${new[@]}"
    for service in "${new[@]}"; do touch "$STATE_DIR/lock/synced.$service"; done
}

create_databases() { # SERVICE...
    local service database
    {
        for service; do
            for database in $(databases_of "$service"); do echo "create database if not exists $database;"; done
        done
        echo "create user if not exists openstack@'127.0.0.1' identified by 'db';"
        echo "grant all on *.* to openstack@'127.0.0.1';"
    } | sql
}

run_migrations() { # SERVICE...: all at once
    local service running=()
    for service; do
        (set -e; migrate "$service") > "$STATE_DIR/log/migrate-$service.log" 2>&1 &
        running+=("$!:$service")
    done
    for service in "${running[@]}"; do
        wait "${service%%:*}" || die "see $STATE_DIR/log/migrate-${service##*:}.log"
    done
}
