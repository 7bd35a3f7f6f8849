/* Calls that may not be used in this project, as compile errors. Reasons: unbounded copies,
 * hidden state, clocks that tests cannot move, allocation that can fail silently. Files that must
 * call one of them (core/base.c, core/clock.c) define XZ_BANNED_OK before any include. */
#ifndef XZ_CORE_BANNED_H
#define XZ_CORE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef XZ_BANNED_OK
#define XZ_BANNED(name) sorry_##name##_is_a_banned_function
#undef strcpy
#define strcpy(...) XZ_BANNED(strcpy)
#undef strcat
#define strcat(...) XZ_BANNED(strcat)
#undef sprintf
#define sprintf(...) XZ_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) XZ_BANNED(vsprintf)
#undef strtok
#define strtok(...) XZ_BANNED(strtok)
#undef localtime
#define localtime(...) XZ_BANNED(localtime)
#undef gmtime
#define gmtime(...) XZ_BANNED(gmtime)
#undef ctime
#define ctime(...) XZ_BANNED(ctime)
#undef asctime
#define asctime(...) XZ_BANNED(asctime)
#undef atoi
#define atoi(...) XZ_BANNED(atoi)
#undef atol
#define atol(...) XZ_BANNED(atol)
#undef rand
#define rand(...) XZ_BANNED(rand)
#undef srand
#define srand(...) XZ_BANNED(srand)
#undef random
#define random(...) XZ_BANNED(random)
#undef gets
#define gets(...) XZ_BANNED(gets)
#undef strncpy
#define strncpy(...) XZ_BANNED(strncpy)
#undef strncat
#define strncat(...) XZ_BANNED(strncat)
#undef malloc
#define malloc(...) XZ_BANNED(malloc)
#undef calloc
#define calloc(...) XZ_BANNED(calloc)
#undef realloc
#define realloc(...) XZ_BANNED(realloc)
#undef strdup
#define strdup(...) XZ_BANNED(strdup)
#undef strndup
#define strndup(...) XZ_BANNED(strndup)
#undef alloca
#define alloca(...) XZ_BANNED(alloca)
#undef time
#define time(...) XZ_BANNED(time)
#endif

#endif
