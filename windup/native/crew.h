/* Threads that share a job's items. */
#ifndef CREW_H
#define CREW_H

#include <stdint.h>

struct crew;

/* threads: with the caller. NULL: no memory, or the system gives no thread. */
struct crew *crew_new(int32_t threads);
/* work(job, item) for each item from 0 to items - 1, by whichever thread is free; returns when all are done.
   In a process that was forked from the one that made the crew, its threads are started anew. */
void crew_run(struct crew *crew, void (*work)(void *job, int32_t item), void *job, int32_t items);
void crew_free(struct crew *crew);

#endif
