/* What is known of the names that lines store into: `novelty.novelty`. */
#include "kernel.h"

/* A set of keys, the upper half of each a scope or text and the lower a name, with a flag each; open addressing, at most
 * half full. */
typedef struct {
    uint64_t *keys;
    uint64_t size, count;
} Names;

enum { IS_NEW = 0, WAS_SEEN = 1, WAS_BOUND = 2 };
static const uint64_t NO_KEY = UINT64_MAX, BOUND = (uint64_t)1 << 63;

static inline uint64_t slot_of(const Names *names, uint64_t key)
{
    uint64_t slot = (key * 0x9E3779B97F4A7C15u) >> 20 & (names->size - 1);
    while (names->keys[slot] != NO_KEY && (names->keys[slot] & ~BOUND) != key)
        slot = (slot + 1) & (names->size - 1);
    return slot;
}

static inline int is_needed(uint64_t key, const Index *last, int64_t line)
{
    return last[(key & ~BOUND) >> 32] >= line;
}

/* Make room: leave out keys of scopes whose `last` line is above this one, and take more memory where that is too little. */
static int make_room(Names *names, const Index *last, int64_t line)
{
    uint64_t n_needed = 0;
    for (uint64_t slot = 0; slot < names->size; slot++)
        n_needed += names->keys[slot] != NO_KEY && is_needed(names->keys[slot], last, line);
    Names other = {NULL, names->size ? names->size : 64, n_needed};
    while (4 * n_needed > other.size)
        other.size *= 2;
    other.keys = malloc(other.size * sizeof *other.keys);
    if (!other.keys)
        return -1;
    memset(other.keys, 0xFF, other.size * sizeof *other.keys);
    for (uint64_t slot = 0; slot < names->size; slot++) {
        uint64_t key = names->keys[slot];
        if (key != NO_KEY && is_needed(key, last, line))
            other.keys[slot_of(&other, key & ~BOUND)] = key;
    }
    free(names->keys);
    *names = other;
    return 0;
}

/* Note that a name occurs in a scope; returns what was known of it before, or -1 where memory is short. */
static inline int note(Names *names, int64_t scope, uint32_t name, int binds, const Index *last, int64_t line)
{
    uint64_t key = (uint64_t)scope << 32 | name;
    if (2 * names->count >= names->size && make_room(names, last, line))
        return -1;
    uint64_t *at = &names->keys[slot_of(names, key)];
    int before = *at == NO_KEY ? IS_NEW : WAS_SEEN | (*at & BOUND ? WAS_BOUND : 0);
    names->count += *at == NO_KEY;
    *at = before == IS_NEW ? key : *at;
    *at |= binds ? BOUND : 0;
    return before;
}

/* The tokens whose names a line seems to store into, -1 where there is none; the second one may yet be sought. */
typedef struct {
    int64_t first, second;
    int sought;
} Targets;

/* What a line's first tokens begin:end say of them. */
static Targets begin_targets(
    const uint8_t *data, const Index *starts, const uint8_t *kinds, int64_t begin, int64_t end)
{
    if (end - begin < 2)
        return (Targets){-1, -1, 0};
    int comma = kinds[begin + 1] == SEPARATOR && data[starts[begin + 1]] == ',';
    if (kinds[begin] != WORD || !(kinds[begin + 1] == OPERATOR || comma))
        return (Targets){-1, -1, 1};
    int two = comma && begin + 2 < end && kinds[begin + 2] == WORD;
    return (Targets){begin, two ? begin + 2 : -1, 0};
}

/* Seek the first `=` in code that follows a word, among the tokens after `begin` and before `end`. */
static void seek_target(
    const uint8_t *data, const Index *starts, const Index *ends, const uint8_t *kinds, const uint8_t *of_token,
    int64_t begin, int64_t end, Targets *targets)
{
    for (int64_t next = begin + 1; targets->sought && next < end; next++)
        if (kinds[next] == OPERATOR && data[starts[next]] == '=' && ends[next] - starts[next] == 1 &&
            of_token[next] == CODE && kinds[next - 1] == WORD) {
            targets->second = next - 1;
            targets->sought = 0;
        }
}

/* A line's names, a byte each and a zero after them: whether it is a word in code (but for `self.x` and `a->x`, which name
 * another x), and whether the line may store into it; and their hashes. */
enum { IN_CODE = 1, TARGET = 2, SECOND = 4 };

typedef struct {
    uint8_t *marks;
    uint32_t *hashes;
    int64_t n_marks, n_hashes;
} Mentions;

/* Add the names of the tokens begin:end of a line, for which there is room. */
static void add_names(
    const uint8_t *data, const Index *starts, const uint8_t *kinds, const uint8_t *of_token, const uint32_t *exact,
    int64_t begin, int64_t end, const Targets *targets, Mentions *mentions)
{
    for (int64_t token = begin; token < end; token++) {
        int mark = (token == targets->first ? TARGET : 0) | (token == targets->second ? SECOND : 0);
        if (kinds[token] == WORD && of_token[token] == CODE) {
            uint8_t before = data[starts[token] > 0 ? starts[token] - 1 : 0];
            mark |= before == '.' || before == '>' ? 0 : IN_CODE;
        }
        if (!mark)
            continue;
        mentions->marks[mentions->n_marks++] = (uint8_t)mark;
        mentions->hashes[mentions->n_hashes++] = exact[token];
    }
}

