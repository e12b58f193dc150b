/* Load for a gate: so many connections, each with one request under way at any time, every action under an id of its own.
 *
 * usage: gate_load PORT CONNECTIONS SECONDS NAME TOKEN
 * It prints one line of JSON: requests, seconds, milliseconds of latency (p50, p99, longest), and errors: answers that are not 200.
 * A general load generator with a script for the bodies pauses for its own memory, and that is then measured as ours.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST 4096
#define LONGEST 65536

struct connection {
    int socket;
    double asked;       /* s */
    size_t have, whole; /* bytes of the answer so far; of all of it, 0 while its head is not there */
    char answer[LONGEST];
};

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec * 1e-9;
}

static void fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static void ask(struct connection *one, const char *name, const char *token, long number) {
    static char body[1024], request[2048];
    int length = snprintf(body, sizeof body,
        "{\"id\":\"%s-%ld\",\"target\":\"avalon-laptop-17\",\"action\":\"isolate-host\",\"arguments\":{\"reason\":\"malware\"},"
        "\"premise\":{\"blames\":\"borduria\",\"confidence\":0.93,\"evidence\":[\"sensor/17\"]},\"in_response_to\":[]}",
        name, number);
    length = snprintf(request, sizeof request,
        "POST /v1/actions HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
        "Content-Length: %d\r\n\r\n%s", token, length, body);
    one->have = one->whole = 0;
    one->asked = now();
    if (send(one->socket, request, length, MSG_NOSIGNAL) != length) fail("send");
}

/* Takes what is there; 1 when the answer is whole. */
static int take(struct connection *one) {
    ssize_t got = recv(one->socket, one->answer + one->have, LONGEST - 1 - one->have, 0);
    if (got <= 0) fail("recv");
    one->have += got;
    one->answer[one->have] = 0;
    if (!one->whole) {
        char *end = strstr(one->answer, "\r\n\r\n"), *length = strcasestr(one->answer, "\r\ncontent-length: ");
        if (!end || !length) return 0;
        one->whole = (end + 4 - one->answer) + strtoul(length + 18, NULL, 10);
    }
    return one->have >= one->whole;
}

static int order(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int count, char **given) {
    if (count != 6) return fprintf(stderr, "usage: gate_load PORT CONNECTIONS SECONDS NAME TOKEN\n"), 2;
    int many = atoi(given[2]), poll = epoll_create1(0);
    double seconds = atof(given[3]);
    size_t room = 1 << 16, requests = 0;
    long asked = 0, errors = 0;
    double *took = malloc(room * sizeof *took);
    struct connection *all = calloc(many, sizeof *all);
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(atoi(given[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 0; i < many; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        int yes = 1;
        all[i].socket = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(all[i].socket, (struct sockaddr *)&place, sizeof place)) fail("connect");
        setsockopt(all[i].socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        epoll_ctl(poll, EPOLL_CTL_ADD, all[i].socket, &event);
    }
    double began = now(), end = began + seconds, at = began;
    for (int i = 0; i < many; i++) ask(&all[i], given[4], given[5], ++asked);
    while (at < end) {
        struct epoll_event events[MOST];
        int ready = epoll_wait(poll, events, MOST, 1000);
        for (int i = 0; i < ready; i++) {
            struct connection *one = events[i].data.ptr;
            if (!take(one)) continue;
            at = now();
            if (requests == room) took = realloc(took, (room *= 2) * sizeof *took);
            took[requests++] = at - one->asked;
            errors += strncmp(one->answer, "HTTP/1.1 200", 12) != 0;
            ask(one, given[4], given[5], ++asked);
        }
        at = now();
    }
    if (!requests) return fprintf(stderr, "no answer in %g s\n", seconds), 1;
    qsort(took, requests, sizeof *took, order);
    printf("{\"requests\":%zu,\"seconds\":%f,\"p50\":%f,\"p99\":%f,\"longest\":%f,\"errors\":%ld}\n", requests, at - began,
        1e3 * took[requests / 2], 1e3 * took[requests * 99 / 100], 1e3 * took[requests - 1], errors);
}
