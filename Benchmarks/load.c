/* load: a one-thread HTTPS load generator, direct or through a forward proxy (CONNECT, then TLS).
 *
 * Closed loop: each connection sends its next request when the answer to the last is complete.
 * Open loop (--rate R): request i is due at start + i/R, and its latency counts from when it was due,
 * so that waiting for a free connection is not hidden.
 * Keep-alive runs start when all connections stand; what is done before the warm-up ends is not counted.
 * Prints one JSON object. Build: cc -O2 -o load load.c -lssl -lcrypto */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000ull
#define TICK (SECOND / 100)         /* how often closed connections are opened again */
#define MOST_WATCHED 32             /* processes */
#define MOST_ERRORS 2000            /* then nothing is opened any more */

enum state { CLOSED, CONNECTING, PROXY_WRITE, PROXY_READ, HANDSHAKE, READY, WRITE, READ };
enum chunk { CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILERS };

typedef struct {
  int fd;
  enum state state;
  SSL *ssl;
  uint64_t due, opened;             /* when the request was due; when the connection was opened */
  size_t sent;                      /* bytes of `request` that are sent */
  int64_t unsent;                   /* generated content bytes still to send */
  char head[8192];                  /* the answer's head, or the proxy's answer to CONNECT */
  size_t headlen;
  int in_content, chunked, closes, status, idle, held;
  int64_t left;                     /* content (or chunk) bytes still to come; -1: until close */
  enum chunk chunk;
  char line[64];
  size_t linelen;
} conn;

static struct {
  const char *host, *path, *method, *content, *proxy, *credential, *to, *ca;
  char port[8], fields[2048];
  int64_t content_size;             /* generated content instead of `content`; -1: none */
  int connections, fresh, hold, watch[MOST_WATCHED], watched;
  double seconds, warmup, rate;
  uint64_t requests;                /* stop after so many; 0: when the time is over */
} opt = { .path = "/", .method = "GET", .content = "", .port = "443", .content_size = -1, .connections = 1, .seconds = 5 };

static char request[8192], connect_request[1024], filler[65536];
static size_t request_len;
static struct sockaddr_storage address;
static socklen_t address_len;
static SSL_CTX *tls;

static conn *conns, **idle;
static int poller, timer, idle_count, held_count, ready_count, gate, stopping;
static uint64_t start, warm, end;   /* start of the load, of the measured window, and its end */
static uint64_t issued, finished, bytes_in, bytes_out, errors;
static char first_error[200], tls_name[100];
static double *latencies;           /* microseconds */
static size_t latency_count, latency_room;

/* ---- clocks ---- */

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * SECOND + t.tv_nsec;
}

static double own_cpu(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

/* User and system seconds of a process, all its threads included. */
static double cpu_of(int pid) {
  char name[64], text[1024];
  unsigned long user = 0, system = 0;
  snprintf(name, sizeof name, "/proc/%d/stat", pid);
  FILE *f = fopen(name, "r");
  if (!f) return 0;
  char *p = fgets(text, sizeof text, f) ? strrchr(text, ')') : NULL;
  if (p) sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
  fclose(f);
  return (double)(user + system) / sysconf(_SC_CLK_TCK);
}

static double watched_cpu(void) {
  double sum = 0;
  for (int i = 0; i < opt.watched; i++) sum += cpu_of(opt.watch[i]);
  return sum;
}

/* ---- connections ---- */

static void die(const char *what) {
  perror(what);
  exit(2);
}

static void open_conn(conn *c) {
  int one = 1;
  c->fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (c->fd < 0) die("socket");
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  c->state = CONNECTING;
  c->headlen = 0;
  c->opened = now();
  connect(c->fd, (void *)&address, address_len);
  struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c };
  if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &ev)) die("epoll_ctl");
}

static void leave_idle(conn *c) {
  for (int i = 0; c->idle && i < idle_count; i++)
    if (idle[i] == c) { idle[i] = idle[--idle_count]; c->idle = 0; }
}

