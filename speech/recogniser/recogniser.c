/*
 * skald-recogniser: pocketsphinx as a process that keeps its models loaded.
 *
 * Loading the acoustic model, the dictionary and the language model takes about 300 ms; recognising one second
 * of speech takes about 150 ms. The speech sidecar therefore starts this once and asks it per utterance.
 *
 * Started as: skald-recogniser <acoustic model folder> <dictionary> <language model>
 *
 * Requests come on stdin and are answered in order on stdout; one line each, `<n>` bytes follow where announced:
 *   look <word>                  -> yes | no              is the word in the dictionary?
 *   add <word> <PHONE> <PHONE>.. -> yes | no              add a pronunciation (of a word with the same name: `word(2)`)
 *   model <weight> <n>\n<ARPA>   -> yes | no              mix this ARPA model into the base model, weight 0..1
 *   hear <n>\n<s16le 16 kHz>     -> <k> <log-probability> then k lines `<first frame> <last frame> <posterior> <word>`
 * A frame is 10 ms. The first line written, `ready`, says that the models are loaded. A request that breaks the
 * protocol ends the process with status 2: its owner starts another.
 */
#define _GNU_SOURCE
#include <pocketsphinx/pocketsphinx.h>
#include <sphinxbase/err.h>
#include <sphinxbase/ngram_model.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <signal.h>
#include <unistd.h>

#define MAX_LINE 4096
#define MAX_BYTES (16 * 1024 * 1024)

static ps_decoder_t *decoder;
static cmd_ln_t *config;
static ngram_model_t *base;

static void fail(const char *what) {
  fprintf(stderr, "skald-recogniser: %s\n", what);
  exit(2);
}

/* Reads exactly the announced number of bytes; the caller frees them. */
static char *read_body(size_t size) {
  if (size > MAX_BYTES) fail("body larger than 16 MiB");
  char *body = malloc(size + 1);
  if (!body) fail("out of memory");
  if (fread(body, 1, size, stdin) != size) fail("stdin ended inside a body");
  return body;
}

static int look(const char *word) {
  char *phones = ps_lookup_word(decoder, word);
  ckd_free(phones);
  return phones != NULL;
}

/* Replaces the language model in use by base and given model, interpolated. */
static int use_model(float weight, const char *arpa, size_t size) {
  char path[64];
  int file = memfd_create("arpa", 0);
  if (file < 0) return 0;
  if (write(file, arpa, size) != (ssize_t)size) {
    close(file);
    return 0;
  }
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  ngram_model_t *given = ngram_model_read(config, path, NGRAM_ARPA, ps_get_logmath(decoder));
  close(file);
  if (!given) return 0;

  ngram_model_t *models[2] = {ngram_model_retain(base), given};
  char *names[2] = {"base", "given"};
  float32 weights[2] = {1 - weight, weight};
  ngram_model_t *mixed = ngram_model_set_init(config, models, names, weights, 2);
  if (!mixed) return 0;
  int done = ps_set_lm(decoder, "mixed", mixed) == 0 && ps_set_search(decoder, "mixed") == 0;
  ngram_model_free(mixed);
  return done;
}

static void hear(const int16 *samples, size_t count) {
  ps_seg_t *segment;
  int32 score = 0;
  int words = 0;
  /* The whole utterance at once: cepstral means are then taken over this utterance alone, which is both more
   * accurate than the running mean and makes the result independent of what was heard before. */
  if (ps_start_stream(decoder) < 0 || ps_start_utt(decoder) < 0) fail("could not start an utterance");
  int failed = count > 0 && ps_process_raw(decoder, samples, count, FALSE, TRUE) < 0;
  failed = ps_end_utt(decoder) < 0 || failed;
  if (failed || !ps_get_hyp(decoder, &score)) {
    printf("0 0\n");
    return;
  }
  for (segment = ps_seg_iter(decoder); segment; segment = ps_seg_next(segment)) words++;
  printf("%d %d\n", words, score);
  logmath_t *logarithms = ps_get_logmath(decoder);
  for (segment = ps_seg_iter(decoder); segment; segment = ps_seg_next(segment)) {
    int first, last;
    ps_seg_frames(segment, &first, &last);
    double posterior = logmath_exp(logarithms, ps_seg_prob(segment, NULL, NULL, NULL));
    printf("%d %d %.4f %s\n", first, last, posterior, ps_seg_word(segment));
  }
}

int main(int argc, char **argv) {
  static char line[MAX_LINE];
  size_t size;
  float weight;

  if (argc != 4) fail("usage: skald-recogniser <acoustic model> <dictionary> <language model>");
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setvbuf(stdout, NULL, _IOFBF, 1 << 16);
  err_set_logfp(NULL);
  /* Without its second pass the decoder needs a fifth less time, and made no more mistakes in 30 sentences. */
  config = cmd_ln_init(NULL, ps_args(), TRUE, "-hmm", argv[1], "-dict", argv[2], "-fwdflat", "no", NULL);
  if (!config) fail("bad configuration");
  decoder = ps_init(config);
  if (!decoder) fail("could not load the acoustic model or the dictionary");
  base = ngram_model_read(config, argv[3], NGRAM_AUTO, ps_get_logmath(decoder));
  if (!base) fail("could not load the language model");
  printf("ready\n");
  fflush(stdout);

  while (fgets(line, sizeof line, stdin)) {
    char *end = strchr(line, '\n');
    if (!end) fail("line too long");
    *end = 0;
    if (!strncmp(line, "look ", 5)) {
      printf("%s\n", look(line + 5) ? "yes" : "no");
    } else if (!strncmp(line, "add ", 4)) {
      char *phones = strchr(line + 4, ' ');
      if (!phones) fail("add: no phones");
      *phones++ = 0;
      printf("%s\n", ps_add_word(decoder, line + 4, phones, FALSE) >= 0 ? "yes" : "no");
    } else if (sscanf(line, "model %f %zu", &weight, &size) == 2) {
      char *arpa = read_body(size);
      printf("%s\n", use_model(weight, arpa, size) ? "yes" : "no");
      free(arpa);
    } else if (sscanf(line, "hear %zu", &size) == 1) {
      if (!ps_get_search(decoder)) fail("hear: no model yet");
      char *samples = read_body(size);
      hear((const int16 *)samples, size / sizeof(int16));
      free(samples);
    } else {
      fail("unknown request");
    }
    fflush(stdout);
  }
  return 0;
}
