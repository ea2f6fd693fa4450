/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "runtime/net/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "runtime/net/limits.h"

/* Shared by the caller and the thread; whoever leaves last gives it back. */
typedef struct lookup {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done, left;
    int rc; /* of getaddrinfo */
    char host[SPOTI_NET_URL_BYTES], port[8];
    spoti_resolved found;
} lookup;

static int look_up(const char *host, const char *port, int flags, spoti_resolved *out)
{
    const struct addrinfo hints = {
        .ai_flags = flags | AI_NUMERICSERV, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;

    out->n = 0;
    const int rc = getaddrinfo(host, port, &hints, &list);
    if (rc != 0) {
        return rc;
    }
    for (const struct addrinfo *a = list; a != NULL && out->n < SPOTI_RESOLVE_MAX; a = a->ai_next) {
        if (getnameinfo(a->ai_addr, a->ai_addrlen, out->address[out->n], SPOTI_RESOLVE_TEXT_SIZE,
                        NULL, 0, NI_NUMERICHOST) == 0) {
            out->n++;
        }
    }
    freeaddrinfo(list); /* foreign memory: the resolver's */
    return out->n > 0 ? 0 : EAI_NONAME;
}

static void free_lookup(lookup *l)
{
    (void)pthread_cond_destroy(&l->changed);
    (void)pthread_mutex_destroy(&l->lock);
    spoti_free(NULL, l, sizeof *l);
}

static void *work(void *arg)
{
    lookup *l = arg;
    spoti_resolved found;
    const int rc = look_up(l->host, l->port, 0, &found);

    (void)pthread_mutex_lock(&l->lock);
    l->rc = rc;
    l->found = found;
    l->done = true;
    const bool mine = l->left;
    (void)pthread_cond_signal(&l->changed);
    (void)pthread_mutex_unlock(&l->lock);
    if (mine) {
        free_lookup(l);
    }
    return NULL;
}

static struct timespec deadline_in(double s)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    const double whole = (double)(time_t)s;
    t.tv_sec += (time_t)s;
    t.tv_nsec += (long)(1e9 * (s - whole));
    if (t.tv_nsec >= 1000000000L) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000L;
    }
    return t;
}

static lookup *start(const char *host, const char *port)
{
    lookup *l = spoti_calloc(NULL, 1, sizeof *l);
    pthread_condattr_t monotonic;
    pthread_t thread;

    if (l == NULL) {
        return NULL;
    }
    (void)spoti_copy(l->host, sizeof l->host, host);
    (void)spoti_copy(l->port, sizeof l->port, port);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&l->lock, NULL);
    (void)pthread_cond_init(&l->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    if (pthread_create(&thread, NULL, work, l) != 0) {
        free_lookup(l);
        return NULL;
    }
    (void)pthread_detach(thread);
    return l;
}

/* Waits for the thread; sets *rc and *out if it was in time. */
static bool wait_for(lookup *l, double timeout_s, int *rc, spoti_resolved *out)
{
    const struct timespec until = deadline_in(timeout_s);

    (void)pthread_mutex_lock(&l->lock);
    while (!l->done && pthread_cond_timedwait(&l->changed, &l->lock, &until) != ETIMEDOUT) {
    }
    const bool done = l->done;
    *rc = l->rc;
    *out = l->found;
    l->left = true;
    (void)pthread_mutex_unlock(&l->lock);
    if (done) {
        free_lookup(l);
    }
    return done;
}

spot_status spoti_resolve(const char *host, int port, double timeout_s, spoti_resolved *out,
                          spot_diag *diag)
{
    char port_text[8];
    int rc = 0;

    (void)spoti_format(port_text, sizeof port_text, "%d", port);
    if (look_up(host, port_text, AI_NUMERICHOST, out) == 0) {
        return SPOT_OK;
    }
    lookup *l = start(host, port_text);
    if (l == NULL) {
        return SPOT_E_NOMEM;
    }
    if (!wait_for(l, timeout_s, &rc, out)) {
        return spot_diag_set(diag, SPOT_E_IO, "%s: the name is not resolved within %g s", host,
                             timeout_s);
    }
    if (rc != 0) {
        return spot_diag_set(diag, SPOT_E_NOT_FOUND, "%s: no such host: %s", host,
                             gai_strerror(rc));
    }
    return SPOT_OK;
}

/* ---- why a connection fails ---- */

static int try_connect(int fd, const struct addrinfo *a, double timeout_s)
{
    int error = 0;
    socklen_t size = sizeof error;

    if (connect(fd, a->ai_addr, a->ai_addrlen) == 0) {
        return 0;
    }
    if (errno != EINPROGRESS) {
        return errno;
    }
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    if (poll(&p, 1, (int)(1000.0 * timeout_s)) != 1) {
        return ETIMEDOUT;
    }
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

int spoti_resolve_why(const char *address, int port, double timeout_s)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *a = NULL;
    char port_text[8];
    int error = ETIMEDOUT;

    (void)spoti_format(port_text, sizeof port_text, "%d", port);
    if (getaddrinfo(address, port_text, &hints, &a) != 0) {
        return EINVAL;
    }
    const int fd = socket(a->ai_family, SOCK_STREAM, 0);
    if (fd >= 0) {
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
        (void)fcntl(fd, F_SETFL, O_NONBLOCK);
        error = try_connect(fd, a, timeout_s);
        (void)close(fd);
    }
    freeaddrinfo(a); /* foreign memory: the resolver's */
    return error;
}