static void close_conn(conn *c) {
  leave_idle(c);
  if (c->ssl) SSL_free(c->ssl);
  if (c->fd >= 0) close(c->fd);
  c->ssl = NULL;
  c->fd = -1;
  c->state = CLOSED;
  ERR_clear_error();
}

__attribute__((format(printf, 1, 2))) static void count_error(const char *format, ...) {
  va_list args;
  va_start(args, format);
  if (!errors++) vsnprintf(first_error, sizeof first_error, format, args);
  va_end(args);
}

/* A failed connection is opened again by the next tick, not at once: a refusing server is not spun on. */
static void fail(conn *c, const char *what) {
  count_error("%s (status %d)", what, c->status);
  if (c->state >= WRITE && ++finished >= opt.requests && opt.requests) stopping = 1;
  close_conn(c);
}

static void start_tls(conn *c) {
  c->ssl = SSL_new(tls);
  SSL_set_fd(c->ssl, c->fd);
  SSL_set_tlsext_host_name(c->ssl, opt.host);
  if (opt.ca) SSL_set1_host(c->ssl, opt.host);
  SSL_set_connect_state(c->ssl);
  c->state = HANDSHAKE;
}

/* ---- requests ---- */

static uint64_t due_time(void) { return start + (uint64_t)(issued / opt.rate * SECOND); }

static void begin(conn *c, uint64_t due) {
  leave_idle(c);
  c->due = due;
  c->sent = c->headlen = c->in_content = 0;
  c->unsent = opt.content_size > 0 ? opt.content_size : 0;
  c->state = WRITE;
  issued++;
}

/* May this connection send a request now? Begins it if so. */
static int take(conn *c) {
  uint64_t t = now();
  if (stopping || gate || (opt.requests && issued >= opt.requests) || (opt.hold && c->held)) return 0;
  if (opt.rate <= 0) {
    begin(c, opt.fresh ? c->opened : t);
  } else {
    if (due_time() > t) return 0;
    begin(c, due_time());
  }
  return 1;
}

static void note_latency(double microseconds) {
  if (latency_count == latency_room) {
    latency_room = latency_room ? latency_room * 2 : 65536;
    latencies = realloc(latencies, latency_room * sizeof *latencies);
    if (!latencies) die("realloc");
  }
  latencies[latency_count++] = microseconds;
}

static void complete(conn *c) {
  uint64_t t = now();
  finished++;
  if (c->status / 100 != 2) count_error("%s %s: status %d", opt.method, opt.path, c->status);
  else if (t >= warm && !stopping) note_latency((t - c->due) / 1e3);
  if (opt.requests && finished >= opt.requests) stopping = 1;
  if (opt.hold && !c->held) { c->held = 1; held_count++; }
  if (!opt.fresh && !c->closes) { c->state = READY; return; }
  SSL_shutdown(c->ssl);
  close_conn(c);
  if (!stopping && !c->held) open_conn(c);
}

/* Returns the length of the answer's head; 0 if more must come; -1 if it is malformed. */
static int parse_head(conn *c) {
  c->head[c->headlen] = 0;
  char *stop = strstr(c->head, "\r\n\r\n"), *p;
  if (!stop) return c->headlen >= sizeof c->head - 1 ? -1 : 0;
  stop[2] = 0;
  if (sscanf(c->head, "HTTP/1.%*d %d", &c->status) != 1) return -1;
  c->chunked = strcasestr(c->head, "\r\ntransfer-encoding: chunked") != NULL;
  c->closes = strcasestr(c->head, "\r\nconnection: close") != NULL;
  c->left = (p = strcasestr(c->head, "\r\ncontent-length:")) ? strtoll(p + 17, NULL, 10) : -1;
  if (c->status == 204 || c->status == 304) c->left = 0;
  if (c->left < 0 && !c->chunked) c->closes = 1;
  c->chunk = CHUNK_SIZE;
  c->linelen = 0;
  return stop + 4 - c->head;
}

