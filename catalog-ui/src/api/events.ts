import { serverBase } from '@/api/client';
import type { components } from '@/api/schema';

/** Something changed; ask for the thing itself to know how. */
export type MeshEvent = components['schemas']['Event'];

type Listener = (event: MeshEvent) => void;

/** Every name that the server gives to an event: a browser listens to named events one by one. */
export const eventKinds = [
  'release.published',
  'release.rolled_back',
  'product.retired',
  'run.began',
  'run.ended',
  'service_level.turned',
  'check.failed',
  'change.breaking',
  'port.deprecated',
  'request.opened',
  'request.approved',
  'request.declined',
  'request.withdrawn',
  'grant.revoked',
] as const;

const listeners = new Set<Listener>();
const missedListeners = new Set<() => void>();
const reopenMs = 5000;

let source: EventSource | null = null;
let again: ReturnType<typeof setTimeout> | undefined;
let missed = false;

/** Listens to what happens in the mesh, over one stream for the whole page. */
export function onMeshEvent(listener: Listener): () => void {
  listeners.add(listener);
  if (listeners.size === 1 && 'EventSource' in window) {
    document.addEventListener('visibilitychange', turn);
    open();
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    document.removeEventListener('visibilitychange', turn);
    close();
  };
}

/** Calls `listener` when the stream is there again after events may have passed unheard. */
export function onMissedEvents(listener: () => void): () => void {
  missedListeners.add(listener);
  return () => missedListeners.delete(listener);
}

function open(): void {
  if (source || document.visibilityState === 'hidden') return;
  source = new EventSource(`${serverBase()}/api/v1/events`, { withCredentials: true });
  source.onopen = () => {
    if (missed) for (const listener of missedListeners) listener();
    missed = false;
  };
  // A stream that ends is taken up again by the browser, with the id of the last event; a refusal is not.
  source.onerror = () => {
    if (source?.readyState !== EventSource.CLOSED) return;
    missed = true;
    close();
    again = setTimeout(open, reopenMs);
  };
  for (const kind of eventKinds) {
    source.addEventListener(kind, (message: MessageEvent<string>) => {
      const event = JSON.parse(message.data) as MeshEvent;
      for (const listener of listeners) listener(event);
    });
  }
}

function close(): void {
  clearTimeout(again);
  source?.close();
  source = null;
}

/** A hidden page lets go of its connection, of which a browser has six for one server, and catches up when it is seen. */
function turn(): void {
  if (document.visibilityState === 'hidden') {
    missed = true;
    close();
  } else {
    open();
  }
}
