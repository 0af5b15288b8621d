// Holds the budgets of the built pages: what the shell loads, and what each page adds to it by itself, early or late, as gzip.
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
const budgets = {
  shell: 200 * kB,
  sql: 180 * kB,
  lineage: 80 * kB,
  other: 60 * kB,
};

// Routes that show one of several views: each view is a page, and its cost is that of the route and its own.
const views = {
  'docs: contents of errors': 'src/features/docs/error-pages.ts',
  'docs: one error': 'src/features/docs/error-text.tsx',
  'policies: simulate': 'src/features/policies/simulate.tsx',
  'product: access': 'src/features/product/access-tab.tsx',
  'product: changes': 'src/features/product/changes-tab.tsx',
  'product: lineage': 'src/features/product/lineage-tab.tsx',
  'product: quality': 'src/features/product/quality-tab.tsx',
  'product: schema': 'src/features/product/schema-tab.tsx',
  'product: usage': 'src/features/product/usage-tab.tsx',
  'requests: new': 'src/features/requests/request-form.tsx',
  'requests: which port': 'src/features/requests/choose-port.tsx',
};
// What waits until a person asks for it, beside what the page is for: dialogs, drawers, exports, other sides of an answer.
const onDemand = new Set([
  'src/features/product/column-drawer.tsx',
  'src/features/requests/decision-dialog.tsx',
  'src/features/sql/answer-csv.ts',
  'src/features/sql/chart-view.tsx',
  'src/features/sql/history-view.tsx',
  'src/features/sql/plan-view.tsx',
  'src/features/sql/policy-view.tsx',
  'src/features/sql/rename.tsx',
]);

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
const apart = new Set([...onDemand, ...Object.values(views)]);

/** What a page adds to the shell: what loads with each of `keys`, and what that loads later by itself. */
function added(...keys) {
  const files = new Set();
  const seen = new Set();
  const load = (key) => {
    const chunk = manifest[key];
    if (!chunk || seen.has(key) || shell.has(chunk.file)) return;
    seen.add(key);
    for (const file of closure(key)) if (!shell.has(file)) files.add(file);
    for (const imported of chunk.imports ?? []) load(imported);
    for (const later of chunk.dynamicImports ?? []) {
      // Of the manual's pages, which are a file each, one is shown at a time.
      if (!apart.has(later) && !later.includes('/platform/docs/errors/')) load(later);
    }
  };
  keys.forEach(load);
  return files;
}

const routeOf = (page) => `src/app/routes/${page}-page.tsx`;
const rows = [['shell', total(shell), budgets.shell]];
const row = (page, ...keys) =>
  rows.push([page, total(added(...keys)), budgets[page] ?? budgets.other]);
for (const key of Object.keys(manifest)) {
  const page = /src\/app\/routes\/(.+)-page\.tsx$/.exec(key)?.[1];
  if (page) row(page, key);
}
for (const [name, key] of Object.entries(views)) row(name, routeOf(name.split(':')[0]), key);
for (const key of apart) {
  if (manifest[key]) continue;
  console.error(`no chunk ${key}, which the budgets name`);
  process.exit(1);
}

let over = 0;
for (const [name, bytes, budget] of rows.sort((a, b) => b[1] - a[1])) {
  const fits = bytes <= budget;
  if (!fits) over += 1;
  const kilo = (n) => `${(n / kB).toFixed(1)} kB`;
  console.log(
    `${fits ? 'ok  ' : 'OVER'} ${name.padEnd(24)} ${kilo(bytes).padStart(10)} of ${kilo(budget)}`,
  );
}
if (rows.length < 2 + Object.keys(views).length) {
  console.error('the manifest names no route: the pattern of route files has changed');
  process.exit(1);
}
// A build tells; `npm run budget` refuses.
process.exit(over === 0 || process.argv.includes('--tell') ? 0 : 1);
