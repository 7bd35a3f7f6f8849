/* The doctor's look at how people get here: the server's port, and the nginx before it with its
 * certificate. nginx's settings are read as text: whoever runs this need not be root. */
#include "app/cli/cli_doctor_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glob.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"

#define CONF_BYTES_MAX ((size_t)MIB(1))
#define DAY_S          86400

/* --- the server --- */

static int64_t lock_holder(struct doctor *d)
{
    struct xz_buf text;
    int64_t pid = 0;
    xz_buf_init(&text, 64);
    if (xz_file_read(doctor_path(d, "lock").ptr, &text) != XZ_OK ||
        !xz_str_to_int(xz_str_trim(xz_buf_str(&text)), &pid))
        pid = 0;
    xz_buf_fini(&text);
    return pid;
}

/* 0: somebody answers; else errno. */
static int port_try(const struct doctor *d, bool bind_it)
{
    struct sockaddr_in to = { .sin_family = AF_INET };
    xz_str address = xz_config_str(d->cli->app.config, XZ_CFG_NET_ADDRESS);
    struct timeval limit = { .tv_sec = 3 };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, bad;

    to.sin_port = htons((uint16_t)doctor_setting(d, XZ_CFG_NET_PORT));
    if (fd < 0 || inet_pton(AF_INET, xz_str_cstr(d->arena, address), &to.sin_addr) != 1) {
        bad = fd < 0 ? errno : EAFNOSUPPORT;
    } else if (bind_it) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        bad = bind(fd, (struct sockaddr *)&to, sizeof(to)) == 0 ? 0 : errno;
    } else {
        if (to.sin_addr.s_addr == htonl(INADDR_ANY))
            to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
        bad = connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 ? 0 : errno;
    }
    if (fd >= 0)
        close(fd);
    return bad;
}

static void say_stopped(struct doctor *d)
{
    static const char start[] =
        "启动服务：systemctl start xiaozhengd；起不来时看日志：journalctl -u "
        "xiaozhengd -n 50。";
    long long port = (long long)doctor_setting(d, XZ_CFG_NET_PORT);
    if (port_try(d, true) == EADDRINUSE)
        doctor_sayf(d, DOCTOR_FAULT,
                    "ss -ltnp 查看是哪个程序；停用它，或用设置 net.port 给小政换一个端口"
                    "（前置 nginx 中的端口同时改，重新运行 install.sh --port 最省事）。",
                    "服务没有运行，而端口 %lld 被别的程序占用。", port);
    else
        doctor_say(d, DOCTOR_FAULT, XZ_STR("服务没有运行。"), start);
}

void doctor_service(struct doctor *d)
{
    long long port = (long long)doctor_setting(d, XZ_CFG_NET_PORT);
    xz_err err;

    if (!d->has_folder)
        return;
    err = cli_server_find(d->cli);
    d->server_pid = lock_holder(d);
    if (err == XZ_E_MISSING) {
        say_stopped(d);
        return;
    }
    d->has_server = true;
    d->is_starting = err != XZ_OK;
    if (err == XZ_E_DENIED)
        doctor_sayf(d, DOCTOR_FAULT, "以运行服务的用户执行：sudo -u xiaozheng xiaozheng doctor。",
                    "当前用户不能与服务通话：%s", xz_fail_detail());
    else if (err != XZ_OK)
        doctor_sayf(d, DOCTOR_FAULT,
                    "刚启动时请稍候再查；一直如此时看日志：journalctl -u xiaozhengd -n "
                    "50，必要时重启服务。",
                    "服务在运行，但还不能受理请求：%s", xz_fail_detail());
    else if (port && port_try(d, false) != 0)
        doctor_sayf(d, DOCTOR_FAULT,
                    "核对设置 net.address、net.port 与启动服务时的选项是否一致，然后重启服务。",
                    "服务在运行，但端口 %lld 无人应答，网页打不开。", port);
    else
        doctor_sayf(d, DOCTOR_GOOD, NULL, "服务在运行，端口 %lld 有应答。", port);
}

/* --- nginx --- */

struct edge {
    struct doctor *d;
    xz_str port_text; /* ":8012" */
    size_t sites;
};

/* The lines that are not comments. */
static xz_str conf_read(struct doctor *d, const char *path)
{
    struct xz_buf text;
    xz_str kept = XZ_STR_NONE;

    xz_buf_init(&text, CONF_BYTES_MAX);
    if (xz_file_read(path, &text) == XZ_OK) {
        xz_str rest = xz_buf_str(&text);
        struct xz_buf lines;
        xz_buf_init(&lines, CONF_BYTES_MAX);
        while (rest.len) {
            xz_str line = xz_str_trim(xz_str_cut(&rest, '\n'));
            if (line.len && line.ptr[0] != '#') {
                xz_buf_add(&lines, line);
                xz_buf_add_char(&lines, '\n');
            }
        }
        kept = xz_str_copy(d->arena, xz_buf_str(&lines));
        xz_buf_fini(&lines);
    }
    xz_buf_fini(&text);
    return kept;
}

