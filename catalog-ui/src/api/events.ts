import { serverBase } from '@/api/client';

/** Something changed; ask for the thing itself to know how. */
export interface MeshEvent {
  id: number;
  at: string;
  kind: string;
  subject: string;
}

type Listener = (event: MeshEvent) => void;

const kinds = [
  'release.published',
  'release.rolled_back',
  'product.retired',
  'run.began',
  'run.ended',
  'service_level.turned',
  'request.opened',
  'request.approved',
  'request.declined',
  'request.withdrawn',
  'grant.revoked',
] as const;

const listeners = new Set<Listener>();
let source: EventSource | null = null;

/** Listens to what happens in the mesh, over one stream for the whole page. The browser resumes it by itself. */
export function onMeshEvent(listener: Listener): () => void {
  listeners.add(listener);
  if (!source && 'EventSource' in window) source = open();
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      source?.close();
      source = null;
    }
  };
}

function open(): EventSource {
  const stream = new EventSource(`${serverBase()}/api/v1/events`, { withCredentials: true });
  for (const kind of kinds) {
    stream.addEventListener(kind, (message) => {
      const event = JSON.parse((message as MessageEvent<string>).data) as MeshEvent;
      for (const listener of listeners) listener(event);
    });
  }
  return stream;
}
