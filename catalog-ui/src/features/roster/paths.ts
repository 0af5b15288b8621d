import type { Roster } from '@/api/access';
import { t } from '@/features/roster/words';

type Path = Roster['groups'][number]['members'][number]['paths'][number];

/** `dana → group:data-scientists → role:analyst`, or that somebody is named itself. */
export function pathInWords(path: Path): string {
  if (path.chain.length === 0) return t('itself');
  return [path.chain[0]?.member, ...path.chain.map((step) => step.holds)].join(' → ');
}