/* Whether some line begins with `name` and holds `needle`; its value goes to *value. */
static bool conf_find(xz_str conf, const char *name, xz_str needle, xz_str *value)
{
    while (conf.len) {
        xz_str line = xz_str_cut(&conf, '\n');
        if (!xz_str_starts(line, xz_str_from(name)) || xz_str_find(line, needle) == XZ_STR_NPOS)
            continue;
        xz_str rest = xz_str_trim(xz_str_sub(line, strlen(name), line.len));
        if (value)
            *value = xz_str_trim(xz_str_cut(&rest, ';'));
        return true;
    }
    return false;
}

static bool certificate_end(const char *path, int64_t *days)
{
    FILE *file = fopen(path, "re");
    X509 *certificate = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
    int whole = 0, seconds = 0;
    bool ok = certificate &&
              ASN1_TIME_diff(&whole, &seconds, NULL, X509_get0_notAfter(certificate)) == 1;
    *days = seconds < 0 && whole == 0 ? -1 : whole;
    X509_free(certificate);
    if (file)
        fclose(file);
    return ok;
}

static void certificate_judge(struct doctor *d, const char *path)
{
    static const char how[] =
        "换发证书：/opt/xiaozheng/current/deploy/install.sh cert（自有根证书），"
        "或加 --cert 证书 --key 私钥换成新领的证书。";
    int64_t days;
    if (!certificate_end(path, &days))
        doctor_sayf(d, DOCTOR_WARNING, "核对该文件是否存在、是否为 PEM 格式、权限是否为 0644。",
                    "证书 %s 读不出来。", path);
    else if (days < 0)
        doctor_sayf(d, DOCTOR_FAULT, how, "证书 %s 已过期 %lld 天，浏览器会拒绝访问。", path,
                    (long long)-days);
    else if (days < doctor_setting(d, XZ_CFG_DOCTOR_CERT_DAYS))
        doctor_sayf(d, DOCTOR_WARNING, how, "证书 %s 还有 %lld 天到期。", path, (long long)days);
    else
        doctor_sayf(d, DOCTOR_GOOD, NULL, "证书 %s 还有 %lld 天到期。", path, (long long)days);
}

static void site_look(struct edge *edge, const char *path)
{
    struct doctor *d = edge->d;
    xz_str conf = conf_read(d, path), certificate;
    bool to_us = conf_find(conf, "proxy_pass", edge->port_text, NULL) ||
                 (conf_find(conf, "server ", edge->port_text, NULL) &&
                  conf_find(conf, "proxy_pass", XZ_STR("http"), NULL));
    if (!to_us)
        return;
    edge->sites++;
    if (conf_find(conf, "proxy_set_header", XZ_STR("X-Real-IP"), NULL))
        doctor_sayf(d, DOCTOR_GOOD, NULL, "%s 把请求转给本服务，并传来了来源地址。", path);
    else
        doctor_sayf(d, DOCTOR_WARNING,
                    "在该文件的 server 段加一行：proxy_set_header X-Real-IP $remote_addr; 然后 "
                    "systemctl reload nginx。",
                    "%s 没有传来源地址，所有访问者会被当作同一个人计数、限流。", path);
    if (conf_find(conf, "ssl_certificate ", XZ_STR_NONE, &certificate))
        certificate_judge(d, xz_str_cstr(d->arena, certificate));
    else
        doctor_sayf(d, DOCTOR_WARNING,
                    "群众的提问应经 HTTPS 传送：用 install.sh 配置，或在该站点中启用 ssl。",
                    "%s 没有启用 HTTPS。", path);
}

void doctor_nginx(struct doctor *d)
{
    static const char *const places[] = { "sites-enabled/*", "conf.d/*.conf" };
    xz_str folder = xz_config_str(d->cli->app.config, XZ_CFG_DOCTOR_NGINX);
    struct edge edge = { .d = d };

    edge.port_text = xz_str_format(d->arena, ":%lld",
                                   (long long)doctor_setting(d, XZ_CFG_NET_PORT));
    for (size_t i = 0; i < XZ_COUNT(places); i++) {
        glob_t found;
        xz_str pattern = xz_path_join(d->arena, folder, xz_str_from(places[i]));
        if (glob(pattern.ptr, 0, NULL, &found) == 0)
            for (size_t j = 0; j < found.gl_pathc; j++)
                site_look(&edge, found.gl_pathv[j]);
        globfree(&found);
    }
    if (!edge.sites)
        doctor_sayf(
            d, DOCTOR_NOTE,
            "供群众使用时由 nginx 对外提供 HTTPS，用 install.sh 安装即配好；仅在本机试用可不理。",
            "%s 中没有把请求转给端口 %lld 的站点。", xz_str_cstr(d->arena, folder),
            (long long)doctor_setting(d, XZ_CFG_NET_PORT));
}
