/* Every setting, one row each. */
#ifndef XZ_CORE_CONFIG_ROWS_H
#define XZ_CORE_CONFIG_ROWS_H

/* id, key, type (INT | STR | BOOL), default (text), min, max (INT; STR: max bytes), unit, help */
#define XZ_CONFIG_ROWS(ROW)                                                                        \
    ROW(NET_ADDRESS, "net.address", STR, "127.0.0.1", 0, 255, "",                                  \
        "监听地址；对外服务由前置 nginx 承担，通常保持回环地址")                                   \
    ROW(NET_PORT, "net.port", INT, "8012", 0, 65535, "", "监听端口；0 表示由系统分配")             \
    ROW(NET_LOOPS, "net.loops", INT, "1", 1, 64, "个", "网络循环线程数")                           \
    ROW(NET_WORKERS, "net.workers", INT, "0", 0, 256, "个", "处理线程数；0 表示按处理器核数")      \
    ROW(NET_CONNECTIONS, "net.connections_max", INT, "20000", 16, 1000000, "个", "最大连接数")     \
    ROW(NET_HEAD_BYTES, "net.head_bytes_max", INT, "16384", 1024, 65536, "字节", "请求头上限")     \
    ROW(NET_HEAD_MS, "net.head_timeout_ms", INT, "10000", 100, 600000, "毫秒", "收完请求头的时限") \
    ROW(NET_BODY_MS, "net.body_timeout_ms", INT, "60000", 100, 3600000, "毫秒",                    \
        "收完请求体的时限")                                                                        \
    ROW(NET_IDLE_MS, "net.idle_timeout_ms", INT, "75000", 100, 3600000, "毫秒",                    \
        "空闲长连接保留时间")                                                                      \
    ROW(NET_WRITE_MS, "net.write_timeout_ms", INT, "60000", 100, 3600000, "毫秒",                  \
        "对方不读取时的最长等待")                                                                  \
    ROW(NET_DRAIN_MS, "net.drain_timeout_ms", INT, "10000", 0, 600000, "毫秒",                     \
        "停机时等待在办请求的时限")                                                                \
    ROW(NET_STREAM_BYTES, "net.stream_bytes_max", INT, "262144", 16384, 16777216, "字节",          \
        "单个事件流待发送数据上限")                                                                \
    ROW(NET_HEARTBEAT_MS, "net.heartbeat_ms", INT, "15000", 100, 600000, "毫秒", "事件流心跳间隔") \
    ROW(NET_RATE, "net.rate_per_minute", INT, "0", 0, 1000000, "次/分",                            \
        "单个来源地址的提问频次上限（按路由倍率折算）；0 表示不限（由前置 nginx 限制）")           \
    ROW(DATA_DIR, "data.dir", STR, "", 0, 4000, "", "数据目录")                                    \
    ROW(WEB_DIR, "web.dir", STR, "", 0, 4000, "", "网页文件目录；空表示程序旁的 web")              \
    ROW(STORE_READERS, "store.readers", INT, "8", 1, 256, "个", "数据库读连接数")                  \
    ROW(STORE_BATCH, "store.batch_max", INT, "512", 1, 65536, "条", "一次提交最多合并的写入")      \
    ROW(STORE_QUEUE, "store.queue_max", INT, "65536", 16, 1000000, "条", "等待写入的上限")         \
    ROW(IMPORT_FILE_BYTES, "import.file_bytes_max", INT, "209715200", 1024, 4294967296, "字节",    \
        "单个导入文件上限")                                                                        \
    ROW(IMPORT_FILE_MS, "import.file_timeout_ms", INT, "60000", 100, 3600000, "毫秒",              \
        "单个文件拆解时限")                                                                        \
    ROW(IMPORT_MEMORY_BYTES, "import.memory_bytes_max", INT, "536870912", 16777216, 17179869184,   \
        "字节", "拆解进程内存上限")                                                                \
    ROW(IMPORT_TOOL_MS, "import.tool_timeout_ms", INT, "1500000", 1000, 86400000, "毫秒",          \
        "单个 PDF、图片或旧格式文件的转换和识别时限")                                              \
    ROW(IMPORT_PDF_PAGES, "import.pdf_pages_max", INT, "2000", 1, 20000, "页",                     \
        "单个 PDF 的页数上限")                                                                     \
    ROW(IMPORT_SCANNED_PAGES, "import.scanned_pages_max", INT, "300", 1, 20000, "页",              \
        "单个 PDF 中需要识别的扫描页上限")                                                         \
    ROW(SITE_REGION, "site.region", STR, "", 0, 12, "", "本地区划代码；空表示取数据中的站点设置")  \
    ROW(QA_THRESHOLD, "qa.reviewed_threshold_permille", INT, "750", 0, 1000, "千分",               \
        "采用已审答复的最低把握")                                                                  \
    ROW(QA_SEMANTIC, "qa.semantic", BOOL, "true", 0, 0, "",                                        \
        "按意思匹配问题（用随程序安装的小型语义模型）；关闭后只按字词匹配")                        \
    ROW(QA_QUESTION_CHARS, "qa.question_chars_max", INT, "500", 10, 10000, "字", "提问字数上限")   \
    ROW(BACKUP_DIR, "backup.dir", STR, "", 0, 4000, "",                                            \
        "备份的默认位置；空表示数据目录下的 backup")                                               \
    ROW(DOCTOR_DISK_MB, "doctor.disk_free_mb", INT, "2048", 1, 1000000000, "MB",                   \
        "体检：磁盘剩余少于此数即提醒，少于其四分之一为故障")                                      \
    ROW(DOCTOR_MEMORY_MB, "doctor.memory_mb", INT, "900", 1, 100000000, "MB",                      \
        "体检：内存少于此数即提醒")                                                                \
    ROW(DOCTOR_BACKUP_DAYS, "doctor.backup_days", INT, "7", 1, 3650, "天",                         \
        "体检：最近的备份早于此即提醒")                                                            \
    ROW(DOCTOR_CERT_DAYS, "doctor.certificate_days", INT, "30", 1, 3650, "天",                     \
        "体检：证书在此期限内到期即提醒")                                                          \
    ROW(DOCTOR_NGINX, "doctor.nginx_dir", STR, "/etc/nginx", 1, 4000, "",                          \
        "体检：前置 nginx 的设置目录")                                                             \
    ROW(SPEECH_PROGRAM, "speech.program", STR, "espeak-ng", 0, 4000, "",                           \
        "朗读程序 espeak-ng 的名称或路径；空表示不提供朗读")                                       \
    ROW(SPEECH_MS, "speech.timeout_ms", INT, "10000", 100, 60000, "毫秒", "朗读一次答复的时限")    \
    ROW(LOG_LEVEL, "log.level", STR, "info", 0, 8, "", "日志级别：debug、info、warn、error")

#endif
