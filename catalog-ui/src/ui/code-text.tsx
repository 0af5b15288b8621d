import { Code } from '@/ui/code-block';

/** A message of the server, in which `` `names` `` stand between backticks, with the names set as code. */
export function CodeText({ children }: { children: string }) {
  return children
    .split('`')
    .map((part, at) => (at % 2 === 1 ? <Code key={at}>{part}</Code> : part));
}
