/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * expr.h - a print fmt, parsed into pieces and nodes
 *
 *	"state=%s flags=%lx", __print_symbolic(REC->state, ...), REC->flags
 *
 * The string becomes pieces, each a literal and the conversion behind it. The
 * arguments become expressions made of nodes, which keep the types that C gives
 * them. Pieces and nodes lie in the format's arena; print.c:prepare() resolves
 * the names of symbols among them, and they are constant afterwards.
 * print/eval.h evaluates them.
 */
#ifndef RM_EXPR_H
#define RM_EXPR_H

#include "schema/conversion.h"
#include "schema/format.h"

/* Limits the depth of a tree of nodes, and so the recursion of evaluation. */
#define RM_EXPR_DEPTH_MAX 200

/* Chars of a parsed text; it may hold any byte but NUL, which ends it. */
struct rm_span {
	const char *at;
	size_t size;
};

enum rm_expr_class {
	RM_CLASS_NUMBER,
	RM_CLASS_PLACE, /* bytes of the record: an array, or dynamic data */
	RM_CLASS_TEXT,
};

enum rm_expr_kind {
	/* Numbers. */
	RM_EXPR_CONST,   /* value */
	RM_EXPR_FIELD,   /* field, which is no array */
	RM_EXPR_LENGTH,  /* bytes at the place a */
	RM_EXPR_ELEMENT, /* number b of the elements at the place a */
	RM_EXPR_MINUS,   /* -a */
	RM_EXPR_INVERT,  /* ~a */
	RM_EXPR_NOT,     /* !a */
	RM_EXPR_BINARY,  /* a op b */
	RM_EXPR_CONVERT, /* a, cast to the type operands */
	RM_EXPR_BOOL,    /* (bool)a */
	RM_EXPR_SWAP,    /* a, the order of its value bytes reversed */
	RM_EXPR_SYMBOL,  /* the address of the symbol that text names */
	RM_EXPR_UNKNOWN, /* a pointer to an element of unknown size */
	/* The class is that of b and c. */
	RM_EXPR_COND, /* a ? b : c */
	/* Places. */
	RM_EXPR_BYTES,   /* those of field, which may be an array */
	RM_EXPR_DYNAMIC, /* the data that field's u32 number value points to */
	RM_EXPR_ROW,     /* number b of the arrays at a; value bytes each */
	RM_EXPR_BEHIND,  /* what is left of a behind its first b elements */
	/* Texts. */
	RM_EXPR_STRING,   /* text */
	RM_EXPR_CHARS,    /* chars at the place a, up to a NUL or all */
	RM_EXPR_POINTED,  /* what the kernel's pointer a points to, if known */
	RM_EXPR_SYMBOLIC, /* the name of a, in table */
	RM_EXPR_FLAGS,    /* the names of the bits of a, in table */
	RM_EXPR_HEX,      /* b bytes at a, with blanks in between */
	RM_EXPR_HEX_STR,  /* b bytes at a, without */
	RM_EXPR_ARRAY,    /* b numbers of c bytes at a */
	RM_EXPR_HEX_DUMP, /* b bytes at a, in the lines that dump describes */
	RM_EXPR_BITMASK,  /* the mask at a, as a hexadecimal number */
	RM_EXPR_CPUMASK,  /* the mask at a, as a list of its bits */
};

enum rm_op {
	RM_OP_LOGICAL_OR,
	RM_OP_LOGICAL_AND,
	RM_OP_OR,
	RM_OP_XOR,
	RM_OP_AND,
	RM_OP_EQUAL,
	RM_OP_UNEQUAL,
	RM_OP_LESS,
	RM_OP_GREATER,
	RM_OP_LESS_EQUAL,
	RM_OP_GREATER_EQUAL,
	RM_OP_SHIFT_LEFT,
	RM_OP_SHIFT_RIGHT,
	RM_OP_ADD,
	RM_OP_SUBTRACT,
	RM_OP_MULTIPLY,
	RM_OP_DIVIDE,
	RM_OP_MODULO,
};

/*
 * The type of a number, after C's promotions: 4 or 8 bytes. A value is held
 * in 64 bits, extended from its size with its sign or with zeros.
 */
struct rm_number_type {
	uint8_t size;
	bool is_unsigned;
};

struct rm_expr_row {
	uint64_t value;
	struct rm_span name;
};

/* The rows whose values are known, in the order of the print fmt. */
struct rm_expr_table {
	bool flags;
	bool is_u64; /* __print_flags_u64() and its like take no long */
	struct rm_span delim;
	const struct rm_expr_row *rows;
	size_t count;
};

/* The arguments of __print_hex_dump() that must be constant. */
struct rm_hex_dump {
	struct rm_span prefix;
	bool offsets; /* each line begins with the offset of its first byte */
	uint32_t row_size;
	uint32_t group_size;
	bool ascii;
};

/* Elements at a place. */
struct rm_elements {
	uint32_t size;
	uint32_t inner; /* a[x][y]: y; else 0 */
	bool is_signed;
};

