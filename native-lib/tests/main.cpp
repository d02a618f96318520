/*
 * main.cpp: runs the tests of an executable, or those named.
 */
#include "harness.h"

int main(int argc, char **argv) {
    setvbuf(stdout, nullptr, _IOLBF, 0);
    int run = 0;
    int bad = 0;
    for (const harness::test &t : harness::tests()) {
        bool wanted = argc < 2;
        for (int i = 1; i < argc; ++i) {
            wanted = wanted || strcmp(argv[i], t.name) == 0;
        }
        if (!wanted) {
            continue;
        }
        ++run;
        try {
            t.body();
            printf("ok      %s\n", t.name);
        } catch (const harness::failed &) {
            ++bad;
            printf("FAILED  %s\n", t.name);
        }
    }
    printf("%d tests, %d failed\n", run, bad);
    return run == 0 || bad > 0 ? 1 : 0;
}
