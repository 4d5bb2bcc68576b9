/* The whole way from texts to probabilities in one call: `pipeline.answer`, with indices of 32 bits.
 *
 * The steps are those of the other files, joined here: one call costs nothing that a short text would notice, and a
 * long one is taken a block of lines at a time, so that what a block needs stays in the cache and only what distant
 * lines see of each other is held for all lines.
 */
#define ALL_IN_ONE
#include "kernel.h"

#include "products.c"
#include "states.c"
#include "structure.c"
#include "tokens.c"
#include "vectors.c"

#include "prepare.h"

#include <time.h>

enum { VECTOR_LINES = 96, MAX_FEATURES = FEATURES_PER_LINE + FEATURES_PER_TOKEN * MAX_TOKENS_PER_LINE };
enum { FIRST_STAGE = 8, SECOND_STAGE = 9, HUGE_PAGES = 4 << 20, SECTION_BITS = 11 };
/* `context.CONTEXTS`, the ones that the steps name. */
enum { WHOLE_FILE = 0, UNKNOWN_CONTEXT = 2 };

/* A layer's rows for one group of input columns: `panels` as `lw_pack` makes them, or plain rows where they are looked
 * up. */
typedef struct {
    const float *weight;
    int64_t n_in;
} Group;

/* A context network: what a line itself adds to the first layer, what its neighbours do, and what rows do that many
 * lines share, each such row once for all lines of a block.
 *
 * Of most lines the nearest opaque rows are the adjacent ones: `near` counts these as both, and the groups of the opaque
 * rows add the difference where they are others. */
typedef struct {
    Group own, near, previous_opaque, next_opaque, parent, enclosing, matching, next_lower, opener, state, state_after,
        language, context, first_line;
    const float *bias;
    int64_t n_out;
    Layer last;
} Context;

/* All weights and tables; see `models.compiled`, which fills this in. */
typedef struct {
    const float *language_weight, *language_bias;
    int64_t n_scores;
    const int8_t *codes;
    const float *words, *scale, *words_bias;
    int64_t n_hidden;
    Layer line;
    Context first, second;
    const uint8_t *classes, *shapes, *vocabulary, *white_space, *transitions, *has_directives, *has_heredocs;
    const uint8_t *arrow_appends, *binds_in_text, *spans;
    const double *logarithms, *slips, *margin;
    int64_t n_labels, blank;
    const uint8_t *of_constructs, *not_region;
    const int32_t *carried, *openers, *far, *refined, *not_refined, *first_labels, *scopes, *pairs;
    int64_t n_carried, n_openers, n_far, n_refined, n_not_refined, n_first_labels;
    const uint32_t *where, *local_words;
    int64_t n_local_words;
    const float *limits; /* least language score; of interior logits, both; of context logits; their scale */
} Model;

typedef struct Flow Flow;

/* A batch on its way. Arrays are of lines, of rows (see `structure`) or of tokens. */
typedef struct {
    const Model *model;
    const uint8_t *contexts;
    int64_t n_documents, n_bytes, n_lines, n_rows, n_slots[2];
    uint8_t *data;
    Index *line_offsets, *line_starts, *first, *row_of_line;
    int32_t *documents, *indents;
    uint8_t *language_of, *languages;
    Index *starts, *ends;
    uint8_t *kinds, *of_token;
    uint32_t *exact, *abstract;
    uint8_t *line_maps, *open_at_end, *stray_close, *at_start, *state_after;
    float *inside_logits, *probabilities;
    void *own; /* what the line network sums of each line, see `put_own` */
    uint8_t *is_sentinel, *inside, *aside, *enclosing_kind, *closes, *transparent, *novelty;
    Index *sentinel, *raw_indent, *enclosing, *matching, *depth, *unopened;
    Index *indent, *previous_opaque, *next_opaque, *parent, *root, *sibling, *next_lower, *opener;
    Index *continues, *next_sibling;
    Index *slots[2], *keys[2]; /* of the rows that are a parent or enclose: their number among those, and they by it */
    uint8_t *levels[2];
    Flow *flow;
} Text;

#ifdef __linux__
#include <sys/mman.h>
#endif

