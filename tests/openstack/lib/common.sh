# shellcheck shell=bash
# What `up` and `down` share: where the state is, and which processes are ours.

STATE_DIR=${OPENSTACK_DIR:-/var/tmp/openstack}
PROGRAM=${0##*/}

die() { echo "$PROGRAM: $*" >&2; exit 1; }

# A pid alone may have been given to another process since, so pid files also hold the start time.
start_time_of() { # PID: field 22 of /proc/PID/stat, or nothing
    local line fields
    line=$(cat "/proc/$1/stat" 2> /dev/null) || return 0
    read -ra fields <<< "${line##*) }"
    echo "${fields[19]}"
}

running() { # NAME: is the process that was started under this name still there?
    local pid started
    [ -f "$STATE_DIR/run/$1.pid" ] || return 1
    read -r pid started < "$STATE_DIR/run/$1.pid"
    [ -n "$started" ] && [ "$(start_time_of "$pid")" = "$started" ]
}

stop() { # NAME...: ask all of them to end, then make sure of each
    local name pid _
    for name; do
        running "$name" || { rm -f "$STATE_DIR/run/$name.pid"; continue; }
        read -r pid _ < "$STATE_DIR/run/$name.pid"
        kill -TERM "$pid" 2> /dev/null || true
    done
    for name; do
        [ -f "$STATE_DIR/run/$name.pid" ] || continue
        read -r pid _ < "$STATE_DIR/run/$name.pid"
        for _ in $(seq 100); do
            running "$name" || break
            sleep 0.1
        done
        # Each was started by setsid, so what is left of its process group is its children.
        kill -KILL -- "-$pid" 2> /dev/null || true
        rm -f "$STATE_DIR/run/$name.pid"
        echo "stopped $name"
    done
}
