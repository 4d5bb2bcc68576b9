/* Comment and string states of tokens and lines: `states.read_states` and `states.carry`. */
#include "kernel.h"

#include <math.h>

/* `lexis.Event` */
enum {
    NONE, DOUBLE, TRIPLE_DOUBLE, SINGLE, TRIPLE_SINGLE, BACKTICKS, SLASHES, OPEN, CLOSE, OPEN_CLOSE, HASH_EVENT,
    HASH_AT_WORD_START, DASHES, LONG_OPEN, LONG_CLOSE, DASHES_LONG_OPEN, LINE_BREAK, N_EVENTS
};
enum { MAX_EVENTS_PER_LINE = 64 };

static inline int opens_long(const uint8_t *at)
{
    return at[0] == '[' && (at[1] == '[' || (at[1] == '=' && (at[2] == '[' || at[2] == '=')));
}

static inline int event_of_slashes(const uint8_t *begin, const uint8_t *end)
{
    int opens = begin[0] == '/' && begin[1] == '*', closes = end[-2] == '*' && end[-1] == '/';
    int slashes = begin[0] == '/' && begin[1] == '/';
    if (opens)
        return closes && end - begin >= 4 ? OPEN_CLOSE : OPEN;
    if (closes && !slashes)
        return CLOSE;
    return slashes ? SLASHES : NONE;
}

/* The event that a token is; `before` is the end of the token before it, `previous` that token's event. */
static inline int event_of(const uint8_t *data, int64_t start, int64_t end, uint8_t kind, int64_t before, int previous)
{
    int64_t length = end - start;
    switch (kind) {
    case DOUBLE_QUOTE: return length % 2 == 0 ? NONE : length >= 3 ? TRIPLE_DOUBLE : DOUBLE;
    case SINGLE_QUOTE: return length % 2 == 0 ? NONE : length >= 3 ? TRIPLE_SINGLE : SINGLE;
    case BACKTICK: return length % 2 == 0 ? NONE : BACKTICKS;
    case SLASH_STAR: return length >= 2 ? event_of_slashes(data + start, data + end) : NONE;
    case HASH: return before < start ? HASH_AT_WORD_START : HASH_EVENT;
    case OPERATOR:
        if (length < 2 || data[start] != '-' || data[start + 1] != '-')
            return NONE;
        return length == 2 && opens_long(data + end) ? DASHES_LONG_OPEN : DASHES;
    case OPENER:
        if (!opens_long(data + start) || (previous == DASHES_LONG_OPEN && before == start))
            return NONE;
        return LONG_OPEN;
    case CLOSER: return data[start] == ']' && data[start + 1] == ']' ? LONG_CLOSE : NONE;
    default: return NONE;
    }
}

static const uint8_t SHOWS[N_STATES] = {
    SHOWS_CODE, SHOWS_COMMENT, SHOWS_COMMENT, SHOWS_STRING, SHOWS_STRING, SHOWS_STRING, SHOWS_STRING, SHOWS_STRING};

/* How a line reads up to one of its tokens: what has become of each state that it may begin in and what it has shown
 * since, whether a token was seen since the last event, where the token ends, and which event it is. */
typedef struct {
    uint8_t map[N_STATES], shown[N_STATES];
    int n_events, stray, previous, is_noted;
    int64_t before;
} Course;

static inline void begin_course(Course *course)
{
    for (int k = 0; k < N_STATES; k++)
        course->map[k] = (uint8_t)k;
    memset(course->shown, 0, sizeof course->shown);
    course->n_events = course->stray = course->is_noted = 0;
}

/* Note that a token stands between two events. */
static inline void note_token(Course *course)
{
    for (int k = 0; !course->is_noted && k < N_STATES; k++)
        course->shown[k] |= SHOWS[course->map[k]];
    course->is_noted = 1;
}

/* Go on with the tokens begin:end of a line. */
static inline void go_on(
    Course *course, const uint8_t *data, const Index *starts, const Index *ends, const uint8_t *kinds, int64_t begin,
    int64_t end, const uint8_t *transitions, uint8_t *of_token)
{
    for (int64_t token = begin; token < end; token++) {
        int event = event_of(data, starts[token], ends[token], kinds[token], course->before, course->previous);
        int was = course->map[0];
        course->before = ends[token];
        course->previous = event;
        if (event == NONE) {
            of_token[token] = (uint8_t)was;
            note_token(course);
            continue;
        }
        if (course->n_events++ < MAX_EVENTS_PER_LINE) {
            const uint8_t *to = transitions + event * N_STATES;
            course->stray |= event == CLOSE && was == CODE;
            for (int k = 0; k < N_STATES; k++) {
                uint8_t from = course->map[k];
                course->map[k] = to[from];
                course->shown[k] |= SHOWS[from > to[from] ? from : to[from]];
            }
            course->is_noted = 0;
        } else {
            note_token(course);
        }
        /* A delimiter belongs to what it opens or closes. */
        of_token[token] = was > course->map[0] ? (uint8_t)was : course->map[0];
    }
}

