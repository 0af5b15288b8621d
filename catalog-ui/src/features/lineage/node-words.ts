import type { LineageNode } from '@/api/catalog';
import type { Box } from '@/features/lineage/drawing';
import { t } from '@/features/lineage/words';

/** The name of a box and what it belongs to. */
export function namesOf({ node, cluster, id }: Box, level: string) {
  if (cluster) {
    return {
      title: cluster.product ?? cluster.domain,
      under: t('clusterOf', cluster.count, level),
    };
  }
  const parts = id.split('.');
  return {
    title: node?.column ?? parts.at(-1) ?? id,
    under: parts.slice(0, node?.column ? 3 : -1).join('.'),
  };
}

/** What a box says to those who do not see it. */
export function saidOf(box: Box, level: string, isFocus: boolean): string {
  const { title, under } = namesOf(box, level);
  const name = box.node ? box.id : `${title}, ${under}`;
  const state = box.node ? stateWords(box.node) : null;
  return [name, isFocus ? t('focusMark') : t('hops', box.hops), state].filter(Boolean).join(', ');
}

/** How a node fares, in words; null where nothing is known. */
export function stateWords({ state }: LineageNode): string | null {
  if (!state) return null;
  const words = [
    state.freshness === 'late' ? t('late') : state.freshness === 'fresh' ? t('fresh') : null,
    state.failedChecks > 0 ? t('failed', state.failedChecks) : null,
  ].filter(Boolean);
  return words.length === 0 ? null : words.join(', ');
}
