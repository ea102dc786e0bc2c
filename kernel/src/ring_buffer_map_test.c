// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring_buffer_map_test.c - KUnit tests of GET_READER beside other readers
 *
 * This file is part of ring_buffer.c, which includes it. No process maps the
 * ring here: the tests set it up as for a mapping and look at it from the
 * kernel's side. The areas themselves are tested from user space.
 */
#include <kunit/test.h>

/* The smallest ring: two sub-buffers and the reader sub-buffer. */
#define TEST_RING_SIZE (2 * BUF_PAGE_SIZE)

/* This size leaves room at the end of a sub-buffer. */
struct test_event {
	u64 number;
	u64 rest[2];
};

/* The number that fits with headers of 4 bytes; some archs have 8. */
#define TEST_EVENTS (BUF_PAGE_SIZE / (sizeof(struct test_event) + 4))

struct map_test {
	struct trace_buffer *buffer;
	struct ring_buffer_per_cpu *cpu_buffer;
	struct trace_buffer_meta *meta;
	int cpu;
	u64 written;
};

/* Writes events whose only content is a rising number. */
static void write_events(struct kunit *test, unsigned int count)
{
	struct map_test *ctx = test->priv;

	while (count--) {
		struct ring_buffer_event *event;
		struct test_event *body;

		event = ring_buffer_lock_reserve(ctx->buffer, sizeof(*body));
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, event);
		body = ring_buffer_event_data(event);
		body->number = ctx->written++;
		ring_buffer_unlock_commit(ctx->buffer, event);
	}
}

static void get_reader(struct kunit *test)
{
	struct map_test *ctx = test->priv;
	struct trace_buffer_meta *meta = ctx->meta;

	KUNIT_ASSERT_EQ(test, ring_buffer_map_get_reader(ctx->buffer, ctx->cpu),
			0);
	KUNIT_EXPECT_EQ(test, meta->entries - meta->overrun - meta->read,
			(u64)ring_buffer_entries_cpu(ctx->buffer, ctx->cpu));
}

static u32 reader_commit(struct map_test *ctx)
{
	return local_read(&ctx->cpu_buffer->reader_page->page->commit);
}

/* Returns the number in the first event of the reader sub-buffer. */
static u64 first_number(struct map_test *ctx)
{
	struct ring_buffer_event *event =
		__rb_page_index(ctx->cpu_buffer->reader_page, 0);

	while (event->type_len > RINGBUF_TYPE_DATA_TYPE_LEN_MAX)
		event = (void *)event + rb_event_length(event);
	return ((struct test_event *)ring_buffer_event_data(event))->number;
}

/* Consumes one event as trace_pipe does; returns its number. */
static u64 consume(struct kunit *test)
{
	struct map_test *ctx = test->priv;
	struct ring_buffer_event *event;

	event = ring_buffer_consume(ctx->buffer, ctx->cpu, NULL, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, event);
	return ((struct test_event *)ring_buffer_event_data(event))->number;
}

static int double_size(struct map_test *ctx, int cpu)
{
	return ring_buffer_resize(ctx->buffer, 2 * TEST_RING_SIZE, cpu);
}

static void nobody_mapped_it(struct kunit *test)
{
	struct map_test *ctx = test->priv;
	struct ring_buffer_per_cpu *cpu_buffer = ctx->cpu_buffer;

	mutex_lock(&cpu_buffer->mapping_lock);
	rb_map_put(cpu_buffer);
	mutex_unlock(&cpu_buffer->mapping_lock);

	KUNIT_EXPECT_EQ(test, ring_buffer_map_get_reader(ctx->buffer, ctx->cpu),
			-ENODEV);
	KUNIT_EXPECT_EQ(test, ring_buffer_unmap(ctx->buffer, ctx->cpu),
			-ENODEV);
	KUNIT_EXPECT_EQ(test, double_size(ctx, ctx->cpu), 0);

	mutex_lock(&cpu_buffer->mapping_lock);
	KUNIT_EXPECT_EQ(test, rb_map_get(cpu_buffer), 0);
	mutex_unlock(&cpu_buffer->mapping_lock);
}

