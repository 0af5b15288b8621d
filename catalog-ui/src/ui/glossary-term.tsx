import type { ReactNode } from 'react';
import { TooltipOn } from '@/ui/tooltip';
import { type GlossaryKey, glossary } from '@/words/glossary';

/** A word of the mesh with its meaning on hover and focus, for its first use on a page. */
export function GlossaryTerm({ term, children }: { term: GlossaryKey; children?: ReactNode }) {
  return (
    <TooltipOn
      text={glossary[term]}
      className="inline-block py-0.5 underline decoration-line-strong decoration-dotted underline-offset-3"
    >
      {children ?? term}
    </TooltipOn>
  );
}