/* The same of a whole line of the tokens begin:end: as many as tokens at most, and one mark more. */
static void put_names(
    const uint8_t *data, const Index *starts, const Index *ends, const uint8_t *kinds, const uint8_t *of_token,
    const uint32_t *exact, int64_t begin, int64_t end, Mentions *mentions)
{
    Targets targets = begin_targets(data, starts, kinds, begin, end);
    seek_target(data, starts, ends, kinds, of_token, begin, end, &targets);
    add_names(data, starts, kinds, of_token, exact, begin, end, &targets, mentions);
    mentions->marks[mentions->n_marks++] = 0;
}

/* Which upper halves of hashes are those of a name that is stored into, (1 << 16). */
static void find_wanted(const Mentions *mentions, int64_t n_lines, const uint8_t *eligible, uint8_t *wanted)
{
    const uint8_t *marks = mentions->marks;
    const uint32_t *hashes = mentions->hashes;
    for (int64_t line = 0; line < n_lines; line++, marks++)
        for (; *marks; marks++, hashes++)
            if (eligible[line] && *marks & (TARGET | SECOND))
                wanted[*hashes >> 16] = 1;
}

enum { N_NOVELTY = 8, HEADER_STEPS = 3 };

/* The row that opens the scope which a row opens or goes on opening (a lone `{`, `) {`), -1 where it opens none. */
static inline int64_t scope_opened_by(int64_t row, const uint8_t *opens_scope, const Index *continues)
{
    for (int step = 0; step < HEADER_STEPS && !opens_scope[row]; step++)
        row = continues[row];
    return opens_scope[row] ? row : -1;
}

/* `novelty.novelty` from the lines' names: the columns of each row as bits, which begin as zeros. */
static int know_names(
    const Mentions *mentions, int64_t n_lines, const Index *row_of_line, int64_t n_rows, const uint8_t *eligible,
    const uint8_t *is_local, const Index *opener, const Index *sentinel, const Index *parent, const Index *continues,
    const uint8_t *opens_scope, uint8_t *features)
{
    const uint8_t *marks = mentions->marks;
    const uint32_t *hashes = mentions->hashes;
    uint8_t *wanted = calloc(1 << 16, 1);
    /* The scope of each row that is somebody's parent, or in which it lies; and the last line that notes names in one. */
    Index *scope = malloc((size_t)n_rows * sizeof *scope), *last = malloc((size_t)n_rows * sizeof *last);
    Names in_text = {0}, in_scope = {0};
    int result = -1;
    if (!wanted || !scope || !last)
        goto done;
    find_wanted(mentions, n_lines, eligible, wanted);
    for (int64_t row = 0; row < n_rows; row++) {
        int64_t above = parent[row], opened = scope_opened_by(above, opens_scope, continues);
        scope[row] = (Index)(opened >= 0 ? opened : above == row ? above : scope[above]);
    }
    for (int64_t line = 0; line < n_lines; line++) {
        int64_t row = row_of_line[line], opened = scope_opened_by(row, opens_scope, continues);
        scope[row] = opened >= 0 ? (Index)opened : scope[row];
        last[scope[row]] = last[sentinel[row]] = (Index)line;
    }
    for (int64_t line = 0; line < n_lines; line++, marks++) {
        int64_t row = row_of_line[line];
        int outside = opener[row] == sentinel[row];
        for (; *marks; marks++, hashes++) {
            int target = eligible[line] && *marks & (TARGET | SECOND);
            if (!target && !(outside && *marks & IN_CODE && wanted[*hashes >> 16]))
                continue;
            /* What is local is bound in its scope, and says nothing about the rest of the text. */
            int text = is_local[line] ? IS_NEW : note(&in_text, sentinel[row], *hashes, target, last, line);
            int near = note(&in_scope, scope[row], *hashes, target || is_local[line], last, line);
            if (text < 0 || near < 0)
                goto done;
            if (target && *marks & TARGET)
                features[row] |= (uint8_t)(
                    1 | (text & WAS_BOUND ? 2 : 0) | (near & WAS_BOUND ? 4 : 0) | (text & WAS_SEEN ? 8 : 0) |
                    (near & WAS_SEEN ? 16 : 0));
            else if (target)
                features[row] |= (uint8_t)(32 | (text & WAS_BOUND ? 64 : 0) | (near & WAS_BOUND ? 128 : 0));
        }
    }
    result = 0;
done:
    free(wanted);
    free(scope);
    free(last);
    free(in_text.keys);
    free(in_scope.keys);
    return result;
}

/* The same from tokens. */
EXPORT int lw_novelty(
    const uint8_t *data, const Index *starts, const Index *ends, const uint8_t *kinds, const uint8_t *of_token,
    const uint32_t *exact, const Index *first, int64_t n_lines, const Index *row_of_line, int64_t n_rows,
    const uint8_t *eligible, const uint8_t *is_local, const Index *opener, const Index *sentinel, const Index *parent,
    const Index *continues, const uint8_t *opens_scope, uint8_t *features)
{
    size_t n_tokens = (size_t)first[n_lines];
    Mentions mentions = {malloc(n_tokens + (size_t)n_lines + 1), malloc((n_tokens + 1) * sizeof(uint32_t)), 0, 0};
    int result = mentions.marks && mentions.hashes ? 0 : -1;
    for (int64_t line = 0; !result && line < n_lines; line++)
        put_names(data, starts, ends, kinds, of_token, exact, first[line], first[line + 1], &mentions);
    if (!result)
        result = know_names(
            &mentions, n_lines, row_of_line, n_rows, eligible, is_local, opener, sentinel, parent, continues, opens_scope,
            features);
    free(mentions.marks);
    free(mentions.hashes);
    return result;
}