static void numbers_are_those_of_the_ring(struct kunit *test)
{
	struct map_test *ctx = test->priv;
	struct trace_buffer_meta *meta = ctx->meta;
	struct buffer_page *subbuf = ctx->cpu_buffer->head_page;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, meta->meta_page_size, (u32)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, meta->meta_struct_len, 80U);
	KUNIT_EXPECT_EQ(test, meta->subbuf_size, (u32)PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, (unsigned long)meta->nr_subbufs,
			ctx->cpu_buffer->nr_pages + 1);
	KUNIT_EXPECT_EQ(test, ctx->cpu_buffer->reader_page->id, 0U);
	for (i = 1; i < meta->nr_subbufs; i++) {
		KUNIT_EXPECT_EQ(test, subbuf->id, i);
		KUNIT_EXPECT_PTR_EQ(test, ctx->cpu_buffer->subbufs[i],
				    subbuf->page);
		rb_inc_page(&subbuf);
	}
}

static void a_whole_subbuf_is_taken(struct kunit *test)
{
	struct map_test *ctx = test->priv;
	u64 read;

	/* The first sub-buffer is full, the second is not. */
	write_events(test, TEST_EVENTS + 10);
	get_reader(test);
	read = ctx->meta->read;
	KUNIT_EXPECT_EQ(test, ctx->meta->reader.id, 1U);
	KUNIT_EXPECT_EQ(test, ctx->meta->reader.read, reader_commit(ctx));
	KUNIT_EXPECT_EQ(test, first_number(ctx), 0ULL);
	KUNIT_EXPECT_GT(test, read, 100ULL);

	get_reader(test);
	KUNIT_EXPECT_EQ(test, ctx->meta->reader.id, 2U);
	KUNIT_EXPECT_EQ(test, first_number(ctx), read);
	KUNIT_EXPECT_EQ(test, ctx->meta->read, ctx->written);

	get_reader(test);
	KUNIT_EXPECT_EQ(test, ctx->meta->reader.id, 2U);
	KUNIT_EXPECT_EQ(test, ctx->meta->read, ctx->written);
}

static void a_growing_subbuf_is_taken_again(struct kunit *test)
{
	struct map_test *ctx = test->priv;
	u32 id, read;

	write_events(test, 3);
	get_reader(test);
	KUNIT_EXPECT_EQ(test, ctx->meta->read, 3ULL);
	id = ctx->meta->reader.id;
	read = ctx->meta->reader.read;

	write_events(test, 2);
	get_reader(test);
	KUNIT_EXPECT_EQ(test, ctx->meta->read, 5ULL);
	KUNIT_EXPECT_EQ(test, ctx->meta->reader.id, id);
	KUNIT_EXPECT_GT(test, ctx->meta->reader.read, read);

	/* Other readers continue where it stopped. */
	write_events(test, 1);
	KUNIT_EXPECT_EQ(test, consume(test), 5ULL);
}

static void a_begun_subbuf_is_finished(struct kunit *test)
{
	struct map_test *ctx = test->priv;
	u64 read;

	write_events(test, TEST_EVENTS + 10);
	KUNIT_EXPECT_EQ(test, consume(test), 0ULL);
	KUNIT_EXPECT_EQ(test, consume(test), 1ULL);
	get_reader(test);
	read = ctx->meta->read;
	KUNIT_EXPECT_EQ(test, consume(test), read);
}

static void losses_are_told_once(struct kunit *test)
{
	struct map_test *ctx = test->priv;
	struct trace_buffer_meta *meta = ctx->meta;
	struct buffer_data_page *page;
	unsigned long stored;
	u32 commit;

	write_events(test, 5 * TEST_EVENTS);
	get_reader(test);
	page = ctx->cpu_buffer->reader_page->page;
	KUNIT_EXPECT_GT(test, meta->overrun, 0ULL);
	KUNIT_EXPECT_EQ(test, meta->reader.lost_events, meta->overrun);
	KUNIT_EXPECT_EQ(test, first_number(ctx), meta->overrun);

	commit = reader_commit(ctx);
	KUNIT_EXPECT_EQ(test, commit & RB_MISSED_MASK, (u32)RB_MISSED_MASK);
	KUNIT_EXPECT_EQ(test, meta->reader.read, commit & ~(u32)RB_MISSED_MASK);
	memcpy(&stored, page->data + meta->reader.read, sizeof(stored));
	KUNIT_EXPECT_EQ(test, (u64)stored, meta->overrun);

	get_reader(test);
	KUNIT_EXPECT_EQ(test, meta->reader.lost_events, 0ULL);
	KUNIT_EXPECT_FALSE(test, reader_commit(ctx) & RB_MISSED_MASK);
	KUNIT_EXPECT_EQ(test, meta->read, ctx->written - meta->overrun);
	KUNIT_EXPECT_EQ(test, ring_buffer_bytes_cpu(ctx->buffer, ctx->cpu),
			0UL);
}

