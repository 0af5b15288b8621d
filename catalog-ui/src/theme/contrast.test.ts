import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

type Tokens = Map<string, [light: string, dark: string]>;

const css = readFileSync('src/theme/tokens.css', 'utf8');

function tokensOf(selector: string): Tokens {
  const start = css.indexOf(`${selector} {`);
  const block = css.slice(start, css.indexOf('\n}', start));
  const tokens: Tokens = new Map();
  for (const [, name, light, dark] of block.matchAll(
    /--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);/g,
  )) {
    tokens.set(name as string, [light as string, dark as string]);
  }
  return tokens;
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const grounds = ['canvas', 'surface', 'raised', 'sunken', 'hover'];
const softs = ['accent-soft', 'good-soft', 'warn-soft', 'bad-soft', 'mask-soft'];

/** [drawn, on, least ratio] */
const pairs: [string, string, number][] = [
  ...['ink', 'ink-soft', 'ink-faint', 'accent-ink'].flatMap((ink) =>
    grounds.map((ground): [string, string, number] => [ink, ground, 4.5]),
  ),
  ...softs.map((soft): [string, string, number] => ['ink', soft, 4.5]),
  ...softs.map((soft): [string, string, number] => ['ink-soft', soft, 4.5]),
  ...['good', 'warn', 'bad', 'mask'].flatMap((kind): [string, string, number][] => [
    ...['canvas', 'surface', 'raised', 'sunken', `${kind}-soft`].map(
      (ground): [string, string, number] => [`${kind}-ink`, ground, 4.5],
    ),
    ...['canvas', 'surface', 'raised', `${kind}-soft`].map((ground): [string, string, number] => [
      `${kind}-mark`,
      ground,
      3,
    ]),
  ]),
  ['accent-ink', 'accent-soft', 4.5],
  ['on-accent', 'accent', 4.5],
  ['on-accent', 'accent-hover', 4.5],
  ['on-bad', 'bad-fill', 4.5],
  ...['canvas', 'surface', 'raised'].flatMap((ground): [string, string, number][] => [
    ['line-strong', ground, 3],
    ['focus', ground, 3],
    ['accent', ground, 3],
  ]),
  ...['ink', 'keyword', 'name', 'string', 'number', 'comment'].flatMap(
    (part): [string, string, number][] => [
      [`code-${part}`, 'surface', 4.5],
      [`code-${part}`, 'sunken', 4.5],
    ],
  ),
  ...[1, 2, 3, 4, 5, 6].map((n): [string, string, number] => [`series-${n}`, 'surface', 3]),
];

const base = tokensOf(':root');
const more: Tokens = new Map([...base, ...tokensOf(':root[data-contrast="more"]')]);

describe.each([
  ['light', base, 0],
  ['dark', base, 1],
  ['high contrast on light', more, 0],
  ['high contrast on dark', more, 1],
] as const)('%s', (_, tokens, side) => {
  test.each(pairs)('%s on %s reaches %d', (drawn, on, least) => {
    const [front, back] = [tokens.get(drawn)?.[side], tokens.get(on)?.[side]];
    expect(front, `token ${drawn}`).toBeDefined();
    expect(back, `token ${on}`).toBeDefined();
    expect(contrast(front as string, back as string)).toBeGreaterThanOrEqual(least);
  });
});
