import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { onMeshEvent, onMissedEvents } from '@/api/events';

class FakeSource extends EventTarget {
  static opened: FakeSource[] = [];
  static readonly CLOSED = 2;
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor() {
    super();
    FakeSource.opened.push(this);
  }

  close() {
    this.readyState = 2;
  }

  tell(kind: string, subject: string) {
    const data = JSON.stringify({ id: 1, at: '2026-11-26T09:00:00Z', kind, subject });
    this.dispatchEvent(new MessageEvent(kind, { data }));
  }
}

const see = (state: 'visible' | 'hidden') => {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state);
  document.dispatchEvent(new Event('visibilitychange'));
};

beforeEach(() => {
  FakeSource.opened = [];
  vi.stubGlobal('EventSource', FakeSource);
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('all listeners share one stream, which ends with the last of them', () => {
  const heard: string[] = [];
  const stops = [
    onMeshEvent((event) => heard.push(`a ${event.subject}`)),
    onMeshEvent((event) => heard.push(`b ${event.subject}`)),
  ];
  expect(FakeSource.opened).toHaveLength(1);
  FakeSource.opened[0]?.tell('request.approved', 'REQ-1');
  expect(heard).toEqual(['a REQ-1', 'b REQ-1']);
  for (const stop of stops) stop();
  expect(FakeSource.opened[0]?.readyState).toBe(FakeSource.CLOSED);
});

test('a hidden page lets go of the stream, and says what it missed when it is seen again', () => {
  const missed = vi.fn();
  const stops = [onMeshEvent(() => {}), onMissedEvents(missed)];
  see('hidden');
  expect(FakeSource.opened[0]?.readyState).toBe(FakeSource.CLOSED);
  see('visible');
  expect(FakeSource.opened).toHaveLength(2);
  FakeSource.opened[1]?.onopen?.();
  expect(missed).toHaveBeenCalledOnce();
  for (const stop of stops) stop();
});

test('a stream that was refused is asked for again after a while', () => {
  const stop = onMeshEvent(() => {});
  const first = FakeSource.opened[0];
  if (first) first.readyState = FakeSource.CLOSED;
  first?.onerror?.();
  expect(FakeSource.opened).toHaveLength(1);
  vi.advanceTimersByTime(6000);
  expect(FakeSource.opened).toHaveLength(2);
  stop();
});
