import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

function sources(under: string): string[] {
  if (!existsSync(under)) return [];
  return readdirSync(under, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(tsx?|css)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.endsWith('schema.d.ts'));
}

const all = sources('src').map((path) => ({ path, text: readFileSync(path, 'utf8') }));
const product = all.filter(({ path }) => !/\.test\.tsx?$|src\/test\//.test(path));

function imports(text: string): string[] {
  return [...text.matchAll(/(?:from|import)\s*\(?['"]([^'"]+)['"]/g)].map(
    ([, from]) => from as string,
  );
}

/** Paths of files that break a rule, for a failure that says where. */
function breaking(files: typeof all, rule: (file: { path: string; text: string }) => boolean) {
  return files.filter(rule).map(({ path }) => path);
}

describe('what may use what', () => {
  test('no feature imports another', () => {
    const found = breaking(product, ({ path, text }) => {
      const own = /^src\/features\/([^/]+)\//.exec(path)?.[1];
      return (
        own !== undefined &&
        imports(text).some((from) => {
          const other = /^@\/features\/([^/]+)/.exec(from)?.[1];
          return other !== undefined && other !== own;
        })
      );
    });
    expect(found).toEqual([]);
  });

  test('features know nothing of the shell but the session', () => {
    const found = breaking(
      product,
      ({ path, text }) =>
        path.startsWith('src/features/') &&
        imports(text).some((from) => from.startsWith('@/app/') && from !== '@/app/session'),
    );
    expect(found).toEqual([]);
  });

  test('shared parts know neither features nor the shell', () => {
    const found = breaking(
      product,
      ({ path, text }) =>
        /^src\/(ui|api|words|theme)\//.test(path) &&
        imports(text).some((from) => /^@\/(features|app)\//.test(from)),
    );
    expect(found).toEqual([]);
  });

  test('modules are named by their full path, not by how far away they are', () => {
    const found = breaking(product, ({ path, text }) =>
      imports(text).some((from) => from.startsWith('..') && path.startsWith('src/')),
    );
    expect(found).toEqual([]);
  });

  test('there are no barrel files', () => {
    const found = breaking(
      all,
      ({ path, text }) =>
        /\/index\.tsx?$/.test(path) || /^export \*|^export \{[^}]*\} from /m.test(text),
    );
    expect(found).toEqual([]);
  });

  test('only React Aria gives components their behaviour', () => {
    const found = breaking(product, ({ text }) =>
      imports(text).some((from) => /^(@radix-ui|@headlessui|@mui|antd)/.test(from)),
    );
    expect(found).toEqual([]);
  });
});

describe('what may be written', () => {
  test('no raw colour stands outside the token file', () => {
    const raw = /#[0-9a-f]{3,8}\b(?![\w-])|\b(?:rgb|hsl|oklch|lab|lch)a?\(/i;
    const palette =
      /\b(?:bg|text|border|fill|stroke|ring|outline)-(?:white|black|(?:red|blue|green|gray|slate|zinc|amber|yellow|orange|indigo|violet|purple|pink|teal|cyan|lime|emerald|sky|rose|neutral|stone)-\d{2,3})\b/;
    const found = breaking(
      product.filter(({ path }) => path !== 'src/theme/tokens.css'),
      ({ text }) => {
        const code = text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '');
        return raw.test(code) || palette.test(code);
      },
    );
    expect(found).toEqual([]);
  });

  test('no file asks another host for anything', () => {
    const found = breaking(product, ({ text }) =>
      /(?:src|href|fetch\(|import\(|url\()=?\s*['"(]*https?:\/\//.test(text),
    );
    expect(found).toEqual([]);
  });

  test('nothing is evaluated', () => {
    const found = breaking(product, ({ text }) =>
      /\beval\(|new Function\(|dangerouslySetInnerHTML|\.innerHTML\s*=/.test(text),
    );
    expect(found).toEqual([]);
  });

  test('every file has one idea: none passes 400 lines', () => {
    const found = breaking(product, ({ text }) => text.split('\n').length > 400);
    expect(found).toEqual([]);
  });
});
