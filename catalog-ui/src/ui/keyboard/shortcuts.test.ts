import { beforeEach, describe, expect, test, vi } from 'vitest';
import { handleKey, registerShortcut, setSingleKeys } from '@/ui/keyboard/shortcuts';

const ends: (() => void)[] = [];

function shortcut(keys: string) {
  const run = vi.fn();
  ends.push(registerShortcut({ keys, label: keys, scope: 'everywhere', run }));
  return run;
}

function press(
  key: string,
  init: KeyboardEventInit = {},
  target: EventTarget = document.body,
  at = 0,
) {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init });
  Object.defineProperty(event, 'target', { value: target });
  handleKey(event, at);
  return event;
}

beforeEach(() => {
  for (const end of ends.splice(0)) end();
  setSingleKeys(true);
  document.body.innerHTML = '';
});

describe('shortcuts', () => {
  test('a single key runs what it stands for and goes no further', () => {
    const run = shortcut('/');
    expect(press('/').defaultPrevented).toBe(true);
    expect(run).toHaveBeenCalledOnce();
  });

  test('the second key of a sequence runs it, in time', () => {
    const run = shortcut('g h');
    press('g', {}, document.body, 0);
    press('h', {}, document.body, 500);
    expect(run).toHaveBeenCalledOnce();
  });

  test('a sequence that takes too long is none', () => {
    const run = shortcut('g h');
    press('g', {}, document.body, 0);
    press('h', {}, document.body, 5000);
    expect(run).not.toHaveBeenCalled();
  });

  test('single keys are text while somebody writes, keys with Ctrl are not', () => {
    const [single, withCtrl] = [shortcut('/'), shortcut('mod+k')];
    const input = document.body.appendChild(document.createElement('input'));
    press('/', {}, input);
    press('k', { ctrlKey: true }, input);
    expect(single).not.toHaveBeenCalled();
    expect(withCtrl).toHaveBeenCalledOnce();
  });

  test('Cmd does what Ctrl does', () => {
    const run = shortcut('mod+k');
    press('k', { metaKey: true });
    expect(run).toHaveBeenCalledOnce();
  });

  test('single keys belong to a dialog while one is open', () => {
    const run = shortcut('/');
    document.body.innerHTML = '<div role="dialog"></div>';
    press('/');
    expect(run).not.toHaveBeenCalled();
  });

  test('single keys can be switched off, and keys with Ctrl stay', () => {
    const [single, sequence, withCtrl] = [shortcut('/'), shortcut('g h'), shortcut('mod+k')];
    setSingleKeys(false);
    press('/');
    press('g');
    press('h');
    press('k', { ctrlKey: true });
    expect(single).not.toHaveBeenCalled();
    expect(sequence).not.toHaveBeenCalled();
    expect(withCtrl).toHaveBeenCalledOnce();
  });

  test('of two with the same keys the one that came later runs', () => {
    const [first, second] = [shortcut('.'), shortcut('.')];
    press('.');
    expect(first).not.toHaveBeenCalled();
    expect(second).toHaveBeenCalledOnce();
  });

  test('a shortcut that has ended does nothing', () => {
    const run = vi.fn();
    registerShortcut({ keys: 'x', label: 'x', scope: 'here', run })();
    expect(press('x').defaultPrevented).toBe(false);
    expect(run).not.toHaveBeenCalled();
  });
});
