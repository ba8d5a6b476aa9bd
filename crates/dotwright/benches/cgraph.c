/* Graphviz's own parser in process, for pairing: cgraph FILE SECONDS prints the median CPU time of one parse. */
#include <graphviz/cgraph.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long now(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
    long x = *(const long *)a, y = *(const long *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    FILE *file = fopen(argv[1], "rb");
    if (!file) return 2;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *text = malloc(size + 1);
    if (fread(text, 1, size, file) != (size_t)size) return 2;
    text[size] = 0;
    static long times[100000];
    int runs = 0, nodes = 0;
    long end = now(CLOCK_MONOTONIC) + (long)(atof(argv[2]) * 1e9);
    while (runs < 3 || (runs < 100000 && now(CLOCK_MONOTONIC) < end)) {
        long before = now(CLOCK_PROCESS_CPUTIME_ID);
        Agraph_t *graph = agmemread(text);
        if (!graph) return 1;
        nodes = agnnodes(graph);
        agclose(graph);
        times[runs++] = now(CLOCK_PROCESS_CPUTIME_ID) - before;
    }
    qsort(times, runs, sizeof *times, ascending);
    printf("{\"phase\":\"cgraph\",\"bytes\":%ld,\"nodes\":%d,\"runs\":%d,\"cpu_ns\":%ld,\"min_ns\":%ld}\n", size, nodes, runs,
           times[runs / 2], times[0]);
    return 0;
}