struct rm_expr {
	enum rm_expr_kind kind;
	enum rm_expr_class class;
	enum rm_op op;
	struct rm_number_type type;     /* of a number */
	struct rm_number_type operands; /* what a and b are converted to */
	struct rm_elements elements;    /* at a place; behind a pointer */
	uint16_t depth;
	const struct rm_expr *a;
	const struct rm_expr *b;
	const struct rm_expr *c;
	const struct ringmap_field_info *field;
	uint64_t value;
	struct rm_span text;
	union {
		const struct rm_expr_table *table;
		const struct rm_hex_dump *dump;
	};
};

/*
 * a op b, both converted to @type first where @op is no shift. False: C does
 * not define it.
 */
bool rm_op_compute(enum rm_op op, struct rm_number_type type, uint64_t a,
		   uint64_t b, uint64_t *ret);

/* @value cut to @size bytes, and extended with its sign or with zeros. */
static inline uint64_t rm_wrap(uint64_t value, uint32_t size, bool is_unsigned)
{
	if (size >= 8)
		return value;
	unsigned int unused = 64 - 8 * size;
	return is_unsigned ? value << unused >> unused
			   : (uint64_t)((int64_t)(value << unused) >> unused);
}

enum rm_quick_kind {
	RM_QUICK_NONE,
	RM_QUICK_DECIMAL,
	RM_QUICK_HEX,
	RM_QUICK_CHARS, /* up to a NUL, or all */
};

/*
 * Most conversions are plain and show a field of fixed place and size. What they
 * need stands here, so that no expression is evaluated. The field lies in every
 * record that has the format's required size.
 */
struct rm_quick {
	enum rm_quick_kind kind;
	bool is_signed;
	uint8_t kept; /* low bytes of the number that are shown */
	uint32_t offset;
	uint32_t size;
	size_t room; /* for the literal and the longest text of the field */
};

/* The literal of a piece may be read in steps of this many bytes. */
#define RM_LITERAL_STEP 16

/* Chars of a number of 64 bits in decimal or hexadecimal digits. */
#define RM_NUMBER_ROOM 21

/* A literal, and the conversion behind it. */
struct rm_piece {
	struct rm_quick quick;
	struct rm_span literal;
	struct rm_conversion conversion; /* letter 0: none, the text ends */
	const struct rm_expr *width;     /* NULL: not an argument */
	const struct rm_expr *precision;
	const struct rm_expr *arg;
	/* It stands between quotes, which belong to the piece: a string that
	 * the kernel failed to read is shown without them. */
	bool quoted;
};

/* Shows a field by itself where the fields are wanted instead of the text. */
struct rm_field_shown {
	const struct rm_piece *piece; /* its conversion; NULL: by its type */
	bool hex;                     /* "0x" stood before the conversion */
};

/* An event of the tracers, whose records its print fmt does not describe. */
enum rm_print_special {
	RM_SPECIAL_NONE,
	RM_SPECIAL_BPRINT,      /* the record has its own format string */
	RM_SPECIAL_STACK,       /* as many frames as the record has */
	RM_SPECIAL_FUNCTION,    /* function and its caller */
	RM_SPECIAL_GRAPH_ENTRY, /* begin of a function in a call graph */
	RM_SPECIAL_GRAPH_EXIT,
};

/* A name that needs kallsyms. */
struct rm_named {
	struct rm_named *next;
	struct rm_expr *expr; /* RM_EXPR_SYMBOL; a constant, once it is found */
};

/* Common fields that a line begins with; NULL: the format has it not. */
struct rm_common {
	const struct ringmap_field_info *flags;
	const struct ringmap_field_info *preempt_count;
	const struct ringmap_field_info *pid;
	const struct ringmap_field_info *migrate_disable;
	const struct ringmap_field_info *lock_depth;
};

/* A parsed print fmt. */
struct rm_print_fmt {
	bool followed; /* all was understood */
	bool symbols;  /* addresses are shown as symbols */
	bool printks;  /* strings of the kernel are shown by their address */
	enum rm_print_special special;
	struct rm_common common;
	struct rm_span heading; /* the event's name in a line, padded */
	const struct rm_piece *pieces;
	size_t nr_pieces;
	/* There is one for each field of the format. */
	const struct rm_field_shown *shown;
	/* The data of these fields is elsewhere in the record. */
	const struct ringmap_field_info *const *dynamic;
	size_t nr_dynamic;
	struct rm_named *named;
	/* field_values.c needs every argument that was understood. */
	const struct rm_expr *const *args;
	size_t nr_args;
	/* Fields that an argument mentions which was not understood, and which
	 * calls a table. NULL: none; else one for each field of the format. */
	const bool *doubtful;
};

/*
 * Parses the format's print fmt, once; format->print has it afterwards. The
 * caller holds the schema's lock. False: no memory.
 */
bool rm_print_fmt_parse(struct ringmap_format *format);

/*
 * Makes SYMBOL and FLAGS of the fields that the print fmt always shows by the
 * same table. False: no memory.
 */
bool rm_field_values(struct ringmap_format *format);

#endif
