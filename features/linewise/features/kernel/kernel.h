/* What the parts of the kernel share.
 *
 * Every function here does what a numpy function of the same package does, bit for bit where numbers are whole; the
 * numpy function is the definition, and says what the arrays mean. All arrays are C-contiguous.
 *
 * The files are compiled twice over: each by itself, with indices of 64 bits, for the stages that Python joins; and all
 * in one (see `answer.c`), with indices of 32 bits, which take half the memory.
 * No function keeps anything between two calls but what `lw_begin` returns, so any number of threads may call them at
 * once.
 */
#ifndef LINEWISE_KERNEL_H
#define LINEWISE_KERNEL_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define VISIBLE __attribute__((visibility("default")))
#ifdef ALL_IN_ONE
#define EXPORT static __attribute__((unused))
typedef int32_t Index;
#else
#define EXPORT VISIBLE
typedef int64_t Index;
#endif

/* `tokens.Kind` */
enum {
    SPACE, WORD, OPERATOR, SLASH_STAR, HASH, DOUBLE_QUOTE, SINGLE_QUOTE, BACKTICK, ESCAPE, CHARACTER, OPENER, CLOSER,
    SEPARATOR
};

/* `lexis.State` */
enum { CODE, LINE_COMMENT, BLOCK_COMMENT };
enum { N_STATES = 8 };
/* `lexis.Shown`, as bits */
enum { SHOWS_CODE = 1, SHOWS_COMMENT = 2, SHOWS_STRING = 4 };

#endif