/* A line of the chunked coding is complete; 1 if it was the last. */
static int chunk_line(conn *c) {
  c->line[c->linelen] = 0;
  size_t length = c->linelen;
  c->linelen = 0;
  switch (c->chunk) {
  case CHUNK_SIZE: c->left = strtoll(c->line, NULL, 16); c->chunk = c->left ? CHUNK_DATA : TRAILERS; return 0;
  case CHUNK_END: c->chunk = CHUNK_SIZE; return 0;
  default: return length <= 1;
  }
}

/* Takes content bytes; 1 if the answer is complete. */
static int feed(conn *c, const char *p, size_t n) {
  bytes_in += n;
  if (!c->chunked) {
    if (c->left >= 0) c->left -= n;
    return c->left == 0;
  }
  for (size_t i = 0; i < n;) {
    if (c->chunk == CHUNK_DATA) {
      size_t part = n - i < (size_t)c->left ? n - i : (size_t)c->left;
      i += part;
      if (!(c->left -= part)) c->chunk = CHUNK_END;
    } else if (p[i++] != '\n') {
      if (c->linelen < sizeof c->line - 1) c->line[c->linelen++] = p[i - 1];
    } else if (chunk_line(c)) return 1;
  }
  return 0;
}

/* ---- a connection's steps: each returns 1 to go on, 0 to wait for an event or after an end ---- */

static int blocked(conn *c, int result) {
  int code = SSL_get_error(c->ssl, result);
  return code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE;
}

static int step_connect(conn *c) {
  if (connect(c->fd, (void *)&address, address_len) && errno != EISCONN) {
    if (errno != EALREADY && errno != EINPROGRESS) fail(c, "connect");
    return 0;
  }
  if (opt.proxy) c->state = PROXY_WRITE; else start_tls(c);
  return 1;
}

static int step_proxy_write(conn *c) {
  c->state = PROXY_READ;
  if (send(c->fd, connect_request, strlen(connect_request), MSG_NOSIGNAL) >= 0) return 1;
  fail(c, "CONNECT: send");
  return 0;
}

static int step_proxy_read(conn *c) {
  ssize_t n = recv(c->fd, c->head + c->headlen, sizeof c->head - 1 - c->headlen, 0);
  if (n < 0 && errno == EAGAIN) return 0;
  if (n <= 0) { fail(c, "CONNECT: closed"); return 0; }
  c->headlen += n;
  c->head[c->headlen] = 0;
  if (!strstr(c->head, "\r\n\r\n")) return 1;
  c->status = c->headlen > 12 ? atoi(c->head + 9) : 0;
  if (c->status != 200) { fail(c, "CONNECT"); return 0; }
  start_tls(c);
  return 1;
}

static int step_handshake(conn *c) {
  int r = SSL_connect(c->ssl);
  if (r != 1) {
    if (!blocked(c, r)) fail(c, ERR_peek_error() ? ERR_reason_error_string(ERR_peek_error()) : "TLS: closed");
    return 0;
  }
  if (!*tls_name) snprintf(tls_name, sizeof tls_name, "%s %s", SSL_get_version(c->ssl), SSL_get_cipher_name(c->ssl));
  ready_count++;
  c->state = READY;
  return 1;
}

static int step_ready(conn *c) {
  char byte;
  if (take(c)) return 1;
  if (!c->idle) { c->idle = 1; idle[idle_count++] = c; }
  int r = SSL_read(c->ssl, &byte, 1);         /* an idle connection may be closed by the other side */
  if (r > 0 || !blocked(c, r)) {
    if (opt.hold) fail(c, "closed while idle"); else close_conn(c);
  }
  return 0;
}

static int step_write(conn *c) {
  while (c->sent < request_len || c->unsent > 0) {
    int in_request = c->sent < request_len;
    size_t part = c->unsent < (int64_t)sizeof filler ? (size_t)c->unsent : sizeof filler;
    int r = in_request ? SSL_write(c->ssl, request + c->sent, request_len - c->sent) : SSL_write(c->ssl, filler, part);
    if (r <= 0) {
      if (!blocked(c, r)) fail(c, "closed while sending");
      return 0;
    }
    if (in_request) c->sent += r;
    else c->unsent -= r, bytes_out += r;
  }
  c->state = READ;
  return 1;
}

