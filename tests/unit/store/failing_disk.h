/* A disk that fails when told: SQLite's own file layer with faults put in front of it. */
#ifndef XZ_FAILING_DISK_H
#define XZ_FAILING_DISK_H

#include <stdbool.h>

enum disk_fault {
    DISK_WRITE_FAILS, /* nothing of the write arrives */
    DISK_WRITE_TORN,  /* half of it arrives */
    DISK_FULL,
    DISK_SYNC_FAILS,
    DISK_FAULT_COUNT
};

void failing_disk_install(void); /* becomes SQLite's default from now on */
/* The n-th (from 1) write, truncation or, for DISK_SYNC_FAILS, sync from now on fails; with
 * `stays`, all after it, too. */
void failing_disk_arm(enum disk_fault fault, int nth, bool stays);
/* True when the fault has struck since it was armed. */
bool failing_disk_disarm(void);

#endif