/* Memory for `count` values; large arrays in large pages, which a system gives out faster. */
static void *take(int64_t count, size_t size)
{
    size_t bytes = ((size_t)count + 1) * size;
    if (bytes < HUGE_PAGES)
        return malloc(bytes);
    size_t unit = 2 << 20, whole = (bytes + unit - 1) / unit * unit;
    void *memory = aligned_alloc(unit, whole);
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (memory)
        madvise(memory, whole, MADV_HUGEPAGE);
#endif
    return memory;
}

static inline float limited(float value, float least, float most)
{
    return value < least ? least : value > most ? most : value;
}

#define TAKE(pointer, count) (((pointer) = take((count), sizeof *(pointer))) == NULL)
#define DROP(pointer) (free(pointer), (pointer) = NULL)

/* Seconds of this thread's. */
static double processor_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Count the time since `clock` for a stage, where anyone asks. Returns the time now. */
static double spend(double *seconds, int stage, double clock)
{
    if (!seconds)
        return 0;
    double now = processor_time();
    seconds[stage] += now - clock;
    return now;
}

#include "reading.h"
#include "surroundings.h"

#include "shown.h"
#include "sums.h"
#include "networks.h"
#include "sections.h"

static void drop_all(Text *t)
{
    void *all[] = {t->data, t->line_offsets, t->line_starts, t->first, t->row_of_line, t->documents, t->indents,
                   t->language_of, t->languages, t->starts, t->ends, t->kinds, t->of_token, t->exact, t->abstract,
                   t->line_maps, t->open_at_end, t->stray_close, t->at_start, t->state_after, t->inside_logits,
                   t->probabilities, t->own, t->is_sentinel, t->inside, t->aside, t->enclosing_kind, t->closes,
                   t->transparent, t->novelty, t->sentinel, t->raw_indent, t->enclosing, t->matching, t->depth,
                   t->unopened, t->indent, t->previous_opaque, t->next_opaque, t->parent, t->root, t->sibling,
                   t->next_lower, t->opener, t->continues, t->next_sibling, t->slots[0], t->slots[1], t->keys[0],
                   t->keys[1], t->levels[0], t->levels[1]};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        free(all[k]);
    end_flow(t->flow);
}

/* How many lines each text has: `line_offsets` (n_documents + 1). Returns the number of all. */
VISIBLE int64_t lw_line_offsets(
    const uint8_t *const *texts, const int64_t *lengths, int64_t n_documents, int64_t *line_offsets)
{
    line_offsets[0] = 0;
    for (int64_t k = 0; k < n_documents; k++)
        line_offsets[k + 1] = line_offsets[k] + count_lines(source_of(texts[k], lengths[k]));
    return line_offsets[n_documents];
}

/* Label some texts, of less than 2 ** 31 bytes in all with a line break each.
 *
 * `given` is each text's language, -1 where it is to be found; `contexts` the index of its context, the first of which
 * says that it is whole. Out: `probabilities` (n_lines, n_labels), `scores` (n_documents, n_scores). Adds to `seconds`,
 * where it is not NULL, the processor time of each stage. Returns 0, or -1 where memory is short.
 */
VISIBLE int lw_answer(
    const Model *model, const uint8_t *const *texts, const int64_t *lengths, int64_t n_documents,
    const int64_t *line_offsets, const int32_t *given, const uint8_t *contexts, float *probabilities, float *scores,
    double *seconds)
{
    Text t = {.model = model, .contexts = contexts, .n_documents = n_documents, .n_lines = line_offsets[n_documents]};
    t.n_rows = t.n_lines + n_documents + 1;
    double clock = seconds ? processor_time() : 0;
    int failed = 0;
    for (int stage = 0; !failed && stage <= FIRST_STAGE; stage++) {
        switch (stage) {
        case 0: failed = join(&t, texts, lengths, line_offsets); break;
        case 1: failed = find_tokens(&t); break;
        case 2: failed = settle_languages(&t, given, scores); break;
        case 3: failed = find_states(&t); break;
        case 4: failed = read_lines(&t); break;
        case 5: failed = settle_states(&t); break;
        case 6: failed = find_structure(&t); break;
        case 7: failed = find_names(&t) || find_slots(&t); break;
        case FIRST_STAGE: failed = begin_flow(&t, scores); break;
        }
        clock = spend(seconds, stage, clock);
    }
    for (int64_t line = 0; !failed && t.flow->next_row < t.n_rows;)
        line += run_section(&t, probabilities + line * model->n_labels, seconds);
    drop_all(&t);
    return failed ? -1 : 0;
}
