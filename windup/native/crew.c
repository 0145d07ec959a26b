#include "crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

struct crew {
    int32_t wanted, others; /* threads beside the caller: asked for, and there */
    pid_t process;
    pthread_t *threads;
    pthread_mutex_t lock;
    pthread_cond_t begun, ended;
    uint64_t jobs; /* that were begun */
    int32_t busy; /* others that have not ended the last one */
    int32_t leave;
    void (*work)(void *job, int32_t item);
    void *job;
    int32_t items;
    _Atomic int32_t next;
};

static void do_items(struct crew *c)
{
    for (int32_t item; (item = atomic_fetch_add(&c->next, 1)) < c->items;)
        c->work(c->job, item);
}

static void *other(void *crew)
{
    struct crew *c = crew;
    uint64_t seen = 0;
    pthread_mutex_lock(&c->lock);
    for (;;) {
        while (c->jobs == seen && !c->leave)
            pthread_cond_wait(&c->begun, &c->lock);
        if (c->leave)
            break;
        seen = c->jobs;
        pthread_mutex_unlock(&c->lock);
        do_items(c);
        pthread_mutex_lock(&c->lock);
        if (!--c->busy)
            pthread_cond_signal(&c->ended);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

static void start(struct crew *c)
{
    c->process = getpid();
    c->others = c->busy = c->leave = 0;
    c->jobs = 0;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->begun, NULL);
    pthread_cond_init(&c->ended, NULL);
    while (c->others < c->wanted && !pthread_create(&c->threads[c->others], NULL, other, c))
        c->others++;
}

struct crew *crew_new(int32_t threads)
{
    struct crew *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->wanted = threads - 1;
    c->threads = calloc(threads, sizeof *c->threads);
    if (!c->threads) {
        free(c);
        return NULL;
    }
    start(c);
    if (c->others < c->wanted) {
        crew_free(c);
        return NULL;
    }
    return c;
}

void crew_run(struct crew *c, void (*work)(void *job, int32_t item), void *job, int32_t items)
{
    if (c->wanted && c->process != getpid())
        start(c);
    c->work = work;
    c->job = job;
    c->items = items;
    c->next = 0;
    if (c->others) {
        pthread_mutex_lock(&c->lock);
        c->busy = c->others;
        c->jobs++;
        pthread_cond_broadcast(&c->begun);
        pthread_mutex_unlock(&c->lock);
    }
    do_items(c);
    if (c->others) {
        pthread_mutex_lock(&c->lock);
        while (c->busy)
            pthread_cond_wait(&c->ended, &c->lock);
        pthread_mutex_unlock(&c->lock);
    }
}

void crew_free(struct crew *c)
{
    if (c->others && c->process == getpid()) {
        pthread_mutex_lock(&c->lock);
        c->leave = 1;
        pthread_cond_broadcast(&c->begun);
        pthread_mutex_unlock(&c->lock);
        for (int32_t i = 0; i < c->others; i++)
            pthread_join(c->threads[i], NULL);
    }
    free(c->threads);
    free(c);
}
