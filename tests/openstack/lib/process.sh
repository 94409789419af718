# shellcheck shell=bash
# Starting processes and waiting until they are of use.  Read by `up`.

# The services get nothing of the caller's environment: a proxy or an OS_* variable would mislead them.
CLEAN_ENV=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME="$STATE_DIR/home"
           PYTHONPATH="$STATE_DIR/lib" OS_KEYSTONE_CONFIG_DIR="$STATE_DIR/etc/keystone"
           OS_PLACEMENT_CONFIG_DIR="$STATE_DIR/etc/placement")

start() { # NAME COMMAND...: unless it is running; file descriptor 9 is the lock of `up`
    local name=$1 pid
    shift
    running "$name" && return
    (cd "$STATE_DIR" && exec setsid nohup "${CLEAN_ENV[@]}" "$@" < /dev/null >> "$STATE_DIR/log/$name.out" 2>&1 9>&-) &
    pid=$!
    echo "$pid $(start_time_of "$pid")" > "$STATE_DIR/run/$name.pid"
    disown "$pid"
}

start_wsgi() { # NAME PORT
    start "$1" uwsgi-core --plugin python3 --http-socket "127.0.0.1:$2" --wsgi-file "$STATE_DIR/bin/$1.wsgi" \
        --master --processes "$API_WORKERS" --threads 4 --lazy-apps --die-on-term --need-app \
        --buffer-size 65535 --listen 128 --add-header 'Connection: close' --disable-logging \
        --enable-threads --thunder-lock
}

wait_for() { # SECONDS NAME COMMAND...: until the command succeeds, as long as NAME is running
    local end=$((SECONDS + $1)) name=$2
    shift 2
    until "$@" > /dev/null 2>&1; do
        running "$name" || die "$name ended: see $STATE_DIR/log/$name.out and $STATE_DIR/log/$name.log"
        [ $SECONDS -lt $end ] || die "$name is not ready: see $STATE_DIR/log/$name.out and $STATE_DIR/log/$name.log"
        sleep 0.2
    done
}

port_open() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

http_answers() { curl -s -o /dev/null --noproxy '*' --max-time 20 "http://127.0.0.1:$1"; }
