/* Wraps the main of a C++ or Rust harness test: see worker/handshake.py for the protocol.

   It is linked with -Wl,--wrap=main, so that the C runtime calls __wrap_main and the test's own main keeps
   its meaning (falling off its end returns 0). It is an object of its own: no macro of a solution reaches
   it, and a solution that defines one of its symbols does not link. */

#include <stdio.h>
#include <unistd.h>

enum { REPORT = 3, NONCE = 4, NONCE_BYTES = 16 };

int __real_main(int argc, char **argv, char **envp);

int __wrap_main(int argc, char **argv, char **envp) {
    unsigned char nonce[NONCE_BYTES];
    int have = 0;
    if (write(REPORT, "L", 1) != 1) return 125;
    while (have < NONCE_BYTES) {
        ssize_t got = read(NONCE, nonce + have, NONCE_BYTES - have);
        if (got <= 0) return 125;
        have += got;
    }
    close(NONCE);
    int status = __real_main(argc, argv, envp);
    if (status == 0 && write(REPORT, nonce, NONCE_BYTES) != NONCE_BYTES) return 125;
    return status;
}

#ifdef OWN_ASSERT
/* Of C++ tests. glibc's would raise SIGABRT, which a solution may have caught. */
void __assert_fail(const char *assertion, const char *file, unsigned int line, const char *function) {
    (void)file;
    fprintf(stderr, "AssertionError: line %u, %s: %s\n", line, function ? function : "?", assertion);
    fflush(stderr);
    _exit(134);
}
#endif
