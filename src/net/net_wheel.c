/* Deadlines of connections: one timer per loop, slots of one tick. A deadline that moves later (the
 * usual case, at each request) only changes a number; the slot finds out when its turn comes. */
#include "net/net_internal.h"

static void wheel_insert(struct net_conn *conn, int64_t at_tick)
{
    struct net_loop *loop = conn->loop;
    int64_t last = loop->wheel_tick + NET_WHEEL_SLOTS - 1;
    int64_t tick = XZ_MIN(XZ_MAX(at_tick, loop->wheel_tick + 1), last);
    int slot = (int)(tick % NET_WHEEL_SLOTS);

    conn->wheel_slot = slot;
    conn->wheel_prev = NULL;
    conn->wheel_next = loop->wheel[slot];
    if (conn->wheel_next)
        conn->wheel_next->wheel_prev = conn;
    loop->wheel[slot] = conn;
}

void net_wheel_remove(struct net_conn *conn)
{
    if (conn->wheel_slot < 0)
        return;
    if (conn->wheel_prev)
        conn->wheel_prev->wheel_next = conn->wheel_next;
    else
        conn->loop->wheel[conn->wheel_slot] = conn->wheel_next;
    if (conn->wheel_next)
        conn->wheel_next->wheel_prev = conn->wheel_prev;
    conn->wheel_slot = -1;
}

void net_wheel_set(struct net_conn *conn, int64_t in_ms)
{
    struct net_loop *loop = conn->loop;
    int64_t before = conn->deadline_ms;

    conn->deadline_ms = in_ms < 0 ? INT64_MAX : (int64_t)uv_now(&loop->uv) + in_ms;
    if (conn->deadline_ms == INT64_MAX)
        return;
    if (conn->wheel_slot >= 0 && conn->deadline_ms >= before)
        return;
    /* `before` may be "none" while the slot is still that of an older deadline: also then, and
     * when the deadline came nearer, the place is chosen anew. */
    net_wheel_remove(conn);
    wheel_insert(conn, conn->deadline_ms / NET_TICK_MS + 1);
}

void net_wheel_advance(struct net_loop *loop)
{
    int64_t now_ms = (int64_t)uv_now(&loop->uv);
    int64_t now_tick = now_ms / NET_TICK_MS;

    if (now_tick - loop->wheel_tick > NET_WHEEL_SLOTS)
        loop->wheel_tick = now_tick - NET_WHEEL_SLOTS;
    while (loop->wheel_tick < now_tick) {
        loop->wheel_tick++;
        int slot = (int)(loop->wheel_tick % NET_WHEEL_SLOTS);
        struct net_conn *due = loop->wheel[slot];
        loop->wheel[slot] = NULL;
        for (struct net_conn *conn = due; conn; conn = conn->wheel_next)
            conn->wheel_slot = -1;
        while (due) {
            struct net_conn *conn = due;
            due = conn->wheel_next;
            if (conn->deadline_ms == INT64_MAX)
                continue;
            if (conn->deadline_ms > now_ms)
                wheel_insert(conn, conn->deadline_ms / NET_TICK_MS + 1);
            else
                net_conn_deadline(conn);
        }
    }
}