/* Takes bytes that belong to the head; returns how many did, 0 if the head is not complete, -1 if it failed. */
static int take_head(conn *c, const char *p, size_t n) {
  size_t before = c->headlen, room = sizeof c->head - 1 - before, part = n < room ? n : room;
  memcpy(c->head + before, p, part);
  c->headlen += part;
  int length = parse_head(c);
  if (length < 0) fail(c, "malformed answer");
  if (length <= 0) return length;
  c->in_content = 1;
  return length - before;
}

static int step_read(conn *c) {
  static char bytes[65536];
  int r = SSL_read(c->ssl, bytes, sizeof bytes), used = 0;
  if (r <= 0) {
    if (blocked(c, r)) return 0;
    if (!c->in_content || c->left != -1 || c->chunked) { fail(c, "closed before the answer"); return 0; }
    complete(c);                              /* content that ends with the connection */
    return 1;
  }
  if (!c->in_content && (used = take_head(c, bytes, r)) <= 0) return used == 0;
  int empty = !c->chunked && c->left == 0;
  if (empty || (r > used && feed(c, bytes + used, r - used))) complete(c);
  return 1;
}

static void drive(conn *c) {
  static int (*const steps[])(conn *) = {
    [CONNECTING] = step_connect, [PROXY_WRITE] = step_proxy_write, [PROXY_READ] = step_proxy_read,
    [HANDSHAKE] = step_handshake, [READY] = step_ready, [WRITE] = step_write, [READ] = step_read,
  };
  while (c->state != CLOSED && steps[c->state](c)) {}
}

/* ---- the loop ---- */

static void set_window(uint64_t from) {
  start = from;
  warm = from + (uint64_t)(opt.warmup * SECOND);
  end = opt.hold ? UINT64_MAX : warm + (uint64_t)(opt.seconds * SECOND);
}

static void drive_idle(void) {
  while (idle_count && (opt.rate <= 0 || due_time() <= now())) {
    conn *c = idle[--idle_count];
    c->idle = 0;
    drive(c);
    if (c->idle) break;                       /* it could not take a request */
  }
}

static void open_gate(uint64_t t) {
  gate = 0;
  set_window(t);
  drive_idle();
}

static void reopen_closed(void) {
  int budget = opt.hold ? 20 : opt.connections;   /* held tunnels are opened gently */
  for (int i = 0; i < opt.connections && budget && errors < MOST_ERRORS; i++)
    if (conns[i].state == CLOSED && !conns[i].held) { open_conn(&conns[i]); budget--; }
}

static void set_timer(void) {
  uint64_t due = due_time();
  struct itimerspec at = { .it_value = { due / SECOND, due % SECOND } };
  if (idle_count) timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
}

static void announce_held(void) {
  printf("{\"held\": %d, \"failed\": %d, \"first_error\": \"%s\"}\n", held_count, opt.connections - held_count, first_error);
  fflush(stdout);
  struct epoll_event ev = { .events = EPOLLIN, .data.ptr = &held_count };
  epoll_ctl(poller, EPOLL_CTL_ADD, 0, &ev);   /* the end of standard input ends the run */
}

static void wait_events(void) {
  struct epoll_event events[256];
  char scrap[64];
  int n = epoll_wait(poller, events, 256, 10);
  for (int i = 0; i < n && !stopping; i++) {
    void *p = events[i].data.ptr;
    if (p == &timer) { if (read(timer, scrap, 8) < 0) continue; }
    else if (p == &held_count) { if (read(0, scrap, sizeof scrap) <= 0) stopping = 1; }
    else drive(p);
  }
}

