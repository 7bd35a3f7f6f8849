#!/bin/bash
# The same package on a Debian 12 that systemd runs: the hardened unit, its timer, a restart of the
# machine. Started by a unit of script/package-test's own; what it finds goes to /srv/test/said.
set -u
here=/srv/test
said=$here/said
export HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

ok() {
    local what=$1
    shift
    if "$@" >/run/said 2>&1; then
        printf '  good: %s\n' "$what"
    else
        printf '  BAD:  %s\n' "$what"
        sed 's/^/        /' /run/said | tail -n 20
    fi
}
not() { ! "$@"; }
shows() { # TEXT COMMAND...
    local text=$1
    shift
    "$@" 2>&1 | tee /run/shown | grep -q -- "$text" || { cat /run/shown && return 1; }
}
of_process() { grep -qE "$1" "/proc/$(systemctl show -P MainPID xiaozhengd)/status"; }

first_start() {
    printf '\n######## systemd\n'
    cd $here/new && tar -xzf xiaozheng-*.tar.gz && cd xiaozheng-*/ || exit 1
    ok "installed" ./install.sh --yes --sample
    ok "systemd runs it" systemctl is-active xiaozhengd nginx
    ok "it starts with the machine" systemctl is-enabled xiaozhengd nginx xiaozheng-backup.timer
    ok "the timer of the backup waits" systemctl is-active xiaozheng-backup.timer
    ok "nothing of systemd's was refused by it" not shows 'Unknown\|ignoring' journalctl -b -u xiaozhengd -u init.scope --no-pager
    ok "it has no rights" of_process '^CapEff:\s+0000000000000000$'
    ok "it can get none" of_process '^NoNewPrivs:\s+1$'
    ok "its system calls are filtered" of_process '^Seccomp:\s+2$'
    ok "the rest of the machine is read-only to it" not nsenter -m -t "$(systemctl show -P MainPID xiaozhengd)" touch /etc/try
    ok "it asks nobody outside" shows '127.0.0' systemctl show -P IPAddressAllow xiaozhengd
    ok "exposure is low" shows 'level.* [01]\.[0-9] OK' systemd-analyze security xiaozhengd --no-pager
    ok "it answers" shows 补领社保卡 xiaozheng ask 社保卡丢了怎么补办
    cp $here/notice.pdf /root/notice.pdf
    ok "files are taken apart inside it, by outside tools too" shows '新导入 1' xiaozheng import /root/notice.pdf
    ok "and are found" shows 三元 xiaozheng ask 安澜市临时停车收费管理办法第二条
    ok "the daily backup runs" systemctl start xiaozheng-backup.service
    ok "and left a backup" sh -c 'ls -d /var/backups/xiaozheng/daily-*'
    ok "no fault is found" sh -c 'xiaozheng doctor; [ $? -le 1 ]'
    ok "a crash is mended" sh -c 'kill -KILL $(systemctl show -P MainPID xiaozhengd); sleep 5; systemctl is-active xiaozhengd'
    ok "it answers again" shows 补领社保卡 xiaozheng ask 社保卡丢了怎么补办
}

second_start() {
    ok "after a restart of the machine it runs" systemctl is-active xiaozhengd nginx
    ok "and answers over HTTPS" shows ready curl -s --retry 5 --retry-all-errors --cacert /etc/xiaozheng/tls/ca.crt https://localhost/readyz
    ok "uninstalled" /opt/xiaozheng/current/deploy/install.sh uninstall --yes --purge
    ok "no unit is left" not systemctl cat xiaozhengd
}

if [ -e $here/started ]; then
    second_start >>$said 2>&1
    touch $here/done
    systemctl poweroff
else
    touch $here/started
    first_start >>$said 2>&1
    systemctl reboot
fi
