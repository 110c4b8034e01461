"""Changes to files in JavaScript, for `swe_problems`."""

from __future__ import annotations

from genesys.envs.sources.swe_problems_change import Change

_DEBOUNCE_BEFORE = """
// Delays calls until there has been a pause of `wait` milliseconds; the last call's arguments count.
function debounce(callback, wait) {
  let timer = null;

  return function debounced(...args) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = null;
      callback.apply(this, args);
    }, wait);
  };
}

module.exports = { debounce };
"""

_DEBOUNCE_AFTER = """
// Delays calls until there has been a pause of `wait` milliseconds; the last call's arguments count.
// With { leading: true } the first call of a burst runs at once, and the end of the burst runs the
// callback only if there were further calls.
function debounce(callback, wait, { leading = false } = {}) {
  let timer = null;
  let pending = null; // { self, args } of the last call that has not run

  function run() {
    const { self, args } = pending;
    pending = null;
    callback.apply(self, args);
  }

  function debounced(...args) {
    const first = timer === null;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = null;
      if (pending !== null) run();
    }, wait);
    pending = { self: this, args };
    if (leading && first) run();
  }

  // Forgets a call that waits.
  debounced.cancel = () => {
    clearTimeout(timer);
    timer = null;
    pending = null;
  };

  // Runs a call that waits now; does nothing if none does.
  debounced.flush = () => {
    clearTimeout(timer);
    timer = null;
    if (pending !== null) run();
  };

  return debounced;
}

module.exports = { debounce };
"""

_ROUTER_BEFORE = """
// Finds the handler of a request by method and path.
class Router {
  constructor() {
    this.routes = [];
  }

  add(method, path, handler) {
    this.routes.push({ method: method.toUpperCase(), path, handler });
    return this;
  }

  // Returns { status: 200, handler } or { status: 404 }.
  match(method, path) {
    const found = this.routes.find(
      (route) => route.method === method.toUpperCase() && route.path === path
    );
    return found ? { status: 200, handler: found.handler } : { status: 404 };
  }
}

module.exports = { Router };
"""

_ROUTER_AFTER = """
// Finds the handler of a request by method and path.
//
// A segment such as ":id" of a route matches any one segment that is not empty, and names it.
class Router {
  constructor() {
    this.routes = [];
  }

  add(method, path, handler) {
    this.routes.push({ method: method.toUpperCase(), segments: path.split("/"), handler });
    return this;
  }

  // Returns { status: 200, handler, params }; { status: 405, allow } with the sorted methods that the path
  // has, if it has others than the one that was asked for; or { status: 404 }.
  match(method, path) {
    const wanted = method.toUpperCase();
    const given = path.split("/");
    const allow = new Set();
    for (const route of this.routes) {
      const params = matchSegments(route.segments, given);
      if (params === null) continue;
      if (route.method === wanted) return { status: 200, handler: route.handler, params };
      allow.add(route.method);
    }
    return allow.size > 0 ? { status: 405, allow: [...allow].sort() } : { status: 404 };
  }
}

function matchSegments(segments, given) {
  if (segments.length !== given.length) return null;
  const params = {};
  for (let i = 0; i < segments.length; i += 1) {
    if (segments[i].startsWith(":")) {
      const value = decoded(given[i]);
      if (!value) return null;
      params[segments[i].slice(1)] = value;
    } else if (segments[i] !== given[i]) {
      return null;
    }
  }
  return params;
}

function decoded(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null; // a broken escape such as "%zz" matches nothing
  }
}

module.exports = { Router };
"""

JAVASCRIPT = (
    Change(
        name="debounce-leading",
        path="src/debounce.js",
        language="javascript",
        request="Give debounce a third argument, an object of options. With `leading: true` the first call of a burst runs "
        "at once, and when the burst ends the callback runs again, with the last arguments, only if there were further "
        "calls. The returned function gets two methods: cancel() forgets a call that waits, flush() runs it now and "
        "does nothing if none waits. After either the next call starts a new burst. Without options nothing changes.",
        before=_DEBOUNCE_BEFORE,
        after=_DEBOUNCE_AFTER,
    ),
    Change(
        name="router-params",
        path="lib/router.js",
        language="javascript",
        request="Routes should take parameters: a segment such as :id in the path of add() matches exactly one segment that "
        "is not empty, and match() returns its percent-decoded value in `params` ({} for routes without any); a segment "
        "whose escapes are broken matches no parameter. The route that was added first wins. If the path exists only "
        "for other methods, return { status: 405, allow } with those methods, sorted and each once.",
        before=_ROUTER_BEFORE,
        after=_ROUTER_AFTER,
    ),
)
"""Two changes: a leading edge for debounce, parameters and 405 for a router."""
