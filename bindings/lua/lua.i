/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * lua.i - what ringmap.i asks of Lua 5.3 and later
 *
 * Errors are tables with status, name, os_errno and text, that tostring()
 * shows as text. Bytes are copied into strings: Lua has no others. 64-bit
 * numbers are Lua's integers; above 2^63 - 1 they are negative.
 */
%{
#include <ringmap/ringmap.h>

/* What tostring() of an error gives. */
static int error_text(lua_State *L)
{
	lua_getfield(L, 1, "text");
	return 1;
}

static void push_error(lua_State *L, const struct ringmap_error *err)
{
	lua_createtable(L, 0, 4);
	lua_pushinteger(L, err->status);
	lua_setfield(L, -2, "status");
	lua_pushstring(L, ringmap_status_name(
				(enum ringmap_status)err->status));
	lua_setfield(L, -2, "name");
	lua_pushinteger(L, err->os_errno);
	lua_setfield(L, -2, "os_errno");
	lua_pushstring(L, err->text);
	lua_setfield(L, -2, "text");
	if (luaL_newmetatable(L, "ringmap.Error")) {
		lua_pushcfunction(L, error_text);
		lua_setfield(L, -2, "__tostring");
	}
	lua_setmetatable(L, -2);
}

static int is_integer(lua_State *L, int at)
{
	int whole = 0;

	lua_tointegerx(L, at, &whole);
	return whole && lua_type(L, at) == LUA_TNUMBER;
}

/* methods("Ring"): the metatable of all rings, and the table of its methods. */
static int methods(lua_State *L)
{
	SWIG_Lua_get_class_metatable(L, luaL_checkstring(L, 1));
	lua_getfield(L, -1, ".fn");
	return 2;
}
%}

%native(methods) int methods(lua_State *L);

%define RINGMAP_RAISE(ERR)
push_error(L, ERR);
SWIG_fail;
%enddef

%typemap(out, noblock=1) struct rmb_bytes {
	lua_pushlstring(L, $1.data ? $1.data : "", $1.size);
	rmb_unref($1.owner);
	SWIG_arg++;
}
%typemap(in, checkfn="lua_isstring") (char *STRING, size_t LENGTH)
%{ $1 = (char *)lua_tolstring(L, $input, &$2); %}

%typemap(out) int, int32_t, int64_t, uint32_t, uint64_t, enum SWIGTYPE
%{ lua_pushinteger(L, (lua_Integer)$1); SWIG_arg++; %}
%typemap(in, checkfn="is_integer") int, int32_t, int64_t, uint32_t, uint64_t,
	size_t, enum SWIGTYPE
%{ $1 = ($1_ltype)lua_tointeger(L, $input); %}
%typemap(out) rmb_count
%{ if ($1 == RINGMAP_LOST_UNKNOWN) lua_pushnil(L);
   else lua_pushinteger(L, (lua_Integer)$1);
   SWIG_arg++; %}

%include "ringmap.i"
