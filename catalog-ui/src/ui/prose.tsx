import { Fragment } from 'react';
import { Code } from '@/ui/code-block';

/** A sentence of the server, in which names stand between backticks. */
export function Prose({ text }: { text: string }) {
  return text
    .split('`')
    .map((part, at) =>
      at % 2 === 1 ? <Code key={at}>{part}</Code> : <Fragment key={at}>{part}</Fragment>,
    );
}
