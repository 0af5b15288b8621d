/** One statement that somebody works on, as it outlives the page. */
export interface SqlTab {
  id: string;
  /** Null for a tab that nobody named. */
  title: string | null;
  sql: string;
  purpose: string;
  limit: number;
  /** RFC 3339, or empty for now. */
  asOf: string;
}

export interface SqlTabs {
  /** In the order shown; never empty. */
  tabs: readonly SqlTab[];
  active: string;
  /** Number of the next new tab. */
  next: number;
}

export const limits = [100, 1_000, 10_000, 100_000, 1_000_000] as const;
const usualLimit = 10_000;

export function newTab(number: number, start: Partial<Omit<SqlTab, 'id'>> = {}): SqlTab {
  return {
    id: `q${number}`,
    title: null,
    sql: '',
    purpose: '',
    limit: usualLimit,
    asOf: '',
    ...start,
  };
}

export const firstTabs: SqlTabs = { tabs: [newTab(1)], active: 'q1', next: 2 };

/** Adds a tab behind the others and turns to it; an untouched one is used up first. */
export function opened(state: SqlTabs, start: Partial<Omit<SqlTab, 'id'>> = {}): SqlTabs {
  const active = activeTab(state);
  if (start.sql !== undefined && active.sql.trim() === '') {
    return changed(state, active.id, { ...start, title: start.title ?? active.title });
  }
  const tab = newTab(state.next, start);
  return { tabs: [...state.tabs, tab], active: tab.id, next: state.next + 1 };
}

/** Takes a tab away and turns to its neighbour; there is always one left. */
export function closed(state: SqlTabs, id: string): SqlTabs {
  const at = state.tabs.findIndex((tab) => tab.id === id);
  if (at < 0) return state;
  const tabs = state.tabs.filter((tab) => tab.id !== id);
  if (tabs.length === 0) {
    const tab = newTab(state.next);
    return { tabs: [tab], active: tab.id, next: state.next + 1 };
  }
  const neighbour = tabs[Math.min(at, tabs.length - 1)] as SqlTab;
  return { ...state, tabs, active: state.active === id ? neighbour.id : state.active };
}

export function changed(state: SqlTabs, id: string, change: Partial<Omit<SqlTab, 'id'>>): SqlTabs {
  return { ...state, tabs: state.tabs.map((tab) => (tab.id === id ? { ...tab, ...change } : tab)) };
}

export function turnedTo(state: SqlTabs, id: string): SqlTabs {
  return state.tabs.some((tab) => tab.id === id) ? { ...state, active: id } : state;
}

export function activeTab(state: SqlTabs): SqlTab {
  return state.tabs.find((tab) => tab.id === state.active) ?? (state.tabs[0] as SqlTab);
}

/** What the tab is called: its title, else its number. */
export function tabTitle(tab: SqlTab): string {
  return tab.title ?? tab.id;
}

/** What was kept, if it still is what this page writes. */
export function readTabs(text: string | null): SqlTabs {
  if (text === null) return firstTabs;
  try {
    const kept = JSON.parse(text) as Partial<SqlTabs>;
    const tabs = (kept.tabs ?? [])
      .filter((tab) => typeof tab?.id === 'string' && typeof tab.sql === 'string')
      .map((tab) => ({ ...newTab(0), ...tab }));
    const [first] = tabs;
    if (first === undefined) return firstTabs;
    const active = tabs.some((tab) => tab.id === kept.active) ? (kept.active as string) : first.id;
    const next = typeof kept.next === 'number' ? kept.next : tabs.length + 1;
    return { tabs, active, next };
  } catch {
    return firstTabs;
  }
}
