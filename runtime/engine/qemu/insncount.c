/* A QEMU plugin (TCG plugin API 1, QEMU 7.2 or later) that counts the instructions
 * a guest executes, by function. The counts repeat to the instruction; they are
 * instructions, not cycles. The few declarations of the API that it needs are
 * here, so it builds without QEMU's headers:
 *
 *     gcc -shared -fPIC -O2 -o insncount.so insncount.c
 *     qemu-system-arm … -plugin ./insncount.so,out=FILE
 *
 * FILE gets one line "function instructions" for each function that ran, in the
 * order of their names; code without a symbol counts as "?". The sum of the lines
 * is all that the guest executed. A caller who wants the model alone adds up the
 * functions of its object files. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef struct {
	const char *target_name;
	struct {
		int min, cur;
	} version;
	bool system_emulation;
	union {
		struct {
			int smp_vcpus, max_vcpus;
		} system;
	};
} qemu_info_t;
enum { INLINE_ADD_U64 = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *), void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
const char *qemu_plugin_insn_symbol(const struct qemu_plugin_insn *);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, int op, void *counter, uint64_t add);

EXPORT int qemu_plugin_version = 1;

struct function {
	struct function *next;
	uint64_t instructions;
	char name[];
};

/* All functions seen, by name. Translated code holds the addresses of the
 * counters, so an entry never moves. */
static struct function *functions;
static FILE *out;

static struct function *find(const char *name)
{
	struct function **at = &functions, *f;

	while (*at != NULL && strcmp((*at)->name, name) < 0) {
		at = &(*at)->next;
	}
	if (*at != NULL && strcmp((*at)->name, name) == 0) {
		return *at;
	}
	f = malloc(sizeof *f + strlen(name) + 1);
	if (f == NULL) {
		fputs("insncount: out of memory\n", stderr);
		exit(1);
	}
	strcpy(f->name, name);
	f->instructions = 0;
	f->next = *at;
	*at = f;
	return f;
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const char *name = qemu_plugin_insn_symbol(insn);
		struct function *f = find(name != NULL && *name != '\0' ? name : "?");
		qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, &f->instructions, 1);
	}
}

static void report(qemu_plugin_id_t id, void *unused)
{
	const struct function *f;

	(void)id;
	(void)unused;
	for (f = functions; f != NULL; f = f->next) {
		fprintf(out, "%s %llu\n", f->name, (unsigned long long)f->instructions);
	}
	if (fclose(out) != 0) {
		perror("insncount");
		exit(1);
	}
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4) != 0) {
		fputs("insncount: wanted the argument out=FILE\n", stderr);
		return 1;
	}
	out = fopen(argv[0] + 4, "w");
	if (out == NULL) {
		perror(argv[0] + 4);
		return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	qemu_plugin_register_atexit_cb(id, report, NULL);
	return 0;
}
