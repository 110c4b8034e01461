// Calls one function of a JavaScript solution and writes what it returned, as data. Runs inside the sandbox.
//
//   argv    path of the solution, name of the function
//   stdin   the arguments, a JSON list
//   stdout  {"value": encoded} | {"missing": true}
//
// The expected result is never here: it is compared outside.
'use strict';
const fs = require('node:fs');
const vm = require('node:vm');
const path = require('node:path');
const { createRequire } = require('node:module');

const write = fs.writeSync;
const stringify = JSON.stringify;
const [solution, name] = process.argv.slice(2);
const args = JSON.parse(fs.readFileSync(0, 'utf8'));

function encode(value, depth) {
  if (depth > 500) return { other: 'too deep' };
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : { number: String(value) };
  if (typeof value === 'bigint') return { integer: value.toString() };
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    return Array.from(value, (item) => encode(item, depth + 1));
  }
  if (value instanceof Map) return { dict: pairs(value.entries(), depth) };
  if (value instanceof Set) return { set: Array.from(value, (item) => encode(item, depth + 1)) };
  if (typeof value === 'object') return { dict: pairs(Object.entries(value), depth) };
  return { other: typeof value };
}

function pairs(entries, depth) {
  return Array.from(entries, ([key, item]) => [encode(key, depth + 1), encode(item, depth + 1)]);
}

function find() {
  const script = `typeof ${name} === 'function' ? ${name} : undefined`;
  const found = /^[\w$]+$/.test(name) ? vm.runInThisContext(script) : undefined;
  if (found) return found;
  const exported = globalThis.module.exports;
  if (typeof exported === 'function' && exported.name === name) return exported;
  if (exported && typeof exported[name] === 'function') return exported[name];
  const Solution = vm.runInThisContext("typeof Solution === 'function' ? Solution : undefined");
  if (!Solution) return undefined;
  const object = new Solution();
  return typeof object[name] === 'function' ? object[name].bind(object) : undefined;
}

console.log = console.info = console.debug = () => {};
process.stdout.write = () => true;
globalThis.require = createRequire(path.resolve(solution));
globalThis.module = { exports: {} };
globalThis.exports = globalThis.module.exports;
vm.runInThisContext(fs.readFileSync(solution, 'utf8'), { filename: 'main.js' });

const answer = find();
Promise.resolve(answer === undefined ? undefined : answer(...args)).then((value) => {
  const text = answer === undefined ? { missing: true } : { value: encode(value, 0) };
  const bytes = Buffer.from(stringify(text));
  for (let at = 0; at < bytes.length; ) at += write(1, bytes, at);
});
