/* Reading an answer aloud: espeak-ng as a child that sees the text on its standard input and
 * nothing else of ours, for a bounded time, and never more than two at once. Its threads are its
 * own: no worker and no writer waits for it. */
#include "qa/qa_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/pool.h"
#include "text/text.h"

#define SPEAKERS_MAX   2
#define CHARS_MAX      2000
#define WAV_BYTES_MAX  ((size_t)MIB(16))
#define MEMORY_BYTES   ((rlim_t)MIB(512))
#define LOOK_MS        100 /* how often it is asked whether anybody still listens */
#define READ_BYTES     ((size_t)KIB(64))
#define WAV_HEAD_BYTES 44

struct qa_speech {
    char *program;
    int64_t timeout_us;
    struct xz_pool *pool;
    _Atomic int running;
};

struct speech_job {
    struct qa_speech *speech;
    char *text;
    size_t text_len;
    bool (*stop)(void *arg);
    xz_speech_done done;
    void *arg;
    pid_t pid;
    int64_t deadline_us;
};

struct qa_speech *qa_speech_create(xz_str program, int64_t timeout_ms)
{
    if (!program.len)
        return NULL;
    struct qa_speech *speech = XZ_ALLOC(struct qa_speech, 1);
    speech->program = xz_alloc(program.len + 1, 1);
    memcpy(speech->program, program.ptr, program.len);
    speech->timeout_us = timeout_ms * 1000;
    speech->pool = xz_pool_create("xz-speech", SPEAKERS_MAX, SPEAKERS_MAX);
    return speech;
}

void qa_speech_destroy(struct qa_speech *speech)
{
    if (!speech)
        return;
    xz_pool_destroy(speech->pool);
    xz_free(speech->program);
    xz_free(speech);
}

static xz_err not_here(void)
{
    return xz_fail(XZ_E_BUSY, "本平台没有安装朗读程序，请使用设备自带的朗读功能。");
}

/* The text on 0, the sound on 1, no other descriptors. */
static int files_prepare(posix_spawn_file_actions_t *files, int text, int sound)
{
    int bad = posix_spawn_file_actions_adddup2(files, text, STDIN_FILENO);
    if (!bad)
        bad = posix_spawn_file_actions_adddup2(files, sound, STDOUT_FILENO);
    if (!bad)
        bad = posix_spawn_file_actions_addopen(files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    return bad ? bad : posix_spawn_file_actions_addclosefrom_np(files, 3);
}

static xz_err child_start(struct speech_job *job, int text, int sound)
{
    char *env[] = { "LANG=C.UTF-8", "PATH=/usr/bin:/bin", NULL };
    char *argv[] = { job->speech->program, "-v", "cmn-latn-pinyin", "--stdin", "--stdout", NULL };
    const struct rlimit memory = { MEMORY_BYTES, MEMORY_BYTES };
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;

    sigemptyset(&none);
    sigfillset(&defaults);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawn_file_actions_init(&files);
    int bad = files_prepare(&files, text, sound);
    if (!bad)
        bad = posix_spawnp(&job->pid, job->speech->program, &files, &attributes, argv, env);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    if (bad)
        return not_here();
    (void)prlimit(job->pid, RLIMIT_AS, &memory, NULL);
    return XZ_OK;
}

/* All of the sound; too long a one ends at the limit. */
static xz_err sound_read(const struct speech_job *job, int from, struct xz_buf *wav)
{
    for (;;) {
        struct pollfd ready = { from, POLLIN, 0 };
        int count = poll(&ready, 1, LOOK_MS);
        if (job->stop && job->stop(job->arg))
            return xz_fail(XZ_E_STATE, "请求已取消。");
        if (xz_time_monotonic_us() > job->deadline_us)
            return xz_fail(XZ_E_BUSY, "朗读用时过长，已停止，请稍后再试。");
        if (count <= 0)
            continue;
        if (wav->len + READ_BYTES > WAV_BYTES_MAX)
            return XZ_OK;
        char *room = xz_buf_reserve(wav, READ_BYTES);
        ssize_t got = room ? read(from, room, READ_BYTES) : 0;
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0)
            return XZ_OK;
        xz_buf_commit(wav, (size_t)got);
    }
}

