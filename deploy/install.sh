#!/bin/bash
# 小政离线安装程序。不需要网络；在 Debian 12 上以 root 运行。
#
#   ./install.sh [install] [选项]     安装；已安装旧版时原地升级（先自动备份，不健康则自动退回）
#   install.sh rollback [--keep-data] 退回上一版本，并恢复升级前的备份（--keep-data：只换程序）
#   install.sh cert [选项]            换发证书：重新签发，或换成 --cert、--key 给出的证书
#   install.sh uninstall [--purge]    卸载；保留数据、设置与备份，--purge 连同它们一起删除
#   install.sh start|stop|status      启动、停止、查看（没有 systemd 时使用）
#
# 选项：
#   --domain 名称      访问用的域名或 IP 地址，可多次使用；默认取本机名与本机地址
#   --cert 文件        已有的服务器证书（PEM，含中间证书）；默认当场建立自有根证书并签发
#   --key 文件         上述证书的私钥（PEM，无口令）
#   --https-port N     HTTPS 端口，默认 443
#   --http-port N      转到 HTTPS 的端口，默认 80；0 表示不开
#   --port N           服务在 127.0.0.1 上的端口，默认 8012
#   --sample           装入示例城市“安澜市”，用于试用
#   --no-systemd       不用 systemd，直接运行进程（容器、测试）
#   --yes              不询问
#   --dry-run          只检查并说明将要做什么，不作任何改动

set -euo pipefail
umask 022
export LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

prefix=/opt/xiaozheng
settings=/etc/xiaozheng
data=/var/lib/xiaozheng
backups=/var/backups/xiaozheng
logs=/var/log/xiaozheng
state=$prefix/state
user=xiaozheng
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

say() { printf '%s\n' "$*"; }
step() { printf '\n== %s\n' "$*"; }
warn() { printf '注意：%s\n' "$*" >&2; }
die() {
    printf '错误：%s\n' "$*" >&2
    exit 1
}
usage() { sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

# --- 参数，以及上次安装时的选择 ---

action=install
domains=()
cert="" key="" https_port="" http_port="" app_port="" systemd=""
sample=false yes=false dry=false purge=false keep_data=false

need_value() { [ $# -ge 2 ] && [ -n "$2" ] || die "选项 $1 后面缺少内容。"; }

read_arguments() {
    case ${1:-} in
    install | rollback | cert | uninstall | start | stop | status) action=$1 && shift ;;
    esac
    while [ $# -gt 0 ]; do
        case $1 in
        --domain) need_value "$@" && domains+=("$2") && shift ;;
        --cert) need_value "$@" && cert=$2 && shift ;;
        --key) need_value "$@" && key=$2 && shift ;;
        --https-port) need_value "$@" && https_port=$2 && shift ;;
        --http-port) need_value "$@" && http_port=$2 && shift ;;
        --port) need_value "$@" && app_port=$2 && shift ;;
        --sample) sample=true ;;
        --no-systemd) systemd=no ;;
        --yes | -y) yes=true ;;
        --dry-run) dry=true ;;
        --purge) purge=true ;;
        --keep-data) keep_data=true ;;
        -h | --help) usage; exit 0 ;;
        *) die "不认识的参数：$1。运行 install.sh --help 查看用法。" ;;
        esac
        shift
    done
}

saved() { sed -n "s/^$1=//p" "$settings/install.conf" 2>/dev/null | head -n 1 || true; }

is_port() { [[ $1 =~ ^[0-9]+$ ]] && [ "$1" -ge "$2" ] && [ "$1" -le 65535 ]; }

