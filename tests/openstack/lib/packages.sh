# shellcheck shell=bash
# The distribution's packages, installed or only unpacked.  Read by `up`.

APT_GET=(apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-unsafe-io
         -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=300)

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null)" = installed ]; }

install_packages() {
    local package missing=()
    local wanted=(curl mariadb-server-core mariadb-client-core rabbitmq-server memcached uwsgi-core
                  uwsgi-plugin-python3 python3-pymysql python3-memcache python3-pymemcache
                  python3-openstackclient python3-keystone python3-placement python3-glance
                  python3-neutron python3-nova)
    if [ "$CINDER" = 1 ]; then wanted+=(python3-cinder python3-cinderclient); fi
    for package in "${wanted[@]}"; do
        installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]}"
    forbid_packaged_services
    export DEBIAN_FRONTEND=noninteractive
    if ! "${APT_GET[@]}" install "${missing[@]}" > "$STATE_DIR/log/apt.log" 2>&1; then
        # A fresh machine has no package lists yet, an old one has stale ones.
        apt-get -q update >> "$STATE_DIR/log/apt.log" 2>&1 || true
        "${APT_GET[@]}" install "${missing[@]}" >> "$STATE_DIR/log/apt.log" 2>&1 ||
            die "apt-get failed: see $STATE_DIR/log/apt.log"
    fi
}

forbid_packaged_services() { # the packages would start their own RabbitMQ and memcached
    [ -e /usr/sbin/policy-rc.d ] && return
    printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
}

unpack_common_packages() { # the paste pipelines are in packages whose own set-up is not wanted
    local package needed=()
    local wanted=(nova-common neutron-common glance-common)
    if [ "$CINDER" = 1 ]; then wanted+=(cinder-common); fi
    for package in "${wanted[@]}"; do
        [ -e "$STATE_DIR/pkg/.$package" ] || needed+=("$package")
    done
    [ ${#needed[@]} -gt 0 ] || return 0
    rm -rf "$STATE_DIR/tmp/deb"
    mkdir -p "$STATE_DIR/pkg" "$STATE_DIR/tmp/deb"
    (cd "$STATE_DIR/tmp/deb" && apt-get -q -o APT::Sandbox::User=root download "${needed[@]}") \
        > "$STATE_DIR/log/apt-download.log" 2>&1 || die "see $STATE_DIR/log/apt-download.log"
    for package in "${needed[@]}"; do
        dpkg-deb -x "$STATE_DIR/tmp/deb/${package}"_*.deb "$STATE_DIR/pkg"
        touch "$STATE_DIR/pkg/.$package"
    done
}
