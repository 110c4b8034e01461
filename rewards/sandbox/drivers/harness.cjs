// Runs the tests of a JavaScript harness problem on a solution. Runs inside the sandbox.
//
//   argv  path of the solution, path of the tests
//
// Both are scripts of one global scope, the solution first. What the tests lean on (assert, console, JSON,
// Math, built-in methods) cannot be replaced by the solution, and a failed console.assert throws.
// See worker/handshake.py for the handshake.
'use strict';
const fs = require('node:fs');
const vm = require('node:vm');
const path = require('node:path');
const assert = require('node:assert');
const { createRequire } = require('node:module');

const REPORT = 3, NONCE = 4, NONCE_BYTES = 16;
const { readSync, writeSync, closeSync } = fs;
const run = vm.runInThisContext;
const [solution, tests] = process.argv.slice(2).map((name) => path.resolve(name));
const solutionText = fs.readFileSync(solution, 'utf8');
const testsText = fs.readFileSync(tests, 'utf8');

const { AssertionError } = assert;
console.assert = (condition, ...words) => {
  if (!condition) throw new AssertionError({ message: `console.assert: ${words.join(' ')}` });
};

// Existing methods become read-only; a solution may still add its own.
function protect(object) {
  for (const key of Reflect.ownKeys(object)) {
    const property = Object.getOwnPropertyDescriptor(object, key);
    if (property.configurable && 'value' in property) {
      Object.defineProperty(object, key, { ...property, writable: false, configurable: false });
    }
  }
}
// Not Object.prototype, Function.prototype and Error.prototype: where a method there is read-only, classes
// could not define a toString of their own by assignment.
for (const object of [
  assert, assert.strict, console, JSON, Math, Object, Array, Number, String, Reflect, Promise, Symbol, vm, fs,
  Array.prototype, Number.prototype, String.prototype, Boolean.prototype, RegExp.prototype, Map.prototype,
  Set.prototype, Object.getPrototypeOf([][Symbol.iterator]()),
]) {
  protect(object);
}
for (const name of ['JSON', 'Math', 'Object', 'Array', 'Number', 'String', 'console', 'Promise', 'isNaN', 'parseInt', 'parseFloat', 'Reflect']) {
  Object.defineProperty(globalThis, name, { value: globalThis[name], writable: false, configurable: false });
}
const pristine = new Map(
  [Object.prototype, Function.prototype, Error.prototype].map((object) => [object, Object.getOwnPropertyDescriptors(object)]),
);

function restore() {
  for (const [object, properties] of pristine) {
    for (const key of Reflect.ownKeys(properties)) Object.defineProperty(object, key, properties[key]);
  }
  Error.prepareStackTrace = undefined;
}

const given = createRequire(solution);
globalThis.require = (name) => (/^(node:)?assert(\/strict)?$/.test(name) ? (name.endsWith('strict') ? assert.strict : assert) : given(name));
globalThis.module = { exports: {} };
globalThis.exports = globalThis.module.exports;
const own = globalThis.require;
run(solutionText, { filename: 'main.js' });
restore();
globalThis.require = own;

if (writeSync(REPORT, 'L') !== 1) process.reallyExit(125);
const nonce = Buffer.alloc(NONCE_BYTES);
for (let have = 0; have < NONCE_BYTES; ) {
  const got = readSync(NONCE, nonce, have, NONCE_BYTES - have);
  if (got === 0) process.reallyExit(125);
  have += got;
}
closeSync(NONCE);
run(testsText, { filename: 'tests.js' });
writeSync(REPORT, nonce);