settle_options() {
    local name
    [ -n "$https_port" ] || https_port=$(saved https_port)
    [ -n "$http_port" ] || http_port=$(saved http_port)
    [ -n "$app_port" ] || app_port=$(saved app_port)
    [ -n "$systemd" ] || systemd=$(saved systemd)
    if [ ${#domains[@]} -eq 0 ]; then read -r -a domains <<<"$(saved domains)"; fi
    if [ ${#domains[@]} -eq 0 ]; then mapfile -t domains < <(own_names); fi
    https_port=${https_port:-443} http_port=${http_port:-80} app_port=${app_port:-8012}
    is_port "$https_port" 1 && is_port "$http_port" 0 && is_port "$app_port" 1 ||
        die "端口应为 1 至 65535。"
    for name in "${domains[@]}"; do
        [[ $name =~ ^[0-9A-Za-z.:-]+$ ]] || die "不是域名或 IP 地址：$name"
    done
    if [ -n "$cert$key" ] && { [ -z "$cert" ] || [ -z "$key" ]; }; then
        die "--cert 与 --key 要同时给出。"
    fi
    if [ -z "$systemd" ]; then
        if [ -d /run/systemd/system ]; then systemd=yes; else systemd=no; fi
    fi
}

# 机器名里可能有证书不容许的字符，那样的不用。
own_names() {
    {
        hostname 2>/dev/null || true
        hostname -I 2>/dev/null | tr ' ' '\n' | head -n 4 || true
        printf 'localhost\n127.0.0.1\n'
    } | grep -xE '[0-9A-Za-z.:-]+'
}

confirm() {
    local reply
    $yes && return 0
    printf '%s [y/N] ' "$1"
    read -r reply || die "没有人回答；确认无误后加上 --yes 再运行。"
    case $reply in y | Y | yes | 是) ;; *) die "已取消，没有作任何改动。" ;; esac
}

field() { sed -n "s/^$1=//p" "$2" | head -n 1; }
current_version() { [ ! -L "$prefix/current" ] || basename "$(readlink "$prefix/current")"; }

# --- 检查 ---

problems=0
problem() {
    printf '不符合：%s\n' "$*" >&2
    problems=$((problems + 1))
}

free_mb() { df -Pm "$1" 2>/dev/null | awk 'NR == 2 { print $4 }'; }
nearest() {
    local path=$1
    while [ ! -e "$path" ]; do path=$(dirname "$path"); done
    printf '%s\n' "$path"
}

# 端口上有没有人应答（不依赖任何工具）。
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

check_package() {
    local file
    for file in VERSION SHA256SUMS app/bin/xiaozhengd debs/Packages; do
        [ -e "$here/$file" ] || die "安装包不完整（缺少 $file）。请在解开的安装包目录里运行 ./install.sh。"
    done
    version=$(field version "$here/VERSION")
    arch=$(field arch "$here/VERSION")
    (cd "$here" && sha256sum --quiet -c SHA256SUMS >/dev/null 2>&1) ||
        die "安装包内容与校验值不符，可能在拷贝中损坏。请重新拷贝安装包并核对其 .sha256。"
}

check_system() {
    local id release memory free
    id=$(sed -n 's/^ID="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' /etc/os-release 2>/dev/null)
    release=$(sed -n 's/^VERSION_ID="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' /etc/os-release 2>/dev/null)
    [ "$id $release" = "debian 12" ] ||
        problem "本安装包适用于 Debian 12，本机是 ${id:-未知系统} ${release:-}。"
    [ "$(dpkg --print-architecture 2>/dev/null)" = "$arch" ] ||
        problem "安装包的处理器架构是 $arch，本机是 $(dpkg --print-architecture 2>/dev/null || uname -m)；请换用对应的安装包。"
    memory=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo 2>/dev/null || echo 0)
    if [ "${memory:-0}" -gt 0 ]; then
        if [ "$memory" -lt 900 ]; then problem "内存 ${memory} MB，至少需要 1 GB。"; fi
        if [ "$memory" -ge 900 ] && [ "$memory" -lt 1900 ]; then warn "内存 ${memory} MB，建议 2 GB 以上。"; fi
    fi
    free=$(free_mb "$(nearest "$prefix")")
    [ "${free:-0}" -ge 600 ] || problem "$prefix 所在磁盘只剩 ${free:-0} MB，至少需要 600 MB。"
    free=$(free_mb "$(nearest "$data")")
    [ "${free:-0}" -ge 1024 ] || problem "$data 所在磁盘只剩 ${free:-0} MB，至少需要 1 GB。"
    if [ "$systemd" = yes ] && [ ! -d /run/systemd/system ]; then
        problem "本机没有运行 systemd；容器等环境请加 --no-systemd。"
    fi
}

check_ports() {
    local port
    for port in "$https_port" "$http_port" "$app_port"; do
        [ "$port" -ne 0 ] || continue
        ! answers "$port" ||
            problem "端口 $port 已被别的程序占用；用 --https-port、--http-port、--port 换一个，或停用该程序。"
    done
}

check_cert() {
    [ -n "$cert" ] || return 0
    local have=openssl
    command -v "$have" >/dev/null || return 0
    openssl x509 -in "$cert" -noout 2>/dev/null || die "证书文件读不出来：$cert"
    [ "$(openssl x509 -in "$cert" -noout -pubkey 2>/dev/null)" = "$(openssl pkey -in "$key" -pubout 2>/dev/null)" ] ||
        die "证书与私钥不是一对（或私钥带有口令）：$cert、$key"
    openssl x509 -in "$cert" -noout -checkend 86400 >/dev/null || die "证书已经过期或一天之内过期：$cert"
}

# --- 系统软件包 ---

# 由包内的目录作为临时的本地软件源，交 apt 判断缺什么；不读写系统原有的软件源设置。
apt_here() {
    apt-get -q -o Dir::Etc::sourcelist="$aptdir/sources.list" -o Dir::Etc::sourceparts=- \
        -o Dir::State::lists="$aptdir/lists" -o Dir::Cache="$aptdir/cache" \
        -o APT::Sandbox::User=root -o Acquire::Languages=none -o APT::Install-Recommends=false \
        -o DPkg::Lock::Timeout=300 -o APT::Get::AllowUnauthenticated=true "$@"
}

quietly() {
    local log status=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 || status=$?
    [ "$status" -eq 0 ] || cat "$log" >&2
    rm -f "$log"
    return "$status"
}

open_debs() {
    aptdir=$(mktemp -d /var/tmp/xiaozheng-apt.XXXXXX)
    mkdir -p "$aptdir/lists/partial" "$aptdir/cache/archives/partial"
    ln -s "$here/debs" "$aptdir/debs"
    printf 'deb [trusted=yes] file:%s/debs ./\n' "$aptdir" >"$aptdir/sources.list"
    quietly apt_here update || die "无法读取安装包内的软件包目录。"
    mapfile -t wanted_debs <"$here/debs/WANTED"
    apt_here -s install "${wanted_debs[@]}" >"$aptdir/plan" 2>&1 || {
        cat "$aptdir/plan" >&2
        die "所需的系统软件包与本机已装的冲突，原因见上。"
    }
    mapfile -t missing_debs < <(sed -n 's/^Inst \([^ ]*\) .*/\1/p' "$aptdir/plan")
}

close_debs() { [ -z "${aptdir:-}" ] || rm -rf "$aptdir"; }

# nginx 一装好就会以默认站点启动；先拦住，等我们的站点写好再启动。
install_debs() {
    local policy=/usr/sbin/policy-rc.d made=false had_nginx=true status=0
    if [ ${#missing_debs[@]} -eq 0 ]; then
        say "所需的系统软件包都已安装。"
        return 0
    fi
    say "安装 ${#missing_debs[@]} 个系统软件包：${missing_debs[*]}"
    [ -e /etc/nginx/nginx.conf ] || had_nginx=false
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        made=true
    fi
    quietly env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l \
        "$(command -v bash)" -c "$(declare -f apt_here); aptdir=$aptdir; apt_here -y \
            -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold install \"\$@\"" \
        bash "${wanted_debs[@]}" || status=$?
    if $made; then rm -f "$policy"; fi
    [ "$status" -eq 0 ] || die "系统软件包安装失败，原因见上。"
    # 随包装上的 nginx 不需要它的欢迎页；原来就有 nginx 的机器不动其站点。
    if ! $had_nginx; then rm -f /etc/nginx/sites-enabled/default; fi
}

# --- 用户、目录、程序、设置 ---

make_user() {
    getent group "$user" >/dev/null || groupadd --system "$user"
    getent passwd "$user" >/dev/null ||
        useradd --system --gid "$user" --home-dir "$data" --no-create-home \
            --shell /usr/sbin/nologin --comment "小政服务" "$user"
}

make_folders() {
    install -d -m 755 "$prefix" "$settings" "$settings/tls" "$settings/nginx.d"
    install -d -m 700 -o "$user" -g "$user" "$data" "$backups"
    install -d -m 755 -o root -g adm "$logs"
}

install_program() {
    local target=$prefix/$version
    if [ -e "$target" ] && [ "$(current_version)" = "$version" ]; then
        # 重装正在使用的版本：逐个文件换成新的，运行中的进程不受影响。
        rm -rf "$target.new"
        cp -a "$here/app" "$target.new"
        cp -a --remove-destination "$target.new/." "$target/"
        rm -rf "$target.new"
    else
        rm -rf "$target" "$target.new"
        cp -a "$here/app" "$target.new"
        mv "$target.new" "$target"
    fi
    chown -R root:root "$target"
    cp "$here/install.sh" "$target/deploy/install.sh"
    chmod 755 "$target/deploy/install.sh" "$target"/bin/* "$target"/deploy/*.sh
}

# 设置文件只在没有时写入；升级不动它。
write_settings() {
    local file=$settings/xiaozheng.conf
    if [ ! -e "$file" ]; then
        "$prefix/$version/bin/xiaozhengd" --print-config |
            sed -e "s#^data\.dir =.*#data.dir = $data#" \
                -e "s#^net\.port =.*#net.port = $app_port#" \
                -e "s#^backup\.dir =.*#backup.dir = $backups#" >"$file.new"
        chown "root:$user" "$file.new"
        chmod 640 "$file.new"
        mv "$file.new" "$file"
    else
        sed -i "s#^net\.port *=.*#net.port = $app_port#" "$file"
    fi
    [ -e "$settings/metrics-allow.conf" ] ||
        printf '# 允许读取 /metrics 的监控服务器，每行一个，例如：\n# allow 10.1.2.3;\n' >"$settings/metrics-allow.conf"
    printf '%s\n' "https_port=$https_port" "http_port=$http_port" "app_port=$app_port" \
        "systemd=$systemd" "domains=${domains[*]}" >"$settings/install.conf"
}

write_command() {
    cat >/usr/local/bin/xiaozheng <<'COMMAND'
#!/bin/sh
# 以安装时的设置运行小政命令行。root 在服务停止时以服务用户的身份办理，以免留下服务无法读写的文件。
program=/opt/xiaozheng/current/bin/xiaozheng
settings=/etc/xiaozheng/xiaozheng.conf
if [ "$(id -u)" -eq 0 ] && { [ "${1:-}" = restore ] || [ "${1:-}" = doctor ] ||
    ! /opt/xiaozheng/current/deploy/install.sh status >/dev/null 2>&1; }; then
    exec setpriv --reuid=xiaozheng --regid=xiaozheng --init-groups "$program" --config "$settings" "$@"
fi
exec "$program" --config "$settings" "$@"
COMMAND
    chmod 755 /usr/local/bin/xiaozheng
}

# --- 证书 ---

is_address() { [[ $1 =~ ^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$ || $1 == *:* ]]; }

alternative_names() {
    local name list=""
    for name in "${domains[@]}" localhost 127.0.0.1; do
        if is_address "$name"; then name=IP:$name; else name=DNS:$name; fi
        case ",$list," in *",$name,"*) ;; *) list=${list:+$list,}$name ;; esac
    done
    printf '%s\n' "$list"
}

# 自有根证书只在没有时建立：终端装过一次，换发服务器证书后仍然认得。
make_authority() {
    local tls=$settings/tls
    [ ! -e "$tls/ca.key" ] || return 0
    quietly openssl req -x509 -newkey rsa:3072 -nodes -sha256 -days 3650 \
        -subj "/O=小政/CN=小政自有根证书 $(hostname 2>/dev/null || echo local)" -utf8 \
        -addext "basicConstraints=critical,CA:TRUE,pathlen:0" \
        -addext "keyUsage=critical,keyCertSign,cRLSign" \
        -keyout "$tls/ca.key.new" -out "$tls/ca.crt.new" || die "根证书建立失败。"
    chmod 600 "$tls/ca.key.new"
    mv "$tls/ca.crt.new" "$tls/ca.crt"
    mv "$tls/ca.key.new" "$tls/ca.key"
}

issue_cert() {
    local tls=$settings/tls names
    names=$(alternative_names)
    make_authority
    (
        umask 077
        quietly openssl req -new -newkey rsa:2048 -nodes -sha256 -utf8 -subj "/O=小政/CN=${domains[0]:0:60}" \
            -keyout "$tls/server.key.new" -out "$tls/server.csr"
        printf '%s\n' "basicConstraints=CA:FALSE" "keyUsage=digitalSignature,keyEncipherment" \
            "extendedKeyUsage=serverAuth" "subjectAltName=$names" >"$tls/server.ext"
        quietly openssl x509 -req -in "$tls/server.csr" -CA "$tls/ca.crt" -CAkey "$tls/ca.key" \
            -set_serial "0x$(openssl rand -hex 16)" -sha256 -days 820 -extfile "$tls/server.ext" \
            -out "$tls/server.crt.new"
    ) || die "服务器证书签发失败。"
    rm -f "$tls/server.csr" "$tls/server.ext"
    place_cert
    printf 'own\n' >"$tls/kind"
}

place_cert() {
    local tls=$settings/tls
    chmod 644 "$tls/server.crt.new"
    chmod 600 "$tls/server.key.new"
    mv "$tls/server.key.new" "$tls/server.key"
    mv "$tls/server.crt.new" "$tls/server.crt"
}

write_cert() {
    local tls=$settings/tls
    if [ -n "$cert" ]; then
        install -m 600 "$key" "$tls/server.key.new"
        install -m 644 "$cert" "$tls/server.crt.new"
        place_cert
        printf 'given\n' >"$tls/kind"
    elif [ ! -e "$tls/server.crt" ] || [ ! -e "$tls/server.key" ] || [ "${1:-}" = renew ]; then
        issue_cert
    fi
}

# --- nginx、systemd ---

write_nginx() {
    local template=$prefix/current/deploy/nginx/xiaozheng.conf.in site=/etc/nginx/sites-available/xiaozheng
    local name names="" suffix=""
    for name in "${domains[@]}"; do
        case $name in *:*) name="[$name]" ;; esac
        names="$names $name"
    done
    if [ "$https_port" -ne 443 ]; then suffix=:$https_port; fi
    sed -e "s#@APP_PORT@#$app_port#g; s#@HTTP_PORT@#$http_port#g; s#@HTTPS_PORT@#$https_port#g" \
        -e "s#@HTTPS_SUFFIX@#$suffix#g; s#@SERVER_NAMES@#${names# } _#g" "$template" |
        if [ "$http_port" -eq 0 ]; then sed '/^@HTTP_BEGIN@$/,/^@HTTP_END@$/d'; else sed '/^@HTTP_.*@$/d'; fi |
        if [ -e /proc/net/if_inet6 ]; then cat; else sed '/listen \[::\]/d'; fi >"$site.new"
    mv "$site.new" "$site"
    ln -sfn ../sites-available/xiaozheng /etc/nginx/sites-enabled/xiaozheng
    install -m 644 "$prefix/current/deploy/logrotate/xiaozheng" /etc/logrotate.d/xiaozheng
    quietly nginx -t || die "nginx 的配置没有通过检查，原因见上。"
}

write_units() {
    [ "$systemd" = yes ] || return 0
    install -m 644 "$prefix"/current/deploy/systemd/* /etc/systemd/system/
    systemctl daemon-reload
    quietly systemctl enable xiaozhengd.service xiaozheng-backup.timer nginx.service
}

# --- 启动与停止 ---

pid_file=/run/xiaozheng/xiaozhengd.pid
service_pid() {
    local pid
    pid=$(cat "$pid_file" 2>/dev/null) || return 1
    [ "$(stat -c %U "/proc/$pid" 2>/dev/null)" = "$user" ] && printf '%s\n' "$pid"
}

# 进程退出之后，它的子进程可能还占用着数据目录；等到放开为止。
wait_for_data() {
    local left=${1:-300}
    [ -e "$data/lock" ] || return 0
    until flock -n "$data/lock" true; do
        left=$((left - 1))
        [ $left -gt 0 ] || return 1
        sleep 0.1
    done
}

service_running() {
    if [ "$systemd" = yes ]; then systemctl -q is-active xiaozhengd; else service_pid >/dev/null; fi
}

service_start() {
    local pid
    if [ "$systemd" = yes ]; then
        systemctl reset-failed xiaozhengd 2>/dev/null || true
        systemctl start xiaozhengd xiaozheng-backup.timer
        return
    fi
    ! service_running || return 0
    install -d -m 755 /run/xiaozheng
    : >>"$logs/xiaozhengd.log"
    (
        cd "$data"
        umask 077
        ulimit -n 65536 2>/dev/null || true
        exec setsid setpriv --reuid="$user" --regid="$user" --init-groups --no-new-privs \
            "$prefix/current/bin/xiaozhengd" --config "$settings/xiaozheng.conf" \
            </dev/null >>"$logs/xiaozhengd.log" 2>&1
    ) &
    pid=$!
    printf '%s\n' $pid >"$pid_file"
    # 换成服务用户之后才算启动；启动不了的已经退出。
    while [ "$(stat -c %U "/proc/$pid" 2>/dev/null)" = root ]; do sleep 0.05; done
}

service_stop() {
    local pid left=600
    if [ "$systemd" = yes ]; then
        systemctl stop xiaozhengd 2>/dev/null || true
        wait_for_data || warn "数据目录仍被占用。"
        return
    fi
    pid=$(cat "$pid_file" 2>/dev/null) || pid=""
    if service_pid >/dev/null; then
        kill -TERM "$pid" 2>/dev/null || true
        while [ "$(stat -c %U "/proc/$pid" 2>/dev/null)" = "$user" ] && [ $left -gt 0 ]; do
            sleep 0.1
            left=$((left - 1))
        done
    fi
    if ! wait_for_data 50 && [ -n "$pid" ]; then kill -KILL -- "-$pid" 2>/dev/null || true; fi
    wait_for_data || warn "数据目录仍被占用。"
    rm -f "$pid_file"
}

edge_start() {
    if [ "$systemd" = yes ]; then
        if systemctl -q is-active nginx; then systemctl reload nginx; else systemctl start nginx; fi
    elif [ -s /run/nginx.pid ] && kill -0 "$(cat /run/nginx.pid)" 2>/dev/null; then
        quietly nginx -s reload
    else
        quietly nginx
    fi
}

service_log() {
    if [ "$systemd" = yes ]; then
        journalctl -u xiaozhengd -n 30 --no-pager 2>/dev/null || true
    else
        tail -n 30 "$logs/xiaozhengd.log" 2>/dev/null || true
    fi
}

fetch() { curl -s -S --noproxy '*' --max-time 20 "$@"; }

# 就绪（首次启动或升级后要重建索引，给足时间），能作答，并且经前置 nginx 也通。
healthy() {
    local left=1800 reply name=${domains[0]}
    until [ "$(fetch "http://127.0.0.1:$app_port/readyz" 2>/dev/null)" = ready ]; do
        if ! service_running; then
            say "服务没有能够启动。最近的日志："
            service_log
            return 1
        fi
        left=$((left - 1))
        [ $left -gt 0 ] || { say "等待就绪超时。" && return 1; }
        sleep 1
    done
    reply=$(fetch "http://127.0.0.1:$app_port/api/ask" -H 'Content-Type: application/json' \
        -H 'Accept: application/json' -d '{"question":"你好，怎么使用？"}') || return 1
    case $reply in *'"kind":"'*) ;; *) say "试问没有得到答复：$reply" && return 1 ;; esac
    edge_start || { say "nginx 没有能够启动。" && return 1; }
    left=20
    until [ "$(fetch -k --resolve "$name:$https_port:127.0.0.1" "https://$(host_of "$name"):$https_port/readyz" 2>/dev/null)" = ready ]; do
        left=$((left - 1))
        [ $left -gt 0 ] || { say "经 nginx 访问没有得到应答。" && return 1; }
        sleep 0.5
    done
}

host_of() { case $1 in *:*) printf '[%s]' "$1" ;; *) printf '%s' "$1" ;; esac; }

as_user() {
    (cd "$data" && exec setpriv --reuid="$user" --regid="$user" --init-groups "$@")
}

# --- 安装与升级 ---

switch_to() {
    ln -sfn "$1" "$prefix/current.new"
    mv -T "$prefix/current.new" "$prefix/current"
}

announce() {
    local port_text=""
    if [ "$https_port" -ne 443 ]; then port_text=:$https_port; fi
    step "完成"
    say "小政 $version 已就绪：https://$(host_of "${domains[0]}")$port_text/"
    if [ "$(cat "$settings/tls/kind" 2>/dev/null)" = own ]; then
        say "证书由自有根证书签发。请把 $settings/tls/ca.crt 装入使用者的电脑（受信任的根证书），浏览器就不再提示。"
    fi
    say "数据 $data，设置 $settings/xiaozheng.conf，备份 $backups，访问日志 $logs。"
    say "下一步：xiaozheng import 目录（导入资料）、xiaozheng doctor（体检）。说明书在 $prefix/current/docs/。"
}

plan() {
    local before
    before=$(current_version)
    step "将要做的事"
    if [ -z "$before" ]; then
        say "首次安装小政 $version（$arch）到 $prefix/$version。"
    elif [ "$before" = "$version" ]; then
        say "重新安装小政 $version（修复程序文件与配置，数据与设置不动）。"
    else
        say "从 $before 升级到 $version：先备份到 $backups，再停止服务、换程序、启动、检查；不健康则自动退回 $before。"
    fi
    if [ ${#missing_debs[@]} -gt 0 ]; then
        say "安装 ${#missing_debs[@]} 个系统软件包（都在安装包内）。"
    fi
    say "访问地址 ${domains[*]}，HTTPS 端口 $https_port，HTTP 端口 $http_port，服务端口 127.0.0.1:$app_port。"
    if [ -n "$cert" ]; then say "使用给定的证书 $cert。"; elif [ ! -e "$settings/tls/server.crt" ]; then say "当场建立自有根证书并签发服务器证书。"; fi
    if [ "$systemd" = yes ]; then say "由 systemd 看管，开机自动启动，每日 2:30 备份。"; else say "不使用 systemd，直接运行进程。"; fi
}

import_sample() {
    $sample || return 0
    step "装入示例城市"
    as_user "$prefix/current/bin/xiaozheng" import "$prefix/current/sample" \
        --config "$settings/xiaozheng.conf" || warn "示例资料没有全部装入，原因见上。"
}

# 已装旧版：备份在旧程序仍在运行时完成，写成并核对后才动程序。
upgrade() {
    local before=$1 backup
    backup=$backups/before-$version-$(date +%Y%m%d-%H%M%S)
    if [ -e "$data/xiaozheng.db" ]; then
        step "升级前备份到 $backup"
        as_user "$prefix/current/bin/xiaozheng" backup "$backup" --config "$settings/xiaozheng.conf" ||
            die "备份没有成功，升级中止，没有换程序。"
        cp -a "$settings/xiaozheng.conf" "$backup.conf"
    else
        backup=none
    fi
    printf '%s\n' "previous=$before" "backup=$backup" "at=$(date -Is)" >"$state.new"
    step "换用 $version"
    service_stop
    switch_to "$version"
    if [ -e "$state" ]; then mv "$state" "$state.old"; fi
    mv "$state.new" "$state"
    add_settings
    if configure_edge && write_units && service_start && healthy; then
        return 0
    fi
    printf '错误：新版本没有通过检查，自动退回 %s。\n' "$before" >&2
    go_back "$before" "$backup" || die "退回也没有成功，请按运维手册“升级失败”一节处理；备份在 $backup。"
    rm -f "$state"
    if [ -e "$state.old" ]; then mv "$state.old" "$state"; fi
    die "升级没有成功，已退回 $before，数据恢复为升级前的备份。原因见上。"
}

# 早先版本没有、而安装包依赖的设置。旧程序不认识它们，退回时连同设置文件一起换回。
add_settings() {
    local file=$settings/xiaozheng.conf
    grep -q '^backup\.dir *=' "$file" && return 0
    "$prefix/current/bin/xiaozhengd" --print-config | grep -q '^backup\.dir =' || return 0
    printf '\n# 备份的默认位置（升级时加入）\nbackup.dir = %s\n' "$backups" >>"$file"
}

# 在子进程中执行：其中的 die 只表示这一步没有成功。
configure_edge() { (write_nginx); }

go_back() {
    local before=$1 backup=$2
    service_stop
    switch_to "$before"
    if [ -e "$backup.conf" ] && ! cmp -s "$backup.conf" "$settings/xiaozheng.conf"; then
        cp -a "$settings/xiaozheng.conf" "$settings/xiaozheng.conf.before-rollback"
        cp -a "$backup.conf" "$settings/xiaozheng.conf"
        say "设置文件恢复为升级前的，升级之后的那份另存为 $settings/xiaozheng.conf.before-rollback。"
    fi
    if [ "$backup" != none ] && ! $keep_data; then
        as_user "$prefix/current/bin/xiaozheng" restore "$backup" --config "$settings/xiaozheng.conf" || return 1
    fi
    version=$before
    configure_edge && write_units && service_start && healthy
}

drop_old_versions() {
    local folder name keep_one
    keep_one=$(field previous "$state" 2>/dev/null || true)
    for folder in "$prefix"/*/; do
        name=$(basename "$folder")
        case $name in current | "$version" | "$keep_one") continue ;; esac
        [ ! -x "$folder/bin/xiaozhengd" ] || rm -rf "$folder"
    done
}

install_all() {
    local before
    step "检查"
    check_package
    check_system
    before=$(current_version)
    [ -n "$before" ] || check_ports
    check_cert
    [ $problems -eq 0 ] || die "本机有 $problems 处不符合安装条件，见上；没有作任何改动。"
    trap close_debs EXIT
    open_debs
    plan
    if $dry; then
        say "这是演练，没有作任何改动。"
        return 0
    fi
    confirm "继续吗？"
    step "系统软件包"
    install_debs
    check_cert
    make_user
    make_folders
    step "程序、设置、证书"
    install_program
    write_settings
    write_cert
    write_command
    if [ -n "$before" ] && [ "$before" != "$version" ]; then
        upgrade "$before"
    else
        [ -z "$before" ] || service_stop
        switch_to "$version"
        import_sample
        write_nginx
        write_units
        step "启动"
        service_start
        healthy || die "安装已完成，但服务没有通过检查，原因见上。处理后运行 systemctl start xiaozhengd，或重新运行 install.sh。"
    fi
    drop_old_versions
    announce
}

rollback() {
    local before backup now
    [ -s "$state" ] || die "没有可以退回的版本。"
    before=$(field previous "$state") backup=$(field backup "$state") now=$(current_version)
    [ -x "$prefix/$before/bin/xiaozhengd" ] || die "上一版本 $before 的程序已不在 $prefix。"
    step "从 $now 退回 $before"
    if $keep_data; then
        say "只换程序，数据不动（旧程序打不开新格式的数据时会失败，那时请不加 --keep-data 再运行一次）。"
    else
        say "数据恢复为升级前的备份 $backup；升级之后新写入的内容不再生效，但保留在 $data/xiaozheng.db.before-restore-… 中。"
    fi
    if $dry; then return 0; fi
    confirm "继续吗？"
    go_back "$before" "$backup" || die "退回后服务没有通过检查，原因见上。"
    rm -f "$state"
    say "已退回 $before。"
}

renew_cert() {
    step "换发证书"
    check_cert
    if $dry; then return 0; fi
    write_cert renew
    quietly nginx -t
    edge_start
    say "已换用新证书，有效期至 $(openssl x509 -in "$settings/tls/server.crt" -noout -enddate | cut -d= -f2)。"
}

uninstall() {
    step "卸载"
    if $purge; then
        say "将删除程序、设置、证书，以及全部数据 $data 和备份 $backups。"
    else
        say "将删除程序与服务；保留数据 $data、设置 $settings、备份 $backups。系统软件包不动。"
    fi
    if $dry; then return 0; fi
    confirm "继续吗？"
    service_stop
    if [ "$systemd" = yes ]; then
        systemctl -q disable --now xiaozheng-backup.timer xiaozhengd.service 2>/dev/null || true
        rm -f /etc/systemd/system/xiaozheng{d.service,-backup.service,-backup.timer}
        systemctl daemon-reload
    fi
    rm -f /etc/nginx/sites-enabled/xiaozheng /etc/nginx/sites-available/xiaozheng \
        /etc/logrotate.d/xiaozheng /usr/local/bin/xiaozheng
    if [ -s /run/nginx.pid ] || [ "$systemd" = yes ]; then edge_start || true; fi
    rm -rf "$prefix" /run/xiaozheng
    if $purge; then
        rm -rf "$data" "$settings" "$backups" "$logs"
        if getent passwd "$user" >/dev/null; then userdel "$user" 2>/dev/null || true; fi
    fi
    say "已卸载。"
}

read_arguments "$@"
[ "$action" = status ] || [ "$(id -u)" -eq 0 ] || die "请以 root 运行（sudo ./install.sh）。"
settle_options
case $action in
install) install_all ;;
rollback) rollback ;;
cert) renew_cert ;;
uninstall) uninstall ;;
start)
    service_start
    healthy
    ;;
stop) service_stop ;;
status)
    if service_running; then
        say "运行中：$(current_version)"
    else
        say "没有运行"
        exit 3
    fi
    ;;
esac
