import { type Query, type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { eventKinds, type MeshEvent, onMeshEvent, onMissedEvents } from '@/api/events';
import { showToast } from '@/ui/toast';
import { t } from '@/words/shell';

/** Which answers an event makes old, by the first part of their keys. */
export function madeOldBy(kind: string): readonly string[] {
  if (kind.startsWith('request.') || kind.startsWith('grant.')) {
    // Who may see what may be another answer now, on every page.
    return [
      'session',
      'requests',
      'home',
      'product',
      'explain',
      'roster',
      'policies',
      'probe',
      'sample',
    ];
  }
  if (kind.startsWith('release.') || kind.startsWith('product.')) {
    return [
      'home',
      'product',
      'releases',
      'contract',
      'checks',
      'domain',
      'search',
      'lineage',
      'runs',
      'revision',
    ];
  }
  if (kind.startsWith('run.')) return ['home', 'runs', 'revision', 'policies', 'ops'];
  return ['home', 'product', 'checks', 'ops'];
}

/** Has the answers with those keys asked anew, where they are on screen. */
export function makeOld(client: QueryClient, keys: readonly string[]): void {
  const old = { predicate: (query: Query) => keys.includes(String(query.queryKey[0])) };
  // A first answer that is on its way may be from before the event, and no other is asked for until it is there.
  for (const query of client.getQueryCache().findAll({ ...old, fetchStatus: 'fetching' })) {
    if (query.state.data !== undefined) continue;
    const exactly = { queryKey: query.queryKey, exact: true };
    query.promise?.then(
      () => client.invalidateQueries(exactly),
      () => undefined,
    );
  }
  void client.invalidateQueries(old);
}

/** Keeps what is on screen in step with the mesh, and tells of requests as they are asked and decided. */
export function useNews(): void {
  const client = useQueryClient();
  const navigate = useNavigate();
  useEffect(() => {
    const stops = [
      onMissedEvents(() => makeOld(client, eventKinds.flatMap(madeOldBy))),
      onMeshEvent((event) => {
        makeOld(client, madeOldBy(event.kind));
        tell(event, () => void navigate({ to: '/requests', search: { id: event.subject } }));
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [client, navigate]);
}

function tell(event: MeshEvent, open: () => void): void {
  const action = { label: t('show'), onAction: open };
  switch (event.kind) {
    case 'request.opened':
      showToast({ tone: 'info', title: t('requestOpened', event.subject), action });
      break;
    case 'request.approved':
      showToast({ tone: 'good', title: t('requestApproved', event.subject), action });
      break;
    case 'request.declined':
      showToast({ tone: 'warn', title: t('requestDeclined', event.subject), action });
      break;
    case 'grant.revoked':
      showToast({ tone: 'warn', title: t('grantRevoked', event.subject), action });
      break;
    case 'release.published':
      showToast({ tone: 'good', title: t('releasePublished', event.subject) });
      break;
  }
}
