/* The steps of `lw_answer` before the networks: lines, languages, heredocs, and where each text begins.
 *
 * They do what the functions of the same names do in `documents`, `pipeline`, `heredocs` and `states`.
 */
#include <math.h>

/* `lexis.State`, the one that the steps below name besides the kernel's. */
enum { LONG_STRING = 7 };
enum { MAX_TOKENS_PER_LANGUAGE = 6000, LONGEST_ARROW = 3 };

/* A text without its byte-order mark; its size counts the line break that is added where it lacks a last one. */
typedef struct {
    const uint8_t *bytes;
    int64_t length, size;
} Source;

static Source source_of(const uint8_t *bytes, int64_t length)
{
    Source source = {bytes, length, 0};
    int marked = length >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3);
    if (marked) {
        source.bytes += 3;
        source.length -= 3;
    }
    int ended = source.length ? source.bytes[source.length - 1] == '\n' : !marked;
    source.size = source.length + !ended;
    return source;
}

/* How many lines a text has. */
static int64_t count_lines(Source source)
{
    int64_t count = source.size > source.length;
    for (int64_t begin = 0; begin < source.length; begin += 128) {
        int64_t end = source.length - begin < 128 ? source.length : begin + 128;
        uint8_t breaks = 0;
        for (int64_t i = begin; i < end; i++)
            breaks = (uint8_t)(breaks + (source.bytes[i] == '\n'));
        count += breaks;
    }
    const uint8_t *end = source.bytes + source.length;
    for (const uint8_t *at = source.bytes; at < end && (at = memchr(at, '\r', (size_t)(end - at))); at++)
        count += at + 1 < end && at[1] != '\n';
    return count;
}

/* Where the lines of `data` (n) begin, and where they end before their breaks. */
static void split(const uint8_t *data, int64_t n, Index *starts, Index *ends)
{
    int has_returns = n && memchr(data, '\r', (size_t)n);
    const uint8_t *end = data + n, *stop = NULL;
    for (const uint8_t *at = data; at < end;) {
        stop = stop && stop >= at ? stop : memchr(at, '\n', (size_t)(end - at));
        const uint8_t *back = has_returns ? memchr(at, '\r', (size_t)(stop - at)) : NULL;
        const uint8_t *last = back ? back : stop;
        *starts++ = (Index)(at - data);
        *ends++ = (Index)(last - data);
        at = last + 1 + (last[0] == '\r' && last[1] == '\n');
    }
}

/* The scores of a document's language by its first tokens; `of` of shape (n_scores), n_scores <= MAX_SCORES. */
enum { MAX_SCORES = 64 };

static void score_languages(
    const float *weight, const float *bias, int64_t n_scores, const Index *first, int64_t begin_line, int64_t end_line,
    const uint32_t *exact, const uint32_t *abstract, float *of)
{
    int64_t begin = first[begin_line], end = first[end_line];
    end = end - begin < MAX_TOKENS_PER_LANGUAGE ? end : begin + MAX_TOKENS_PER_LANGUAGE;
    float share = (float)(1 / sqrt((double)(end > begin ? end - begin : 1))), sums[MAX_SCORES] = {0};
    for (int64_t line = begin_line; line < end_line && first[line] < end; line++)
        for (int64_t token = first[line]; token < first[line + 1] && token < end; token++) {
            uint32_t previous = first[line] == token ? BEGIN : abstract[token - 1];
            const float *word = weight + (int64_t)((exact[token] * K[0]) >> LANGUAGE_SHIFT) * n_scores;
            const float *pair =
                weight + (int64_t)(mix(previous * K[1] + abstract[token] * K[2]) >> LANGUAGE_SHIFT) * n_scores;
            for (int64_t k = 0; k < n_scores; k++)
                sums[k] += share * word[k];
            for (int64_t k = 0; k < n_scores; k++)
                sums[k] += share * pair[k];
        }
    float highest = -INFINITY, total = 0;
    for (int64_t k = 0; k < n_scores; k++) {
        sums[k] += bias[k];
        highest = sums[k] > highest ? sums[k] : highest;
    }
    for (int64_t k = 0; k < n_scores; k++)
        total += of[k] = expf(sums[k] - highest);
    for (int64_t k = 0; k < n_scores; k++)
        of[k] = begin_line == end_line ? 1.0f / (float)n_scores : of[k] / total;
}

/* A heredoc's opening line and last line. */
typedef struct {
    Index line, end;
    uint32_t name;
} Heredoc;

static inline int is_quote(uint8_t kind) { return kind == DOUBLE_QUOTE || kind == SINGLE_QUOTE || kind == BACKTICK; }

/* The `<<NAME` in code on the lines begin:end, into `found` where that is not NULL; returns their number. `touching` says
 * that the name or its quote must follow at once. */
