#!/bin/bash
# 每日备份：在线备份到 /var/backups/xiaozheng/daily-时间，只保留最近的若干份。由 systemd 定时执行，也可手工执行。
#
#   backup.sh [保留份数，默认 14]

set -euo pipefail
keep=${1:-14}
folder=/var/backups/xiaozheng
here=$(cd "$(dirname "$0")/.." && pwd)
[[ $keep =~ ^[1-9][0-9]*$ ]] || { echo "保留份数应为正整数：$keep" >&2; exit 2; }

"$here/bin/xiaozheng" backup "$folder/daily-$(date +%Y%m%d-%H%M%S)" \
    --config /etc/xiaozheng/xiaozheng.conf

# 新的一份已经写成并核对，此时才清理旧的。
mapfile -t old < <(find "$folder" -maxdepth 1 -type d -name 'daily-*' | sort -r | tail -n +$((keep + 1)))
for one in ${old[@]+"${old[@]}"}; do
    rm -rf -- "$one"
    echo "已清理旧备份 $one"
done