static void read_leaves_the_subbufs(struct kunit *test)
{
	struct map_test *ctx = test->priv;
	struct ring_buffer_per_cpu *cpu_buffer = ctx->cpu_buffer;
	struct buffer_data_page *page;
	unsigned int i;
	void *copy;

	copy = ring_buffer_alloc_read_page(ctx->buffer, ctx->cpu);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, copy);
	page = copy;
	for (i = 0; i < 6; i++) {
		int full = i & 1, id, ret;

		/* The writer has left at least one sub-buffer. */
		write_events(test, 3 * TEST_EVENTS);
		ret = ring_buffer_read_page(ctx->buffer, &copy, PAGE_SIZE,
					    ctx->cpu, full);
		KUNIT_EXPECT_GE(test, ret, 0);
		KUNIT_EXPECT_PTR_EQ(test, copy, (void *)page);
		id = cpu_buffer->reader_page->id;
		KUNIT_EXPECT_PTR_EQ(test, cpu_buffer->reader_page->page,
				    cpu_buffer->subbufs[id]);
		get_reader(test);
	}
	ring_buffer_free_read_page(ctx->buffer, ctx->cpu, copy);
}

static void reset_shows(struct kunit *test)
{
	struct map_test *ctx = test->priv;
	struct trace_buffer_meta *meta = ctx->meta;

	write_events(test, 5 * TEST_EVENTS);
	get_reader(test);
	ring_buffer_reset_cpu(ctx->buffer, ctx->cpu);
	KUNIT_EXPECT_EQ(test, meta->entries, 0ULL);
	KUNIT_EXPECT_EQ(test, meta->overrun, 0ULL);
	KUNIT_EXPECT_EQ(test, meta->read, 0ULL);
	KUNIT_EXPECT_EQ(test, meta->reader.read, 0U);
	KUNIT_EXPECT_EQ(test, meta->reader.lost_events, 0ULL);
	KUNIT_EXPECT_EQ(test, reader_commit(ctx), 0U);

	write_events(test, 1);
	get_reader(test);
	KUNIT_EXPECT_EQ(test, meta->read, 1ULL);
}

static void the_size_stays(struct kunit *test)
{
	struct map_test *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, double_size(ctx, ctx->cpu), -EBUSY);
	KUNIT_EXPECT_EQ(test, double_size(ctx, RING_BUFFER_ALL_CPUS), -EBUSY);
}

static int map_test_init(struct kunit *test)
{
	struct map_test *ctx;
	int err;

	ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return -ENOMEM;
	test->priv = ctx;

	/* All events go to the ring of one CPU. */
	ctx->cpu = cpumask_first(cpu_online_mask);
	err = set_cpus_allowed_ptr(current, cpumask_of(ctx->cpu));
	if (err)
		return err;

	ctx->buffer = ring_buffer_alloc(TEST_RING_SIZE, RB_FL_OVERWRITE);
	if (!ctx->buffer)
		return -ENOMEM;
	ctx->cpu_buffer = ctx->buffer->buffers[ctx->cpu];

	mutex_lock(&ctx->cpu_buffer->mapping_lock);
	err = rb_map_get(ctx->cpu_buffer);
	mutex_unlock(&ctx->cpu_buffer->mapping_lock);
	ctx->meta = ctx->cpu_buffer->meta_page;
	return err;
}

static void map_test_exit(struct kunit *test)
{
	struct map_test *ctx = test->priv;

	if (!ctx || !ctx->buffer)
		return;
	if (ctx->meta)
		KUNIT_EXPECT_EQ(test, ring_buffer_unmap(ctx->buffer, ctx->cpu),
				0);
	ring_buffer_free(ctx->buffer);
}

static struct kunit_case map_test_cases[] = {
	KUNIT_CASE(nobody_mapped_it),
	KUNIT_CASE(numbers_are_those_of_the_ring),
	KUNIT_CASE(a_whole_subbuf_is_taken),
	KUNIT_CASE(a_growing_subbuf_is_taken_again),
	KUNIT_CASE(a_begun_subbuf_is_finished),
	KUNIT_CASE(losses_are_told_once),
	KUNIT_CASE(read_leaves_the_subbufs),
	KUNIT_CASE(reset_shows),
	KUNIT_CASE(the_size_stays),
	{}};

static struct kunit_suite map_test_suite = {
	.name = "ring_buffer_map",
	.init = map_test_init,
	.exit = map_test_exit,
	.test_cases = map_test_cases,
};

kunit_test_suite(map_test_suite);