static int64_t find_heredocs(
    const uint8_t *data, const Index *starts, const Index *ends, const uint8_t *kinds, const uint32_t *exact,
    const uint8_t *of_token, const Index *first, int64_t begin, int64_t end, int touching, Heredoc *found)
{
    int64_t count = 0;
    for (int64_t line = begin; line < end; line++)
        for (int64_t token = first[line]; token < first[line + 1]; token++) {
            if (kinds[token] != OPERATOR || data[starts[token]] != '<' || data[starts[token] + 1] != '<' ||
                ends[token] - starts[token] > LONGEST_ARROW || of_token[token] != CODE)
                continue;
            int64_t follower = token + 1, quoted = follower < first[line + 1] && is_quote(kinds[follower]);
            int64_t name = follower + quoted;
            if (name >= first[line + 1] || kinds[name] != WORD || (touching && starts[follower] != ends[token]))
                continue;
            if (quoted && (name + 1 >= first[line + 1] || kinds[name + 1] != kinds[follower] ||
                           starts[name + 1] != ends[name]))
                continue;
            if (found)
                found[count] = (Heredoc){(Index)line, -1, exact[name]};
            count++;
        }
    return count;
}

/* `heredocs.close_heredocs` for the document of the lines begin:end. Returns -1 where memory is short. */
static int close_heredocs(
    const uint8_t *data, const Index *starts, const Index *ends, const uint8_t *kinds, const uint32_t *exact,
    const uint8_t *of_token, const Index *first, int64_t begin, int64_t end, int touching, uint8_t *line_maps)
{
    int64_t kept = 0;
    int64_t count = find_heredocs(data, starts, ends, kinds, exact, of_token, first, begin, end, touching, NULL);
    if (!count)
        return 0;
    uint64_t size = 16;
    while (size < 2 * (uint64_t)count)
        size *= 2;
    Heredoc *found = malloc((size_t)count * sizeof *found);
    uint64_t *names = malloc(size * sizeof *names);
    Index *ends_at = malloc(size * sizeof *ends_at); /* the nearest line below that ends a heredoc of that name */
    int result = found && names && ends_at ? 0 : -1;
    if (!result) {
        find_heredocs(data, starts, ends, kinds, exact, of_token, first, begin, end, touching, found);
        memset(names, 0xFF, size * sizeof *names);
        memset(ends_at, 0xFF, size * sizeof *ends_at);
        Names table = {names, NULL, size, 0};
        for (int64_t k = 0; k < count; k++)
            names[slot_of(&table, found[k].name)] = found[k].name;
        int64_t k = count - 1;
        for (int64_t line = end - 1; line >= begin && k >= 0; line--) {
            for (; k >= 0 && found[k].line == line; k--)
                found[k].end = ends_at[slot_of(&table, found[k].name)];
            int64_t token = first[line], n = first[line + 1] - token;
            if (!n || kinds[token] != WORD || (n > 1 && kinds[token + 1] != CLOSER && kinds[token + 1] != SEPARATOR))
                continue;
            uint64_t slot = slot_of(&table, exact[token]);
            if (names[slot] != NO_KEY)
                ends_at[slot] = (Index)line;
        }
        /* Openers inside another heredoc are none; of several on one line the one that ends last counts. */
        for (k = 0; k < count; k++) {
            if (found[k].end < 0)
                continue;
            Heredoc *last = kept ? &found[kept - 1] : NULL;
            if (last && last->line == found[k].line)
                last->end = found[k].end > last->end ? found[k].end : last->end;
            else if (!last || found[k].line >= last->end)
                found[kept++] = found[k];
        }
        for (k = 0; k < kept; k++)
            for (int state = 0; state < N_STATES; state++) {
                uint8_t *after = &line_maps[found[k].line * N_STATES + state];
                *after = *after == CODE ? LONG_STRING : *after;
            }
        for (k = 0; k < kept; k++)
            line_maps[found[k].end * N_STATES + LONG_STRING] = CODE;
    }
    free(found);
    free(names);
    free(ends_at);
    return result;
}

/* `states._initial_states`: block comment where the first stray end of one comes before any beginning, in a language
 * that has such comments; `transitions` are that language's. */
static uint8_t initial_state(
    const uint8_t *transitions, const uint8_t *line_maps, const uint8_t *stray_close, int64_t begin, int64_t end)
{
    if (transitions[CLOSE * N_STATES + BLOCK_COMMENT] != CODE)
        return CODE;
    uint8_t state = CODE;
    for (int64_t line = begin; line < end; line++) {
        const uint8_t *map = line_maps + line * N_STATES;
        if (map[CODE] == BLOCK_COMMENT || state == BLOCK_COMMENT)
            return CODE;
        if (stray_close[line] && state == CODE)
            return BLOCK_COMMENT;
        state = map[state];
    }
    return CODE;
}
