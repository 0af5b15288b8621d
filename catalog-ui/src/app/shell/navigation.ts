import {
  Activity,
  GitBranch,
  House,
  Inbox,
  type LucideIcon,
  Rocket,
  Scale,
  Search,
  SquareTerminal,
} from 'lucide-react';
import type { Me } from '@/app/session';
import type { t } from '@/words/shell';

export interface Entry {
  id: string;
  to: '/' | '/search' | '/lineage' | '/sql' | '/requests' | '/publish' | '/policies' | '/ops';
  word: Parameters<typeof t>[0] &
    ('home' | 'search' | 'lineage' | 'sql' | 'requests' | 'publish' | 'policies' | 'ops');
  icon: LucideIcon;
  /** The second key of `g …`. */
  key: string | null;
  /** Kept in the bar at the foot of narrow screens. */
  inBar: boolean;
  /** What a person must be able to do for the entry to be there at all. */
  needs?: 'publish' | 'policies' | 'ops';
}

const all: readonly Entry[] = [
  { id: 'home', to: '/', word: 'home', icon: House, key: 'h', inBar: true },
  { id: 'search', to: '/search', word: 'search', icon: Search, key: 's', inBar: true },
  { id: 'lineage', to: '/lineage', word: 'lineage', icon: GitBranch, key: 'l', inBar: false },
  { id: 'sql', to: '/sql', word: 'sql', icon: SquareTerminal, key: 'q', inBar: true },
  { id: 'requests', to: '/requests', word: 'requests', icon: Inbox, key: 'r', inBar: true },
  {
    id: 'publish',
    to: '/publish',
    word: 'publish',
    icon: Rocket,
    key: 'p',
    inBar: false,
    needs: 'publish',
  },
  {
    id: 'policies',
    to: '/policies',
    word: 'policies',
    icon: Scale,
    key: null,
    inBar: false,
    needs: 'policies',
  },
  { id: 'ops', to: '/ops', word: 'ops', icon: Activity, key: null, inBar: false, needs: 'ops' },
];

/**
 * The entries of the rail for one person. What somebody can do nothing with is absent, not grey; a server that does
 * not say what they can do gets all of them, since each page refuses by itself.
 */
export function entriesFor(me: Me): readonly Entry[] {
  const may: readonly string[] | undefined =
    'may' in me && Array.isArray(me.may) ? me.may : undefined;
  return all.filter(
    (entry) => entry.needs === undefined || may === undefined || may.includes(entry.needs),
  );
}
