// Writes .br and .gz beside each asset worth it, so that the server never compresses while answering.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const brotli = promisify(brotliCompress);
const deflate = promisify(gzip);
const root = new URL('../dist/', import.meta.url).pathname;
const compressible = /\.(js|css|html|svg|json|txt|map)$/;

const files = (await readdir(root, { recursive: true, withFileTypes: true })).filter(
  // index.html is filled in for each response and .vite/ is not served.
  (entry) =>
    entry.isFile() &&
    compressible.test(entry.name) &&
    entry.name !== 'index.html' &&
    !entry.parentPath.includes('.vite'),
);

let saved = 0;
for (const entry of files) {
  const path = join(entry.parentPath, entry.name);
  const text = await readFile(path);
  if (text.length < 512) continue;
  const [br, gz] = await Promise.all([
    brotli(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
    deflate(text, { level: 9 }),
  ]);
  await writeFile(`${path}.br`, br);
  await writeFile(`${path}.gz`, gz);
  saved += text.length - br.length;
}
console.log(
  `precompressed ${files.length} files, ${Math.round(saved / 1024)} kB smaller as brotli`,
);
