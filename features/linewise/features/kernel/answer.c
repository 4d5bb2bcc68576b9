/* The whole way from texts to probabilities: `pipeline.answer`, with indices of 32 bits.
 *
 * The steps are those of the other files, joined here. A text is read a window of lines at a time, and answered a
 * section of lines at a time, so that what these need stays in the cache; only what distant lines see of each other is
 * held for all lines.
 */
#define ALL_IN_ONE
#include "kernel.h"

#include "brackets.c"
#include "names.c"
#include "products.c"
#include "states.c"
#include "structure.c"
#include "tokens.c"
#include "vectors.c"

#include <time.h>

enum { SECTION_BITS = 11 };
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
    const int32_t *carried_next; /* where the labels `carried` stand among the refined ones and the others */
    int64_t n_carried, n_openers, n_far, n_refined, n_not_refined, n_first_labels;
    const uint32_t *where, *local_words;
    int64_t n_local_words;
    const float *limits; /* least language score; of interior logits, both; of context logits; their scale;
                            what a text says for no known language */
} Model;

typedef struct Flow Flow;

/* The stages that are timed: `compiled.STAGES`. */
enum { AT_LINES, AT_TOKENS, AT_LANGUAGE, AT_STATES, AT_NETWORK, AT_BEGINNINGS, AT_STRUCTURE, AT_NAMES, AT_FIRST, AT_SECOND };

/* What is known of a line's tokens by the last step that saw them, as bits: begins with a comment or directive, ends with
 * an opening bracket or a comma, begins with a word that makes names local, or with a brace or `where`. */
enum { ASIDE = 1, GOES_ON = 2, IS_LOCAL = 4, CONTINUES_SIBLING = 8 };

/* A line that opens a heredoc of a name, or may end one; and the line that ends it. */
typedef struct {
    Index line, end;
    uint32_t name;
} Heredoc;

/* A batch on its way. Arrays are of documents, of lines, or of rows (see `structure`). */
typedef struct {
    const Model *model;
    const uint8_t *contexts;
    double *seconds, clock;
    int64_t n_documents, n_lines, n_rows;
    Index *line_offsets, *row_of_line;
    uint8_t *language_of;
    int32_t *indents; /* -1 where a line is blank */
    uint8_t *line_maps, *line_shown, *stray_close, *at_start, *state_after, *shown, *traits;
    uint8_t *brackets; /* see `put_brackets` */
    int64_t n_brackets, bracket_capacity;
    Mentions mentions;
    int64_t mention_capacity;
    Heredoc *heredocs;
    int64_t n_heredocs, heredoc_capacity;
    float *inside_logits, *probabilities;
    void *own; /* what the line network sums of each line, see `put_own`; so many bytes each */
    int64_t own_size;
    int own_is_lent;
    uint8_t *is_sentinel, *inside, *aside, *enclosing_kind, *closes, *transparent, *novelty;
    Index *sentinel, *raw_indent, *enclosing, *matching, *depth, *unopened;
    Index *indent, *previous_opaque, *next_opaque, *parent, *root, *sibling, *next_lower, *opener;
    Index *continues, *next_sibling;
    Flow *flow;
} Text;

#ifdef __linux__
#include <sys/mman.h>
#endif

/* In bytes: a large page, and from what size on memory is taken in such pages, which a system gives out faster, and given
 * back as soon as parts of it are done with. */
enum { PAGE = 1 << 21, LARGE = 1 << 24 };

/* Memory for `count` values, and one more so that none is too little to ask for. */
static void *take(int64_t count, size_t size)
{
    size_t bytes = ((size_t)count + 1) * size;
    if (bytes < LARGE)
        return malloc(bytes);
    bytes = (bytes + PAGE - 1) / PAGE * PAGE;
    void *memory = aligned_alloc(PAGE, bytes);
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (memory)
        madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    return memory;
}