static void word_put(char *at, size_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (char)(value >> (8 * i) & 0xff);
}

/* A sound that is piped has no lengths in its head; players want them. */
static xz_err wav_finish(struct xz_buf *wav)
{
    if (wav->len <= WAV_HEAD_BYTES || memcmp(wav->ptr, "RIFF", 4) != 0 ||
        memcmp(wav->ptr + 8, "WAVE", 4) != 0 || memcmp(wav->ptr + 36, "data", 4) != 0)
        return xz_fail(XZ_E_BUSY, "朗读没有成功，请使用设备自带的朗读功能。");
    word_put(wav->ptr + 4, wav->len - 8);
    word_put(wav->ptr + 40, wav->len - WAV_HEAD_BYTES);
    return XZ_OK;
}

/* With its whole group, and only after the sound is here or given up. */
static void child_end(const struct speech_job *job)
{
    int status;
    kill(-job->pid, SIGKILL);
    while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR)
        continue;
}

static xz_err child_run(struct speech_job *job, struct xz_buf *wav)
{
    int text[2], sound[2];
    xz_err err;

    if (pipe2(text, O_CLOEXEC | O_NONBLOCK) != 0)
        return xz_fail(XZ_E_IO, "无法建立管道：%s", strerror(errno));
    if (pipe2(sound, O_CLOEXEC) != 0) {
        close(text[0]);
        close(text[1]);
        return xz_fail(XZ_E_IO, "无法建立管道：%s", strerror(errno));
    }
    /* 2,000 characters are below what a pipe holds: nobody has to wait for the reader. */
    ssize_t put = write(text[1], job->text, job->text_len);
    close(text[1]);
    (void)fcntl(text[0], F_SETFL, 0); /* the child reads as it likes */
    err = put == (ssize_t)job->text_len ? child_start(job, text[0], sound[1])
                                        : xz_fail(XZ_E_IO, "无法交出要朗读的文字。");
    close(text[0]);
    close(sound[1]);
    if (err == XZ_OK) {
        err = sound_read(job, sound[0], wav);
        child_end(job);
    }
    close(sound[0]);
    return err == XZ_OK ? wav_finish(wav) : err;
}

static void job_run(void *arg)
{
    struct speech_job *job = arg;
    struct xz_buf wav;

    xz_buf_init(&wav, WAV_BYTES_MAX);
    xz_fail_clear();
    job->deadline_us = xz_time_monotonic_us() + job->speech->timeout_us;
    xz_err err = child_run(job, &wav);
    job->speech->running--;
    job->done(job->arg, err, &wav);
    xz_buf_fini(&wav);
    xz_free(job->text);
    xz_free(job);
}

xz_err xz_qa_speak(struct xz_qa *qa, xz_str text, bool (*stop)(void *arg), xz_speech_done done,
                   void *arg)
{
    struct qa_speech *speech = qa->speech;
    xz_str head = xz_utf8_head(text, CHARS_MAX);

    if (!speech)
        return not_here();
    if (!head.len)
        return xz_fail(XZ_E_STATE, "这次答复没有可以朗读的文字。");
    if (speech->running++ >= SPEAKERS_MAX) {
        speech->running--;
        return xz_fail(XZ_E_BUSY, "正在朗读的人较多，请稍后再试。");
    }
    struct speech_job *job = XZ_ALLOC(struct speech_job, 1);
    *job = (struct speech_job){ .speech = speech, .stop = stop, .done = done, .arg = arg };
    job->text = xz_alloc(head.len + 1, 1);
    memcpy(job->text, head.ptr, head.len);
    job->text_len = head.len;
    xz_err err = xz_pool_run(speech->pool, job_run, job);
    if (err == XZ_OK)
        return XZ_OK;
    speech->running--;
    xz_free(job->text);
    xz_free(job);
    return xz_fail(XZ_E_BUSY, "正在朗读的人较多，请稍后再试。");
}
