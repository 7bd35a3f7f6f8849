#!/bin/bash
# What a stranger does with the package, in a bare Debian 12 without a network: the commands of
# docs/INSTALL.md (blocks/NAME.sh, cut out of it word for word), and after each what must hold.
# Run by script/package-test in a root, network, mount and process namespace of its own. Folders
# beside it: previous/ new/ broken/ (each an archive and its .sha256).
set -u
here=/srv/test
passed=0 failed=0
ca=/etc/xiaozheng/tls/ca.crt
site=https://localhost

title() { printf '\n######## %s\n' "$*"; }

# Runs one block of the manual as it stands, line by line as typed; "y" answers its questions.
manual() {
    printf '\n'
    sed 's/^/# /' "$here/blocks/$1.sh"
    # shellcheck disable=SC1090
    source "$here/blocks/$1.sh" < <(yes y)
    code=$?
    return $code
}

ok() {
    local what=$1
    shift
    if "$@" >/tmp/said 2>&1; then
        passed=$((passed + 1))
        printf '  good: %s\n' "$what"
    else
        failed=$((failed + 1))
        printf '  BAD:  %s\n' "$what"
        sed 's/^/        /' /tmp/said | head -n 20
    fi
}
not() { ! "$@"; }
has() { grep -qF -- "$1" "$2"; }
says() { # TEXT COMMAND...
    local text=$1
    shift
    "$@" 2>&1 | tee /tmp/said_all | grep -qF -- "$text" || { cat /tmp/said_all && return 1; }
}
version() { basename "$(readlink /opt/xiaozheng/current)"; }
web() { curl -sS --max-time 20 --cacert "$ca" "$@"; }
status_of() { curl -sk -o /dev/null -w '%{http_code}' --max-time 20 "$@"; }
asked() {
    web "$site/api/ask" -H 'Content-Type: application/json' -H 'Accept: application/json' \
        -d "{\"question\":\"$1\"}"
}
turn_of() { sed -n 's/.*"turn":\([0-9]*\).*/\1/p'; }
dialogue_of() { sed -n 's/.*"dialogue":"\([0-9a-f]*\)".*/\1/p'; }
# A recorded turn is put together again from what the database holds.
turn_there() { # TURN DIALOGUE
    web -N --max-time 5 "$site/api/turns/$1/events?dialogue=$2" 2>/dev/null | grep -q '^event: done'
}
place() { rm -rf /srv/carry && mkdir -p /srv/carry && cp "$here/$1"/* /srv/carry/ && cd /srv/carry; }
entries() { xiaozheng status --json | sed -n 's/.*"entries":{"total":\([0-9]*\).*/\1/p'; }

previous=$(cat "$here/previous.version") new=$(cat "$here/new.version")

title "没有网络，也没有前置软件"
ok "there is no route out" not grep -qv '^Iface' /proc/net/route
ok "no name can be looked up" not getent hosts deb.debian.org
for tool in nginx curl openssl pdftotext tesseract; do
    ok "no $tool yet" not command -v $tool
done

title "安装（上一版本 $previous）"
place previous
manual 核对
ok "the archive is whole" test "$code" -eq 0
manual 演练
ok "the rehearsal says what will be done" test "$code" -eq 0
ok "the rehearsal changed nothing" not test -e /opt/xiaozheng -o -e /etc/xiaozheng
ok "the rehearsal installed nothing" not command -v nginx
cp app/bin/xz-parse /tmp/kept
printf x >>app/bin/xz-parse
ok "a damaged package is refused" not ./install.sh --yes
cp /tmp/kept app/bin/xz-parse
manual 安装
ok "installed" test "$code" -eq 0
ok "it is the version of the package" test "$(version)" = "$previous"
manual 试问 >/tmp/reply
code=$?
head -n 6 /tmp/reply
ok "it answers on the command line" has 补领社保卡 /tmp/reply
manual 网上试问 >/tmp/reply
cut -c1-160 /tmp/reply
ok "it answers over HTTPS, checked against its own authority" has '"kind":"reviewed"' /tmp/reply
manual 导入 >/tmp/reply 2>&1
grep -vE '^[0-9]+/' /tmp/reply | head -n 30
ok "importing again changes nothing" has '未变化' /tmp/reply

title "装好之后是什么样"
ok "the service is not root" test "$(stat -c %U "/proc/$(cat /run/xiaozheng/xiaozhengd.pid)")" = xiaozheng
ok "the data folder is its own" test "$(stat -c '%U %a' /var/lib/xiaozheng)" = "xiaozheng 700"
ok "keys are closed" test "$(stat -c '%U %a' /etc/xiaozheng/tls/server.key /etc/xiaozheng/tls/ca.key | sort -u)" = "root 600"
ok "only loopback is listened on by the program" not sh -c \
    "ss -ltnH | awk '{ print \$4 }' | grep ':8012' | grep -v '^127\.0\.0\.1:'"
ok "HTTP leads to HTTPS" test "$(status_of http://localhost/)" = 301
ok "the authority's certificate can be fetched" says 'BEGIN CERTIFICATE' curl -s http://localhost/xiaozheng-ca.crt
ok "HTTP/2" says 'HTTP/2 200' curl -sI --cacert $ca $site/
ok "TLS 1.3" sh -c "openssl s_client -connect localhost:443 -tls1_3 </dev/null 2>/dev/null | grep -q 'TLSv1.3'"
ok "TLS 1.1 is refused" not sh -c "openssl s_client -connect localhost:443 -tls1_1 -cipher ALL:@SECLEVEL=0 </dev/null 2>/dev/null | grep -q 'Cipher is [A-Z]'"
ok "the page comes compressed" says 'content-encoding: br' curl -sI --cacert $ca -H 'Accept-Encoding: br' $site/
ok "figures are given here" says xz_http_requests_total curl -s --cacert $ca $site/metrics
ip addr add 10.9.9.9/32 dev lo
ok "figures are refused to others" test "$(status_of --interface 10.9.9.9 https://10.9.9.9/metrics)" = 403
ok "the operator's routes are refused over the web" test "$(status_of $site/api/status)" = 403
ok "an event stream comes through" says 'event: done' web -N "$site/api/ask" -H 'Content-Type: application/json' -d '{"question":"社保卡丢了怎么补办"}'
ok "the log keeps paths, not questions" not grep -rq 社保 /var/log/xiaozheng/access.log
ok "a flood is slowed down in words" sh -c "for i in \$(seq 400); do echo url=$site/api/openapi.json; echo 'output=/dev/null'; done >/tmp/urls;
    curl -s --cacert $ca --parallel --parallel-max 50 -w '%{http_code}\n' -K /tmp/urls | grep -q 429"
sleep 6
cp /var/lib/xiaozheng/xiaozheng.db /tmp/ 2>/dev/null
reply=$(asked 高龄津贴每个月多少钱)
turn=$(turn_of <<<"$reply") dialogue=$(dialogue_of <<<"$reply")
ok "a turn is recorded" turn_there "$turn" "$dialogue"
before=$(entries)
ok "there is knowledge" test "${before:-0}" -gt 100
sed -i 's/^qa.question_chars_max =.*/qa.question_chars_max = 321/' /etc/xiaozheng/xiaozheng.conf
print_ca=$(sha256sum <$ca)

title "升级不成功：自动退回"
place broken
tar -xzf xiaozheng-*.tar.gz
cd xiaozheng-*/ || exit 1
./install.sh --yes
code=$?
ok "the upgrade is reported as failed" test $code -ne 0
ok "the previous version is back" test "$(version)" = "$previous"
ok "it answers" says '"kind":"reviewed"' asked 社保卡丢了怎么补办
ok "knowledge is as it was" test "$(entries)" = "$before"
ok "the turn is still there" turn_there "$turn" "$dialogue"
ok "the data are whole" says 完好 xiaozheng verify

title "升级到 $new"
place new
manual 升级
ok "upgraded" test "$code" -eq 0
ok "it is the new version" test "$(version)" = "$new"
ok "the server says so too" says "\"version\":\"$new\"" xiaozheng status --json
ok "settings are kept" has 'qa.question_chars_max = 321' /etc/xiaozheng/xiaozheng.conf
ok "the authority is kept" test "$(sha256sum <$ca)" = "$print_ca"
ok "knowledge is as it was" test "$(entries)" = "$before"
ok "the turn is still there" turn_there "$turn" "$dialogue"
ok "it answers" says '"kind":"reviewed"' asked 社保卡丢了怎么补办
ok "the data are whole" says 完好 xiaozheng verify
ok "a backup was made first" test -s "$(echo /var/backups/xiaozheng/before-"$new"-[0-9]*/manifest.json)"
manual 体检
ok "the doctor runs and finds no fault" test "$code" -le 1
reply=$(asked 高龄津贴每个月多少钱)
late_turn=$(turn_of <<<"$reply") late_dialogue=$(dialogue_of <<<"$reply")
ok "a later turn is recorded" turn_there "$late_turn" "$late_dialogue"

title "同一版本再装一次"
./install.sh --yes >/tmp/reply 2>&1
ok "installing again is fine" test $? -eq 0
ok "no package is installed twice" has 都已安装 /tmp/reply
ok "the later turn is still there" turn_there "$late_turn" "$late_dialogue"

title "每日备份，停机时的页面，证书"
ok "the daily backup" says 备份已完成 setpriv --reuid=xiaozheng --regid=xiaozheng --init-groups /opt/xiaozheng/current/deploy/backup.sh 2
ok "logs are rotated" logrotate -f /etc/logrotate.d/xiaozheng
sleep 1
web -o /tmp/page $site/
ok "and written on" test -s /var/log/xiaozheng/access.log
ok "the old ones are kept" test -s /var/log/xiaozheng/access.log.1
/opt/xiaozheng/current/deploy/install.sh stop
ok "programs are told that it is down" test "$(status_of $site/api/site)" = 503
ok "people are told that it is down" says 系统正在维护 web -H 'Accept: text/html' $site/
/opt/xiaozheng/current/deploy/install.sh start
ok "it is up again" says ready web $site/readyz
serial() { openssl s_client -connect localhost:443 </dev/null 2>/dev/null | openssl x509 -noout -serial; }
old_serial=$(serial)
manual 换证书
ok "a new certificate is shown" not test "$(serial)" = "$old_serial"
ok "the old authority still vouches for it" says ready web $site/readyz
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -keyout /tmp/given.key -out /tmp/given.crt 2>/dev/null
ok "a certificate without its key is refused" not /opt/xiaozheng/current/deploy/install.sh cert --yes --cert /tmp/given.crt --key /etc/xiaozheng/tls/ca.key
ok "a given certificate is taken" /opt/xiaozheng/current/deploy/install.sh cert --yes --cert /tmp/given.crt --key /tmp/given.key
ok "and shown" says ready curl -sS --retry 5 --retry-all-errors --retry-delay 1 --cacert /tmp/given.crt $site/readyz
/opt/xiaozheng/current/deploy/install.sh cert >/dev/null

title "退回上一版本"
manual 退回
ok "rolled back" test "$code" -eq 0
ok "it is the previous version" test "$(version)" = "$previous"
ok "the turn from before the upgrade is there" turn_there "$turn" "$dialogue"
ok "the turn from after it is not" not turn_there "$late_turn" "$late_dialogue"
ok "it answers" says '"kind":"reviewed"' asked 社保卡丢了怎么补办
ok "the data are whole" says 完好 xiaozheng verify

title "卸载，重装，彻底卸载"
manual 卸载
ok "uninstalled" test "$code" -eq 0
ok "nothing runs" not ss -ltnH 'sport = :8012' '|' grep -q 8012
ok "the program is gone" not test -e /opt/xiaozheng
ok "the data are kept" test -s /var/lib/xiaozheng/xiaozheng.db
cd /srv/carry/xiaozheng-*/ || exit 1
./install.sh --yes >/tmp/reply 2>&1
ok "installed again on the old data" test $? -eq 0
ok "knowledge is as it was" test "$(entries)" = "$before"
ok "the turn is still there" turn_there "$turn" "$dialogue"
manual 彻底卸载
ok "all of it is gone" not test -e /opt/xiaozheng -o -e /var/lib/xiaozheng -o -e /etc/xiaozheng -o -e /var/backups/xiaozheng
ok "the user is gone" not getent passwd xiaozheng
nginx -s stop 2>/dev/null

printf '\n%d passed, %d failed\n' $passed $failed
[ $failed -eq 0 ]
