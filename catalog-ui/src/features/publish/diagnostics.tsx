import type { Diagnostic } from '@/features/publish/queries';
import { t } from '@/features/publish/words';
import { Status } from '@/ui/badge';
import { Code, CodeBlock } from '@/ui/code-block';
import { CopyButton } from '@/ui/copy-button';
import { Link } from '@/ui/link';
import { Prose } from '@/ui/prose';

/** What is wrong in which file and line, what it means, and the command that says so on one's own machine. */
export function Diagnostics({
  diagnostics,
  sha,
}: {
  diagnostics: readonly Diagnostic[];
  sha: string;
}) {
  // What stops the commit comes before what follows from it.
  const ordered = [...diagnostics].sort(
    (a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'),
  );
  return (
    <div className="mt-2 flex flex-col gap-3">
      <ul data-list className="flex flex-col gap-2">
        {ordered.map((one, at) => (
          <li
            key={at}
            className="rounded-md border border-line border-l-4 border-l-line-strong bg-surface px-3.5 py-2.5"
          >
            <div className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5">
              <Status tone={one.severity === 'error' ? 'bad' : 'warn'} className="font-medium">
                {one.severity === 'error' ? t('error') : t('warning')}
              </Status>
              <Link
                to="/docs/$"
                params={{ _splat: `errors/${one.code}` }}
                aria-label={t('openCode', one.code)}
              >
                {one.code}
              </Link>
              <span className="inline-flex min-w-0 items-center gap-1">
                <Code className="break-all">{placeOf(one)}</Code>
                <CopyButton iconOnly text={placeOf(one)} label={`Copy: ${placeOf(one)}`} />
              </span>
            </div>
            <p className="mt-0.5">
              <Prose text={one.message} />
            </p>
            {one.help ? (
              <p className="text-ink-soft">
                {t('help')}: <Prose text={one.help} />
              </p>
            ) : null}
          </li>
        ))}
      </ul>
      <CodeBlock label={t('fix')} code={fixCommand(diagnostics, sha)} />
    </div>
  );
}

export function placeOf(one: Diagnostic): string {
  return one.line > 0 ? `${one.file}:${one.line}:${one.column}` : one.file;
}

/** Sees the same problems in a checkout of the commit, and the page of the first code. */
export function fixCommand(diagnostics: readonly Diagnostic[], sha: string): string {
  const first = diagnostics.find((one) => one.severity === 'error') ?? diagnostics[0];
  const lines = [`git switch --detach ${sha.slice(0, 12)}`, 'weft validate'];
  if (first) lines.push(`weft explain ${first.code}`);
  return lines.join('\n');
}