/* Give back the bytes begin:end of memory that was taken, of `bytes` in all. */
static void give_back(void *memory, int64_t bytes, int64_t begin, int64_t end)
{
#ifdef __linux__
    begin = (begin + PAGE - 1) / PAGE * PAGE;
    end = end / PAGE * PAGE;
    if (bytes >= LARGE && begin < end)
        madvise((char *)memory + begin, (size_t)(end - begin), MADV_DONTNEED);
#else
    (void)memory, (void)bytes, (void)begin, (void)end;
#endif
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

/* Count the time since the last call for a stage, where anyone asks. */
static void spend(Text *t, int stage)
{
    if (!t->seconds)
        return;
    double now = processor_time();
    t->seconds[stage] += now - t->clock;
    t->clock = now;
}

#include "documents.h"
#include "heredocs.h"
#include "pieces.h"
#include "language.h"
#include "text.h"
#include "long_lines.h"
#include "reading.h"
#include "settling.h"
#include "surroundings.h"

#include "shown.h"
#include "sums.h"
#include "networks.h"
#include "sections.h"

/* How many lines each text has: `line_offsets` (n_documents + 1). Returns the number of all. */
VISIBLE int64_t lw_line_offsets(
    const uint8_t *const *texts, const int64_t *lengths, int64_t n_documents, int64_t *line_offsets)
{
    line_offsets[0] = 0;
    for (int64_t k = 0; k < n_documents; k++)
        line_offsets[k + 1] = line_offsets[k] + count_lines(source_of(texts[k], lengths[k]));
    return line_offsets[n_documents];
}

/* Give up a batch. */
VISIBLE void lw_end(Text *t)
{
    void *all[] = {t->line_offsets, t->row_of_line, t->language_of, t->indents, t->line_maps, t->line_shown, t->stray_close,
                   t->at_start, t->state_after, t->shown, t->traits, t->brackets, t->mentions.marks, t->mentions.hashes, t->heredocs,
                   t->inside_logits, t->probabilities, t->own_is_lent ? NULL : t->own, t->is_sentinel, t->inside, t->aside, t->enclosing_kind,
                   t->closes, t->transparent, t->novelty, t->sentinel, t->raw_indent, t->enclosing, t->matching, t->depth,
                   t->unopened, t->indent, t->previous_opaque, t->next_opaque, t->parent, t->root, t->sibling,
                   t->next_lower, t->opener, t->continues, t->next_sibling};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        free(all[k]);
    end_flow(t->flow);
    free(t);
}

/* What there is of each line from the first step on. */
static int begin_lines(Text *t, const int64_t *line_offsets, void *room)
{
    const Model *model = t->model;
    t->own_size = model->n_hidden * (int64_t)(model->codes ? sizeof(int16_t) : sizeof(float));
    t->own = room;
    t->own_is_lent = room != NULL;
    if (TAKE(t->line_offsets, t->n_documents + 1) || TAKE(t->row_of_line, t->n_lines) ||
        TAKE(t->language_of, t->n_documents) || TAKE(t->indents, t->n_lines) ||
        TAKE(t->line_maps, t->n_lines * N_STATES) || TAKE(t->line_shown, t->n_lines * N_STATES) ||
        TAKE(t->stray_close, t->n_lines) || TAKE(t->traits, t->n_lines) ||
        TAKE(t->inside_logits, t->n_lines) || TAKE(t->probabilities, t->n_rows * model->n_labels) ||
        (!room && !(t->own = take(t->n_lines, (size_t)t->own_size))))
        return -1;
    for (int64_t k = 0; k <= t->n_documents; k++)
        t->line_offsets[k] = (Index)line_offsets[k];
    for (int64_t k = 0; k < t->n_documents; k++)
        for (int64_t line = line_offsets[k]; line < line_offsets[k + 1]; line++)
            t->row_of_line[line] = (Index)(line + k + 1);
    return 0;
}

/* Begin to label some texts, of less than 2 ** 31 bytes in all with a line break each: all that comes before the context
 * networks, after which the texts are needed no more.
 *
 * `given` is each text's language, -1 where it is to be found; `contexts` the index of its context, the first of which
 * says that it is whole. Out: `scores` (n_documents, n_scores). Until `lw_end`, the processor time of each stage is added
 * to `seconds`, where that is not NULL. Returns the batch's address, or -1 where memory is short.
 *
 * `room`, where it is not NULL, is working memory of as many bytes a line as the first layer's sums take, until `lw_end`.
 * The answers may be written over it, from its first byte on: the sums of a section's lines are not needed after it.
 */
VISIBLE int64_t lw_begin(
    const Model *model, const uint8_t *const *texts, const int64_t *lengths, int64_t n_documents,
    const int64_t *line_offsets, const int32_t *given, const uint8_t *contexts, float *scores, double *seconds, void *room)
{
    Text *t = calloc(1, sizeof *t);
    Reader reader = {.texts = texts, .lengths = lengths};
    if (!t)
        return -1;
    t->model = model;
    t->contexts = contexts;
    t->n_documents = n_documents;
    t->n_lines = line_offsets[n_documents];
    t->n_rows = t->n_lines + n_documents + 1;
    t->seconds = seconds;
    t->clock = seconds ? processor_time() : 0;
    int failed = begin_lines(t, line_offsets, room) || read_lines(t, &reader, given, scores);
    failed = failed || settle_states(t);
    spend(t, AT_BEGINNINGS);
    failed = failed || find_structure(t);
    spend(t, AT_STRUCTURE);
    failed = failed || find_names(t);
    spend(t, AT_NAMES);
    failed = failed || begin_flow(t, scores);
    spend(t, AT_FIRST);
    if (!failed)
        return (int64_t)(intptr_t)t;
    lw_end(t);
    return -1;
}

/* Label the batch's next lines, as many as there is room for in `out` (max_lines, n_labels), which must be SECTION at
 * least or all that are left. Returns their number, 0 after the last. */
VISIBLE int64_t lw_next(Text *t, int64_t max_lines, float *out)
{
    int64_t n_lines = 0;
    if (t->seconds)
        t->clock = processor_time();
    while (t->flow->next_row < t->n_rows && lines_of_section(t) <= max_lines - n_lines)
        n_lines += run_section(t, out + n_lines * t->model->n_labels);
    return n_lines;
}
