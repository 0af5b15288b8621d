import { beforeEach, describe, expect, test, vi } from 'vitest';
import { moveInList, pressNearest } from '@/ui/keyboard/lists';

beforeEach(() => {
  document.body.innerHTML = `
    <main>
      <table><tbody data-list>
        <tr data-row="1"><td><a href="#1">one</a><button data-why id="why-1">Why?</button></td></tr>
        <tr data-row="2"><td><a href="#2">two</a><button data-why id="why-2">Why?</button></td></tr>
        <tr data-row="3"><td><a href="#3">three</a></td></tr>
      </tbody></table>
    </main>`;
});

const focused = () => document.activeElement?.textContent;

describe('lists', () => {
  test('j and k visit the first link of each row and stop at the ends', () => {
    moveInList(1);
    expect(focused()).toBe('one');
    moveInList(1);
    moveInList(1);
    moveInList(1);
    expect(focused()).toBe('three');
    moveInList(-1);
    expect(focused()).toBe('two');
  });

  test('a move starts at the row of whatever has the focus', () => {
    document.getElementById('why-1')?.focus();
    moveInList(1);
    expect(focused()).toBe('two');
  });

  test('w presses the Why? of the row that has the focus', () => {
    const pressed = vi.fn();
    document.getElementById('why-2')?.addEventListener('click', pressed);
    moveInList(1);
    moveInList(1);
    pressNearest('data-why');
    expect(pressed).toHaveBeenCalledOnce();
  });
});
