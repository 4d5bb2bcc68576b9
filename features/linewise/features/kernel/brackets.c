/* Brackets that enclose lines: `brackets.find_brackets`. */
#include "kernel.h"

enum { ROUND = 1, SQUARE, CURLY, N_BRACKETS };

/* A line's brackets in code, one byte each and a zero after them: its kind, whether it opens, whether the line begins
 * with it. This is all that matching them takes. */
enum { KIND_OF_BRACKET = 3, OPENS = 4, BEGINS = 8 };

/* Write the brackets of the tokens begin:end of a line, which begins with the token `first`. Returns the number of bytes. */
static int64_t add_brackets(
    const uint8_t *data, const Index *starts, const uint8_t *kinds, const uint8_t *of_token, int64_t first, int64_t begin,
    int64_t end, uint8_t *to)
{
    int64_t count = 0;
    for (int64_t token = begin; token < end; token++) {
        if ((kinds[token] != OPENER && kinds[token] != CLOSER) || of_token[token] != CODE)
            continue;
        uint8_t character = data[starts[token]];
        int kind = character == '(' || character == ')' ? ROUND : character == '[' || character == ']' ? SQUARE : CURLY;
        to[count++] = (uint8_t)(kind | (kinds[token] == OPENER ? OPENS : 0) | (token == first ? BEGINS : 0));
    }
    return count;
}

/* The same of a whole line of the tokens begin:end: at most one byte more than tokens. */
static int64_t put_brackets(
    const uint8_t *data, const Index *starts, const uint8_t *kinds, const uint8_t *of_token, int64_t begin, int64_t end,
    uint8_t *to)
{
    int64_t count = add_brackets(data, starts, kinds, of_token, begin, begin, end, to);
    to[count++] = 0;
    return count;
}

/* An open bracket: its place among all, its row, and how many curly brackets are open at its own. */
typedef struct {
    Index place, row, curly_level;
} Bracket;

/* The open brackets of one kind: the last one, and the steps from each to the next, of which most take one byte: a text
 * may open millions. */
typedef struct {
    Bracket top;
    uint8_t *steps;
    int64_t count, size, capacity;
} Stack;

/* A short step leads less than LONG_STEP / 2 places on within a row, and may lead one level up. A long one is written out
 * before its mark. */
enum { LONG_STEP = 0x80, LEVEL_UP = 0x40, MAX_STEP = sizeof(Bracket) + 1 };

static inline int push(Stack *stack, Bracket bracket)
{
    if (stack->size + MAX_STEP > stack->capacity) {
        int64_t capacity = stack->capacity + stack->capacity / 2 + 1024;
        uint8_t *larger = realloc(stack->steps, (size_t)capacity);
        if (!larger)
            return -1;
        stack->steps = larger;
        stack->capacity = capacity;
    }
    Bracket step = {
        bracket.place - stack->top.place, bracket.row - stack->top.row, bracket.curly_level - stack->top.curly_level};
    if (!step.row && step.place < LEVEL_UP && (step.curly_level == 0 || step.curly_level == 1)) {
        stack->steps[stack->size++] = (uint8_t)(step.place | (step.curly_level ? LEVEL_UP : 0));
    } else {
        memcpy(stack->steps + stack->size, &step, sizeof step);
        stack->size += MAX_STEP;
        stack->steps[stack->size - 1] = LONG_STEP;
    }
    stack->top = bracket;
    stack->count++;
    return 0;
}

/* Take off the last one. */
static inline void pop(Stack *stack)
{
    uint8_t code = stack->steps[--stack->size];
    Bracket step = {code & (LEVEL_UP - 1), 0, (code & LEVEL_UP) != 0};
    if (code & LONG_STEP) {
        stack->size -= (int64_t)sizeof step;
        memcpy(&step, stack->steps + stack->size, sizeof step);
    }
    stack->top = (Bracket){
        stack->top.place - step.place, stack->top.row - step.row, stack->top.curly_level - step.curly_level};
    stack->count--;
}

