import type { ErrorPage } from '@/features/docs/error-pages';
import { Markdown } from '@/features/docs/markdown';
import { t } from '@/features/docs/words';
import { ButtonLink } from '@/ui/button';
import { CodeBlock } from '@/ui/code-block';
import { Link } from '@/ui/link';
import { Empty } from '@/ui/states/empty';

const groups = [
  ['W01', t('group01')],
  ['W02', t('group02')],
  ['W03', t('group03')],
  ['W04', t('group04')],
  ['W05', t('group05')],
  ['W06', t('group06')],
  ['W07', t('group07')],
  ['W08', t('group08')],
  ['W09', t('group09')],
] as const;

/** All codes by what they are about. */
export function ErrorIndex({ pages }: { pages: readonly ErrorPage[] }) {
  return (
    <div className="flex flex-col gap-6">
      {groups.map(([prefix, title]) => {
        const some = pages.filter(({ code }) => code.startsWith(prefix));
        if (some.length === 0) return null;
        return (
          <section key={prefix}>
            <h2 className="mb-1.5 text-lg font-semibold">{title}</h2>
            <ul data-list className="grid gap-x-6 xl:grid-cols-2">
              {some.map(({ code, title: what }) => (
                <li key={code} className="flex gap-3 border-b border-line py-1.5">
                  <Link look="plain" to="/docs/$" params={{ _splat: `errors/${code}` }}>
                    <span className="font-mono">{code}</span>
                    <span className="sr-only">: {what}</span>
                  </Link>
                  <span aria-hidden className="min-w-0 text-ink-soft">
                    {what}
                  </span>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </div>
  );
}

/** One code: what it means, an example, how to fix it. */
export function ErrorText({ pages, code }: { pages: readonly ErrorPage[]; code: string }) {
  const at = pages.findIndex((page) => page.code === code);
  const page = pages[at];
  if (!page) {
    return (
      <Empty
        why="no-match"
        title={t('unknown')}
        action={
          <ButtonLink to="/docs/$" params={{ _splat: 'errors' }}>
            {t('errors')}
          </ButtonLink>
        }
      />
    );
  }
  return (
    <article>
      <h2 className="text-xl font-semibold text-balance">{page.title}</h2>
      <Markdown text={page.body} />
      <CodeBlock
        className="mt-6 max-w-3xl"
        label={t('codeOnCommandLine')}
        code={`weft explain ${code}`}
      />
      <nav aria-label={t('errors')} className="mt-6 flex max-w-3xl justify-between gap-4 text-sm">
        <Neighbour word={t('previous')} page={pages[at - 1]} />
        <Neighbour word={t('next')} page={pages[at + 1]} />
      </nav>
    </article>
  );
}

function Neighbour({ word, page }: { word: string; page: ErrorPage | undefined }) {
  if (!page) return <span />;
  return (
    <Link to="/docs/$" params={{ _splat: `errors/${page.code}` }}>
      {word}: {page.code}
    </Link>
  );
}
