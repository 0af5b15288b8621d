import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef } from 'react';
import { portQuery } from '@/api/catalog';
import { starterQuery } from '@/features/sql/starter';
import { opened, type SqlTab, type SqlTabs, turnedTo } from '@/features/sql/tabs';

/** What the address asks for when somebody comes from elsewhere. */
export interface Start {
  id?: string;
  q?: string;
  port?: string;
  asOf?: string;
  purpose?: string;
}

/**
 * Keeps the address at the tab that is shown, and does once what the address asks for: a tab, a statement, or a first
 * query of a port.
 */
export function useTabsInAddress(
  state: SqlTabs,
  change: (next: (before: SqlTabs) => SqlTabs) => void,
  start: Start,
  onTab: (id: string) => void,
) {
  const client = useQueryClient();
  const latest = useRef(state);
  latest.current = state;
  // What this page wrote into the address comes back to it, and asks for nothing.
  const own = useRef(new Set<string>());

  const turn = useCallback(
    (next: SqlTabs) => {
      latest.current = next;
      change(() => next);
      own.current.add(next.active);
      onTab(next.active);
    },
    [change, onTab],
  );
  const open = useCallback(
    (tab?: Partial<Omit<SqlTab, 'id'>>) => turn(opened(latest.current, tab)),
    [turn],
  );
  const startPort = useCallback(
    async (port: string, purpose = '') => {
      // What cannot be looked at still can be asked for: the answer will say why not.
      const found = await client.ensureQueryData(portQuery(port)).catch(() => null);
      const sql = starterQuery(found ?? { name: port, columns: [], primaryKey: [] });
      open({ sql, title: port.split('.').at(-1) ?? null, purpose });
    },
    [client, open],
  );

  const done = useRef<string | null>(null);
  useEffect(() => {
    const { id, q, port, asOf, purpose } = start;
    const what = JSON.stringify([id, q, port, asOf, purpose]);
    if (done.current === what) return;
    done.current = what;
    if (q !== undefined) {
      const instant = new Date(asOf ?? '');
      const at = Number.isNaN(instant.getTime()) ? '' : instant.toISOString();
      open({ sql: q, asOf: at, purpose: purpose ?? '' });
    } else if (port !== undefined) void startPort(port, purpose);
    else if (id === undefined) onTab(latest.current.active);
    else if (!own.current.delete(id)) turn(turnedTo(latest.current, id));
  }, [start, open, startPort, turn, onTab]);

  return { open, turn, startPort };
}
