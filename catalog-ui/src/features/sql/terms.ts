import type { Terms } from '@/features/sql/answer';

export interface Applied {
  masked: { port: string; column: string; how: string }[];
  hidden: { port: string; column: string }[];
  filters: { port: string; rule: string }[];
}

/** All that was masked, left out and filtered, port by port. */
export function appliedOf(terms: readonly Terms[]): Applied {
  return {
    masked: terms.flatMap(({ port, masks }) =>
      Object.entries(masks).map(([column, how]) => ({ port, column, how })),
    ),
    hidden: terms.flatMap(({ port, hidden }) => hidden.map((column) => ({ port, column }))),
    filters: terms.flatMap(({ port, filters }) => filters.map((rule) => ({ port, rule }))),
  };
}

/**
 * How a column of the answer is masked, by its name; null where no table that was read masks a column of that name.
 * The answer does not tell which table a column comes from, so a renamed column is not found.
 */
export function maskOf(terms: readonly Terms[], column: string): string | null {
  for (const { masks } of terms) {
    const how = masks[column];
    if (how !== undefined) return how;
  }
  return null;
}
