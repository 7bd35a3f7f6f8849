/* Token buckets, one per client address (IPv4 whole, IPv6 by its /64, since one household has that
 * many addresses). The table has a fixed size: eight places per set, the one idle longest gives
 * way. Who is exempt and what a route costs is decided elsewhere. */
#include "net/net_check_internal.h"

#include <arpa/inet.h>
#include <pthread.h>

enum { RATE_WAYS = 8 };

struct rate_bucket {
    uint8_t address[16];
    int64_t milli_tokens, touched_ms;
    bool used;
};

struct net_rate {
    int64_t per_minute;
    size_t sets;          /* a power of two */
    pthread_mutex_t lock; /* protects the buckets; loops share them */
    struct rate_bucket *buckets;
};

static const int rate_costs[] = {
    [XZ_RATE_FREE] = 0,
    [XZ_RATE_READ] = 1,
    [XZ_RATE_ASK] = 4,
    [XZ_RATE_HEAVY] = 20,
};

struct net_rate *net_rate_create(int64_t per_minute, size_t buckets)
{
    struct net_rate *rate = XZ_ALLOC(struct net_rate, 1);
    rate->per_minute = per_minute;
    rate->sets = 1;
    while (rate->sets * RATE_WAYS < buckets)
        rate->sets *= 2;
    rate->buckets = XZ_ALLOC(struct rate_bucket, rate->sets * RATE_WAYS);
    pthread_mutex_init(&rate->lock, NULL);
    return rate;
}

void net_rate_destroy(struct net_rate *rate)
{
    if (!rate)
        return;
    pthread_mutex_destroy(&rate->lock);
    xz_free(rate->buckets);
    xz_free(rate);
}

/* The bucket of this address, or the one that gives way to it. */
static struct rate_bucket *rate_find(struct net_rate *rate, const uint8_t *key, int64_t now_ms)
{
    uint64_t hash = xz_str_hash((xz_str){ (const char *)key, 16 });
    struct rate_bucket *set = rate->buckets + (hash & (rate->sets - 1)) * RATE_WAYS;
    struct rate_bucket *oldest = set;
    for (size_t i = 0; i < RATE_WAYS; i++) {
        if (set[i].used && memcmp(set[i].address, key, 16) == 0)
            return &set[i];
        if (!set[i].used || (oldest->used && set[i].touched_ms < oldest->touched_ms))
            oldest = oldest->used ? &set[i] : oldest;
    }
    *oldest = (struct rate_bucket){ .used = true,
                                    .touched_ms = now_ms,
                                    .milli_tokens = rate->per_minute * 1000 };
    memcpy(oldest->address, key, 16);
    return oldest;
}

int64_t net_rate_take(struct net_rate *rate, const uint8_t *address, enum xz_rate cost,
                      int64_t now_ms)
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
    uint8_t key[16];
    int64_t wait_s = 0;
    int64_t need = (int64_t)rate_costs[cost] * 1000;

    if (need == 0 || rate->per_minute == 0)
        return 0;
    memcpy(key, address, 16);
    if (memcmp(key, mapped, 12) != 0)
        memset(key + 8, 0, 8);
    pthread_mutex_lock(&rate->lock);
    struct rate_bucket *bucket = rate_find(rate, key, now_ms);
    int64_t most = rate->per_minute * 1000;
    int64_t passed = XZ_MIN(XZ_MAX(now_ms - bucket->touched_ms, 0), 60000);
    bucket->milli_tokens = XZ_MIN(most, bucket->milli_tokens + passed * rate->per_minute / 60);
    bucket->touched_ms = now_ms;
    need = XZ_MIN(need, most); /* a limit below the dearest route must not close it for ever */
    if (bucket->milli_tokens >= need)
        bucket->milli_tokens -= need;
    else
        wait_s = ((need - bucket->milli_tokens) * 60 / rate->per_minute + 999) / 1000;
    pthread_mutex_unlock(&rate->lock);
    return wait_s;
}

bool net_address_parse(xz_str text, uint8_t *address)
{
    char copy[INET6_ADDRSTRLEN];
    if (text.len == 0 || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    memset(address, 0, 16);
    if (inet_pton(AF_INET6, copy, address) == 1)
        return true;
    address[10] = address[11] = 0xff;
    return inet_pton(AF_INET, copy, address + 12) == 1;
}
