import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { chooseTheme, themeChoice, themeChoices } from '@/theme/theme';

const html = readFileSync('index.html', 'utf8');
const root = document.documentElement;

beforeEach(() => {
  localStorage.clear();
  delete root.dataset.theme;
  delete root.dataset.contrast;
});

test('a choice is kept', () => {
  chooseTheme('dark');
  expect(themeChoice()).toBe('dark');
});

test('what is stored but is no choice counts as system', () => {
  localStorage.setItem('weft.theme', 'purple');
  expect(themeChoice()).toBe('system');
});

describe('the script that runs before first paint', () => {
  test.each(themeChoices)('shows %s as the page itself does', (choice) => {
    chooseTheme(choice);
    const expected = { ...root.dataset };
    delete root.dataset.theme;
    delete root.dataset.contrast;
    const script = document.createElement('script');
    script.textContent =
      /<script nonce="__WEFT_NONCE__">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
    // jsdom runs scripts of its own window only; the text is ours and is given what it reads.
    new Function('localStorage', 'document', 'matchMedia', script.textContent)(
      localStorage,
      document,
      window.matchMedia,
    );
    expect({ ...root.dataset }).toEqual(expected);
  });

  test('carries the nonce, as the base carries its placeholder', () => {
    expect(html).toContain('<base href="__WEFT_BASE__" />');
    expect([...html.matchAll(/<script(?![^>]*(nonce|src))/g)]).toEqual([]);
    expect(html).not.toMatch(/\sstyle=/);
  });
});
