// Holds the budgets of the built pages: what the shell loads, and what each route adds to it, as gzip.
import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url);
const manifestFile = new URL('.vite/manifest.json', dist);
if (!existsSync(manifestFile)) {
  console.error('no dist/.vite/manifest.json: run `npm run build` first');
  process.exit(1);
}
const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));

const kB = 1000;
const budgets = { shell: 200 * kB, sql: 180 * kB, lineage: 80 * kB, other: 60 * kB };
// The reference page is a viewer of its own that no other page loads.
const own = { api: 1200 * kB };

const sizes = new Map();
function size(file) {
  if (!sizes.has(file))
    sizes.set(file, gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length);
  return sizes.get(file);
}

/** Every file that loads with `key`: its chunk, its static imports and their styles. */
function closure(key, found = new Set()) {
  const chunk = manifest[key];
  if (!chunk || found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const css of chunk.css ?? []) found.add(css);
  for (const imported of chunk.imports ?? []) closure(imported, found);
  return found;
}
const total = (files) => [...files].reduce((sum, file) => sum + size(file), 0);

const shell = closure('index.html');
const rows = [['shell', total(shell), budgets.shell]];
for (const [key, chunk] of Object.entries(manifest)) {
  const page = /src\/app\/routes\/(.+)-page\.tsx$/.exec(key)?.[1];
  if (!page || !chunk.isDynamicEntry) continue;
  const added = new Set([...closure(key)].filter((file) => !shell.has(file)));
  rows.push([page, total(added), own[page] ?? budgets[page] ?? budgets.other]);
}

let over = 0;
for (const [name, bytes, budget] of rows.sort((a, b) => b[1] - a[1])) {
  const fits = bytes <= budget;
  if (!fits) over += 1;
  const kilo = (n) => `${(n / kB).toFixed(1)} kB`;
  console.log(
    `${fits ? 'ok  ' : 'OVER'} ${name.padEnd(12)} ${kilo(bytes).padStart(10)} of ${kilo(budget)}`,
  );
}
if (rows.length < 2) {
  console.error('the manifest names no route: the pattern of route files has changed');
  process.exit(1);
}
// A build tells; `npm run budget` refuses.
process.exit(over === 0 || process.argv.includes('--tell') ? 0 : 1);
