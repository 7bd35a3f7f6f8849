/* Who may what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "auth/actor.h"

static const struct xz_actor anyone = { XZ_ACTOR_ANONYMOUS, 0 };
static const struct xz_actor local = { XZ_ACTOR_LOCAL, 1000 };

static void anyone_may_ask_and_nothing_else(void **unused)
{
    (void)unused;
    assert_int_equal(xz_actor_may(&anyone, XZ_PERM_PUBLIC), XZ_OK);
    xz_fail_clear();
    assert_int_equal(xz_actor_may(&anyone, XZ_PERM_OPERATE), XZ_E_DENIED);
    assert_true(strlen(xz_fail_detail()) > 0);
}

static void who_can_read_the_files_may_operate(void **unused)
{
    (void)unused;
    for (int p = 1; p < XZ_PERM_COUNT; p++)
        assert_int_equal(xz_actor_may(&local, (enum xz_permission)p), XZ_OK);
}

static void internal_knowledge_is_for_the_local_actor_alone(void **unused)
{
    (void)unused;
    assert_int_equal(xz_actor_visibility_mask(&anyone), 0x01);
    assert_int_equal(xz_actor_visibility_mask(&local), 0x07);
}

static void kinds_have_lasting_names(void **unused)
{
    (void)unused;
    assert_string_equal(xz_actor_kind_name(XZ_ACTOR_ANONYMOUS), "anonymous");
    assert_string_equal(xz_actor_kind_name(XZ_ACTOR_LOCAL), "local");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anyone_may_ask_and_nothing_else),
        cmocka_unit_test(who_can_read_the_files_may_operate),
        cmocka_unit_test(internal_knowledge_is_for_the_local_actor_alone),
        cmocka_unit_test(kinds_have_lasting_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
