/* The rules of the two actors there are. People, posts and row rules replace the table below; the
 * questions asked of it stay. */
#include "auth/actor.h"

static const struct {
    const char *name;
    bool may[XZ_PERM_COUNT];
    uint8_t visibility_mask;
} actor_rules[] = {
    [XZ_ACTOR_ANONYMOUS] = { "anonymous", { [XZ_PERM_PUBLIC] = true }, 0x01 },
    [XZ_ACTOR_LOCAL] = { "local", { [XZ_PERM_PUBLIC] = true, [XZ_PERM_OPERATE] = true }, 0x07 },
};

xz_err xz_actor_may(const struct xz_actor *actor, enum xz_permission permission)
{
    XZ_ASSERT(permission > 0 && permission < XZ_PERM_COUNT);
    XZ_ASSERT(actor->kind > 0 && (size_t)actor->kind < XZ_COUNT(actor_rules));
    if (actor_rules[actor->kind].may[permission])
        return XZ_OK;
    return xz_fail(XZ_E_DENIED,
                   "没有权限：此操作只能由本机运维人员通过命令行工具 xiaozheng 执行。");
}

uint8_t xz_actor_visibility_mask(const struct xz_actor *actor)
{
    XZ_ASSERT(actor->kind > 0 && (size_t)actor->kind < XZ_COUNT(actor_rules));
    return actor_rules[actor->kind].visibility_mask;
}

const char *xz_actor_kind_name(enum xz_actor_kind kind)
{
    XZ_ASSERT(kind > 0 && (size_t)kind < XZ_COUNT(actor_rules));
    return actor_rules[kind].name;
}
