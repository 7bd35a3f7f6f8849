/* What every test of text/ needs. */
#ifndef XZ_TEXT_TEST_H
#define XZ_TEXT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/terms.h"

#define assert_str(actual, expected)                                                               \
    do {                                                                                           \
        xz_str actual_ = (actual), expected_ = xz_str_from(expected);                              \
        if (!xz_str_eq(actual_, expected_))                                                        \
            fail_msg("\"%.*s\" is not \"%.*s\"", XZ_STR_ARG(actual_), XZ_STR_ARG(expected_));      \
    } while (0)

#endif