/* The line's map: the state after it, by the state before it; and what it shows, by the same. */
static inline void end_course(const Course *course, const uint8_t *transitions, uint8_t *line_map, uint8_t *shown)
{
    for (int k = 0; k < N_STATES; k++)
        line_map[k] = transitions[LINE_BREAK * N_STATES + course->map[k]];
    memcpy(shown, course->shown, sizeof course->shown);
}

/* The states of all tokens, and each line's map and what it shows; `languages` is the language of each line, uint8 (n_lines). */
EXPORT void lw_read_states(
    const uint8_t *data, const Index *starts, const Index *ends, const uint8_t *kinds, const Index *first,
    int64_t n_lines, const uint8_t *languages, const uint8_t *table, uint8_t *of_token, uint8_t *line_maps,
    uint8_t *shown, uint8_t *open_at_end, uint8_t *stray_close)
{
    Course course = {.before = -1, .previous = NONE};
    for (int64_t line = 0; line < n_lines; line++) {
        const uint8_t *transitions = table + (int64_t)languages[line] * N_EVENTS * N_STATES;
        begin_course(&course);
        go_on(&course, data, starts, ends, kinds, first[line], first[line + 1], transitions, of_token);
        open_at_end[line] = course.map[0];
        stray_close[line] = (uint8_t)course.stray;
        end_course(&course, transitions, line_maps + line * N_STATES, shown + line * N_STATES);
    }
}

/* `interior._likeliest` of the `documents` chosen; `at_start` holds the carried states and is overwritten.
 *
 * `beginnings` (of all documents, N_STATES), `logits` (n_lines), `slips` (N_STATES), `margin` (1). Returns 0, or -1 where
 * memory is short. */
EXPORT int lw_settle_states(
    const uint8_t *line_maps, const Index *line_offsets, const Index *documents, int64_t n_documents,
    const uint8_t *beginnings, const float *logits, const double *slips, const double *margin, uint8_t *at_start)
{
    int64_t longest = 0;
    for (int64_t i = 0; i < n_documents; i++) {
        int64_t length = line_offsets[documents[i] + 1] - line_offsets[documents[i]];
        longest = length > longest ? length : longest;
    }
    uint8_t *came_from = malloc((size_t)(longest + 1) * N_STATES);
    if (!came_from)
        return -1;
    for (int64_t i = 0; i < n_documents; i++) {
        int64_t begin = line_offsets[documents[i]], n_lines = line_offsets[documents[i] + 1] - begin;
        const uint8_t *maps = line_maps + begin * N_STATES, *may_begin = beginnings + documents[i] * N_STATES;
        double score[N_STATES];
        for (int state = 0; state < N_STATES; state++) {
            int ends = 0;
            for (int64_t line = 0; may_begin[state] && !ends && line < n_lines; line++)
                ends = maps[line * N_STATES + state] == CODE;
            score[state] = ends ? -*margin : -INFINITY;
        }
        score[CODE] = -*margin;
        score[at_start[begin]] = 0;
        for (int state = 1; state < N_STATES; state++)
            score[state] += logits[begin];
        for (int64_t line = 1; line < n_lines; line++) {
            double reached[N_STATES];
            uint8_t *from = came_from + line * N_STATES;
            for (int state = 0; state < N_STATES; state++) {
                reached[state] = -INFINITY;
                from[state] = 0;
            }
            for (int state = 0; state < N_STATES; state++) {
                int target = maps[(line - 1) * N_STATES + state];
                if (score[state] > reached[target]) {
                    reached[target] = score[state];
                    from[target] = (uint8_t)state;
                }
                if (score[state] - slips[target] > reached[CODE]) {
                    reached[CODE] = score[state] - slips[target];
                    from[CODE] = (uint8_t)state;
                }
            }
            for (int state = 0; state < N_STATES; state++)
                score[state] = state == CODE ? reached[state] : reached[state] + logits[begin + line];
        }
        int state = 0;
        for (int other = 1; other < N_STATES; other++)
            if (score[other] > score[state])
                state = other;
        for (int64_t line = n_lines - 1; line >= 0; line--) {
            at_start[begin + line] = (uint8_t)state;
            state = line ? came_from[line * N_STATES + state] : 0;
        }
    }
    free(came_from);
    return 0;
}

/* `states.carry`. */
EXPORT void lw_carry(
    const uint8_t *line_maps, const Index *line_offsets, int64_t n_documents, const uint8_t *initial, uint8_t *at_start)
{
    for (int64_t document = 0; document < n_documents; document++) {
        uint8_t state = initial[document];
        for (int64_t line = line_offsets[document]; line < line_offsets[document + 1]; line++) {
            at_start[line] = state;
            state = line_maps[line * N_STATES + state];
        }
    }
}