static double pick(double share) {
  size_t i = (size_t)(share * latency_count);
  return latency_count ? latencies[i < latency_count ? i : latency_count - 1] : 0;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void report(double elapsed, double cpu, double load_cpu, uint64_t in, uint64_t out) {
  qsort(latencies, latency_count, sizeof *latencies, by_value);
  printf("{\"requests\": %zu, \"elapsed_s\": %.4f, \"per_s\": %.1f, \"mib_in_s\": %.2f, \"mib_out_s\": %.2f, "
         "\"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f, \"errors\": %llu, \"first_error\": \"%s\", "
         "\"cpu_s\": %.2f, \"load_cpu_s\": %.3f, \"tls\": \"%s\"}\n",
         latency_count, elapsed, latency_count / elapsed, in / elapsed / 1048576, out / elapsed / 1048576,
         pick(.5), pick(.99), pick(.999), (unsigned long long)errors, first_error, cpu, load_cpu, tls_name);
}

static void run(void) {
  uint64_t tick = 0, t, in = 0, out = 0;
  double cpu = 0, load_cpu = 0;
  int sampled = 0, announced = 0;
  gate = !opt.hold && !opt.fresh;
  set_window(now());
  while (!stopping && ((t = now()) < end || gate)) {
    if (gate && (ready_count >= opt.connections || t - start > 20 * SECOND)) open_gate(t);
    if (!gate && !sampled && t >= warm) {
      sampled = 1, cpu = watched_cpu(), load_cpu = own_cpu(), in = bytes_in, out = bytes_out;
    }
    if (t >= tick) { tick = t + TICK; reopen_closed(); }
    if (opt.rate > 0 && !gate) { drive_idle(); set_timer(); }
    if (opt.hold && !announced && (held_count >= opt.connections || t - start > 60 * SECOND)) {
      announced = 1;
      announce_held();
    }
    wait_events();
  }
  if (opt.hold) return;
  t = now();
  report((t - warm) / 1e9, watched_cpu() - cpu, own_cpu() - load_cpu, bytes_in - in, bytes_out - out);
}

/* ---- options ---- */

static void usage(void) {
  fprintf(stderr,
    "load [options] https://host[:port]/path\n"
    "  --proxy HOST:PORT       CONNECT through this forward proxy\n"
    "  --credential USER:PASS  for the proxy\n"
    "  --to HOST:PORT          direct, but dial this\n"
    "  --connections N  --seconds S  --warmup S\n"
    "  --requests N            stop after N requests\n"
    "  --rate R                open loop, R requests a second\n"
    "  --fresh                 a new connection for each request\n"
    "  --hold                  one request on each connection, then hold them open until standard input ends\n"
    "  --method M  --field 'Name: value'  --content TEXT  --content-size BYTES (generated)\n"
    "  --ca FILE               verify the other side (default: do not)\n"
    "  --watch PID             also report the CPU seconds of this process; of several, if repeated\n");
  exit(2);
}

static void resolve(const char *host_port) {
  char host[300], *port;
  struct addrinfo hint = { .ai_socktype = SOCK_STREAM, .ai_family = AF_INET }, *found;
  snprintf(host, sizeof host, "%s", host_port);
  if (!(port = strrchr(host, ':'))) usage();
  *port++ = 0;
  if (getaddrinfo(host, port, &hint, &found)) { fprintf(stderr, "cannot resolve %s\n", host); exit(2); }
  memcpy(&address, found->ai_addr, address_len = found->ai_addrlen);
}

static void add_field(const char *field) {
  size_t length = strlen(opt.fields);
  snprintf(opt.fields + length, sizeof opt.fields - length, "%s\r\n", field);
}

static void parse_options(int argc, char **argv) {
  static const struct option names[] = {
    {"proxy", 1, 0, 'x'}, {"credential", 1, 0, 'u'}, {"to", 1, 0, 't'}, {"connections", 1, 0, 'c'},
    {"seconds", 1, 0, 's'}, {"warmup", 1, 0, 'w'}, {"requests", 1, 0, 'n'}, {"rate", 1, 0, 'r'},
    {"fresh", 0, 0, 'f'}, {"hold", 0, 0, 'h'}, {"method", 1, 0, 'm'}, {"field", 1, 0, 'H'},
    {"content", 1, 0, 'd'}, {"content-size", 1, 0, 'D'}, {"ca", 1, 0, 'C'}, {"watch", 1, 0, 'p'}, {0, 0, 0, 0},
  };
  for (int k; (k = getopt_long(argc, argv, "", names, NULL)) != -1;) switch (k) {
    case 'x': opt.proxy = optarg; break;
    case 'u': opt.credential = optarg; break;
    case 't': opt.to = optarg; break;
    case 'c': opt.connections = atoi(optarg); break;
    case 's': opt.seconds = atof(optarg); break;
    case 'w': opt.warmup = atof(optarg); break;
    case 'n': opt.requests = strtoull(optarg, NULL, 10); break;
    case 'r': opt.rate = atof(optarg); break;
    case 'f': opt.fresh = 1; break;
    case 'h': opt.hold = 1; break;
    case 'm': opt.method = optarg; break;
    case 'H': add_field(optarg); break;
    case 'd': opt.content = optarg; break;
    case 'D': opt.content_size = atoll(optarg); break;
    case 'C': opt.ca = optarg; break;
    case 'p': if (opt.watched == MOST_WATCHED) usage(); opt.watch[opt.watched++] = atoi(optarg); break;
    default: usage();
  }
  if (optind != argc - 1 || strncmp(argv[optind], "https://", 8) || opt.connections < 1) usage();
  char *p, *authority = strdup(argv[optind] + 8);
  if ((p = strchr(authority, '/'))) { opt.path = strdup(p); *p = 0; }
  if ((p = strchr(authority, ':'))) { *p++ = 0; snprintf(opt.port, sizeof opt.port, "%s", p); }
  opt.host = authority;
}

static void write_requests(void) {
  char authority[300], basic[600] = "";
  int standard = !strcmp(opt.port, "443");
  int64_t size = opt.content_size >= 0 ? opt.content_size : (int64_t)strlen(opt.content);
  snprintf(authority, sizeof authority, "%s:%s", opt.host, opt.port);
  resolve(opt.proxy ? opt.proxy : opt.to ? opt.to : authority);
  request_len = snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: load\r\nAccept: */*\r\n%s",
                         opt.method, opt.path, standard ? opt.host : authority, opt.fields);
  if (size || strcmp(opt.method, "GET"))
    request_len += snprintf(request + request_len, sizeof request - request_len, "Content-Length: %lld\r\n", (long long)size);
  request_len += snprintf(request + request_len, sizeof request - request_len, "\r\n%s",
                          opt.content_size >= 0 ? "" : opt.content);
  if (request_len >= sizeof request) usage();
  if (opt.credential) {
    char text[512];
    EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)opt.credential, strnlen(opt.credential, 300));
    snprintf(basic, sizeof basic, "Proxy-Authorization: Basic %s\r\n", text);
  }
  snprintf(connect_request, sizeof connect_request, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", authority, authority, basic);
}

static void prepare_tls(void) {
  static const unsigned char http11[] = "\x08http/1.1";
  tls = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(tls, 1);
  SSL_CTX_set_alpn_protos(tls, http11, sizeof http11 - 1);
  SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);     /* every handshake is a full one */
  if (!opt.ca) return;
  if (!SSL_CTX_load_verify_locations(tls, opt.ca, NULL)) { fprintf(stderr, "cannot read %s\n", opt.ca); exit(2); }
  SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  parse_options(argc, argv);
  write_requests();
  prepare_tls();
  memset(filler, 'x', sizeof filler);
  conns = calloc(opt.connections, sizeof *conns);
  idle = calloc(opt.connections, sizeof *idle);
  for (int i = 0; i < opt.connections; i++) conns[i].fd = -1;
  poller = epoll_create1(0);
  timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct epoll_event ev = { .events = EPOLLIN, .data.ptr = &timer };
  if (poller < 0 || timer < 0 || !conns || !idle || epoll_ctl(poller, EPOLL_CTL_ADD, timer, &ev)) die("epoll");
  run();
  return 0;
}
