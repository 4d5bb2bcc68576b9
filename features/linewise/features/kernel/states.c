/* Comment and string states of tokens and lines: `states.read_states` and `states.carry`. */
#include "kernel.h"

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

/* The states of all tokens, and each line's map; `languages` is the language of each line, uint8 (n_lines). */
EXPORT void lw_read_states(
    const uint8_t *data, const int64_t *starts, const int64_t *ends, const uint8_t *kinds, const int64_t *first,
    int64_t n_lines, const uint8_t *languages, const uint8_t *table, uint8_t *of_token, uint8_t *line_maps,
    uint8_t *open_at_end, uint8_t *stray_close)
{
    int64_t before = -1;
    int previous = NONE;
    for (int64_t line = 0; line < n_lines; line++) {
        const uint8_t *transitions = table + (int64_t)languages[line] * N_EVENTS * N_STATES;
        uint8_t map[N_STATES] = {0, 1, 2, 3, 4, 5, 6, 7};
        int n_events = 0, state = 0, stray = 0;
        for (int64_t token = first[line]; token < first[line + 1]; token++) {
            int event = event_of(data, starts[token], ends[token], kinds[token], before, previous);
            before = ends[token];
            previous = event;
            if (event == NONE) {
                of_token[token] = (uint8_t)state;
                continue;
            }
            int was = map[0];
            if (n_events++ < MAX_EVENTS_PER_LINE) {
                const uint8_t *to = transitions + event * N_STATES;
                stray |= event == CLOSE && was == CODE;
                for (int k = 0; k < N_STATES; k++)
                    map[k] = to[map[k]];
            }
            state = map[0];
            /* A delimiter belongs to what it opens or closes. */
            of_token[token] = (uint8_t)(was > state ? was : state);
        }
        open_at_end[line] = map[0];
        stray_close[line] = (uint8_t)stray;
        for (int k = 0; k < N_STATES; k++)
            line_maps[line * N_STATES + k] = transitions[LINE_BREAK * N_STATES + map[k]];
    }
}

/* `states.carry`. */
EXPORT void lw_carry(
    const uint8_t *line_maps, const int64_t *line_offsets, int64_t n_documents, const uint8_t *initial, uint8_t *at_start)
{
    for (int64_t document = 0; document < n_documents; document++) {
        uint8_t state = initial[document];
        for (int64_t line = line_offsets[document]; line < line_offsets[document + 1]; line++) {
            at_start[line] = state;
            state = line_maps[line * N_STATES + state];
        }
    }
}
