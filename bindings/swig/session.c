/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * session.c - tracing instances that are removed in any case
 */
#include "state.h"

/* session is NULL once it is closed. pids are those that are recorded. */
struct rmb_session {
	struct rmb_object object;
	struct ringmap_session *session;
	int32_t *pids;
	size_t nr_pids;
};

static void destroy_session(void *object)
{
	struct rmb_session *self = object;
	struct ringmap_error unheard;

	/* Nobody is left to be told; it is removed when this process ends. */
	ringmap_session_close(self->session, &unheard);
	free(self->pids);
}

struct rmb_session *new_rmb_session(const struct ringmap_session_opts *opts,
				    struct ringmap_error *err)
{
	struct rmb_session *self = rmb_new(sizeof(*self), destroy_session, err);

	if (!self ||
	    !rmb_failed(ringmap_session_open(opts, &self->session, err), err))
		return self;
	self->session = NULL;
	rmb_unref(self);
	return NULL;
}

void delete_rmb_session(struct rmb_session *self)
{
	rmb_unref(self);
}

/* The session to call; NULL: it is closed. */
static struct ringmap_session *opened(const struct rmb_session *self,
				      struct ringmap_error *err)
{
	if (!self->session)
		rmb_fail(err, RINGMAP_E_INVAL,
			 "the session is closed: open another");
	return self->session;
}

char *rmb_session_instance(struct rmb_session *self, struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_session *session = held ? opened(self, err) : NULL;

	return session ? rmb_text(ringmap_session_instance(session), err)
		       : NULL;
}

void rmb_session_enable(struct rmb_session *self, const char *event,
			const char *filter, struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_session *session = held ? opened(self, err) : NULL;

	if (session && !event)
		rmb_fail(err, RINGMAP_E_INVAL, "which event? give its name");
	else if (session)
		rmb_failed(ringmap_session_enable(session, event, filter, err),
			   err);
}

void rmb_session_add_pid(struct rmb_session *self, int32_t pid,
			 struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_session *session = held ? opened(self, err) : NULL;

	if (!session)
		return;

	size_t count = self->nr_pids + 1;
	int32_t *pids = realloc(self->pids, count * sizeof(*pids));

	if (!pids) {
		rmb_failed(RINGMAP_E_NOMEM, err);
		return;
	}
	self->pids = pids;
	pids[self->nr_pids] = pid;
	if (!rmb_failed(ringmap_session_set_pids(session, pids, count, err),
			err))
		self->nr_pids = count;
}

void rmb_session_clear_pids(struct rmb_session *self, struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_session *session = held ? opened(self, err) : NULL;

	if (session &&
	    !rmb_failed(ringmap_session_set_pids(session, NULL, 0, err), err))
		self->nr_pids = 0;
}

void rmb_session_start(struct rmb_session *self, struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_session *session = held ? opened(self, err) : NULL;

	if (session)
		rmb_failed(ringmap_session_start(session, err), err);
}

void rmb_session_stop(struct rmb_session *self, struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_session *session = held ? opened(self, err) : NULL;

	if (session)
		rmb_failed(ringmap_session_stop(session, err), err);
}

void rmb_session_close(struct rmb_session *self, struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_session *session = self->session;

	if (!held || !session)
		return;
	self->session = NULL;
	rmb_failed(ringmap_session_close(session, err), err);
}
