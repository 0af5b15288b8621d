import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { type Names, type Offer, offersAt, portsToKnow } from '@/features/sql/completion';
import { functions, keywords } from '@/features/sql/dialect';

/** Names of the mesh, and how to get to know the columns of a port. */
export interface LivingNames extends Names {
  learn: (ports: readonly string[]) => Promise<void>;
}

const marks: Record<Offer['kind'], string> = {
  domain: 'namespace',
  product: 'class',
  port: 'type',
  column: 'property',
  alias: 'variable',
};

const ownWords: Completion[] = [
  ...keywords.map(
    (word): Completion => ({ label: word.toUpperCase(), type: 'keyword', boost: -20 }),
  ),
  ...functions.map(
    (name): Completion => ({
      label: name,
      type: 'function',
      apply: `${name}(`,
      boost: -10,
    }),
  ),
];

const portsAtOnce = 8;

/** Completes from `names` and the words of the dialect, and from nothing else. */
export function completeFrom(names: () => LivingNames) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const sql = context.state.doc.toString();
    const word = context.matchBefore(/[\w$]*/);
    const inName = context.matchBefore(/\.\s*[\w$]*/) !== null;
    if (!context.explicit && !inName && (word === null || word.from === word.to)) return null;

    await names().learn(portsToKnow(sql, names()).slice(0, portsAtOnce));
    if (context.aborted) return null;
    const found = offersAt(sql, context.pos, names());
    const options: Completion[] = (found?.offers ?? []).map((offer) => ({
      label: offer.label,
      type: marks[offer.kind],
      detail: offer.detail,
      apply: offer.insert,
      boost: offer.kind === 'column' || offer.kind === 'port' ? 10 : 0,
    }));
    if (!inName) options.push(...ownWords);
    if (options.length === 0) return null;
    return { from: found?.from ?? word?.from ?? context.pos, options, validFor: /^[\w$]*$/ };
  };
}
