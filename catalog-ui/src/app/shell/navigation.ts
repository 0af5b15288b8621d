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

/** The entries of the rail for one person: what somebody can do nothing with is absent, not grey. */
export function entriesFor(pages: readonly string[]): readonly Entry[] {
  return all.filter((entry) => entry.needs === undefined || pages.includes(entry.needs));
}