/* `brackets.find_brackets` from the lines' brackets, `n_brackets` bytes; `enclosing` and `matching` begin as sentinels,
 * the rest as zeros. Returns 0, or -1 where memory is short. */
static int match_brackets(
    const uint8_t *brackets, int64_t n_brackets, const Index *line_offsets, int64_t n_documents,
    const Index *row_of_line, const uint8_t *inside, Index *enclosing, uint8_t *enclosing_kind, uint8_t *closes,
    Index *matching, Index *depth, Index *unopened)
{
    int64_t n_lines = line_offsets[n_documents], place = 0;
    Stack stacks[N_BRACKETS] = {{.count = 0}};
    Index *opener_of = malloc(((size_t)n_lines + 1) * sizeof *opener_of);
    uint8_t *is_closed = calloc((size_t)n_brackets / 8 + 1, 1); /* a bit each */
    int result = -1;
    if (!opener_of || !is_closed)
        goto done;
    for (int64_t document = 0; document < n_documents; document++) {
        int64_t begin = line_offsets[document], end = line_offsets[document + 1], n_unopened = 0;
        for (int kind = ROUND; kind < N_BRACKETS; kind++)
            stacks[kind] = (Stack){.steps = stacks[kind].steps, .capacity = stacks[kind].capacity};
        for (int64_t line = begin; line < end; line++) {
            int64_t row = row_of_line[line];
            opener_of[line] = -1;
            unopened[row] = n_unopened;
            for (int kind = ROUND; kind < N_BRACKETS; kind++) {
                int64_t count = stacks[kind].count;
                depth[row] += count;
                if (!count)
                    continue;
                const Bracket *top = &stacks[kind].top;
                if (top->place > opener_of[line] && top->curly_level <= stacks[CURLY].count) {
                    opener_of[line] = top->place;
                    enclosing[row] = top->row;
                    enclosing_kind[row] = (uint8_t)kind;
                }
            }
            for (; brackets[place]; place++) {
                int kind = brackets[place] & KIND_OF_BRACKET;
                Stack *stack = &stacks[kind];
                if (inside[row])
                    continue;
                if (brackets[place] & OPENS) {
                    Index level = kind == CURLY ? 0 : (Index)stacks[CURLY].count;
                    if (push(stack, (Bracket){(Index)place, (Index)row, level}))
                        goto done;
                } else if (stack->count) {
                    is_closed[stack->top.place >> 3] |= (uint8_t)(1 << (stack->top.place & 7));
                    if (brackets[place] & BEGINS)
                        matching[row] = stack->top.row;
                    pop(stack);
                } else {
                    n_unopened += kind == CURLY;
                }
            }
            place++;
        }
        for (int64_t line = begin; line < end; line++) {
            int64_t row = row_of_line[line];
            unopened[row] = n_unopened - unopened[row];
            Index opener = opener_of[line];
            closes[row] = opener >= 0 && is_closed[opener >> 3] >> (opener & 7) & 1;
        }
    }
    result = 0;
done:
    for (int kind = ROUND; kind < N_BRACKETS; kind++)
        free(stacks[kind].steps);
    free(opener_of);
    free(is_closed);
    return result;
}

/* The same from tokens. */
EXPORT int lw_brackets(
    const uint8_t *data, const Index *starts, const uint8_t *kinds, const uint8_t *of_token, const Index *first,
    const Index *line_offsets, int64_t n_documents, const Index *row_of_line, const uint8_t *inside,
    Index *enclosing, uint8_t *enclosing_kind, uint8_t *closes, Index *matching, Index *depth, Index *unopened)
{
    int64_t n_lines = line_offsets[n_documents], count = 0;
    uint8_t *brackets = malloc((size_t)(first[n_lines] + n_lines) + 1);
    if (!brackets)
        return -1;
    for (int64_t line = 0; line < n_lines; line++)
        count += put_brackets(data, starts, kinds, of_token, first[line], first[line + 1], brackets + count);
    int result = match_brackets(
        brackets, count, line_offsets, n_documents, row_of_line, inside, enclosing, enclosing_kind, closes, matching,
        depth, unopened);
    free(brackets);
    return result;
}
