import { type ErrorPage, errorCodes } from '@/features/docs/error-page';
import { Markdown } from '@/features/docs/markdown';
import { t } from '@/features/docs/words';
import { ButtonLink } from '@/ui/button';
import { CodeBlock } from '@/ui/code-block';
import { Link } from '@/ui/link';
import { Empty } from '@/ui/states/empty';

/** One code: what it means, an example, how to fix it. */
export function ErrorText({ page }: { page: ErrorPage | null }) {
  if (page === null) {
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
  const at = errorCodes.indexOf(page.code);
  return (
    <article>
      <h2 className="text-xl font-semibold text-balance">{page.title}</h2>
      <Markdown text={page.body} />
      <CodeBlock
        className="mt-6 max-w-3xl"
        label={t('codeOnCommandLine')}
        code={`weft explain ${page.code}`}
      />
      <nav aria-label={t('errors')} className="mt-6 flex max-w-3xl justify-between gap-4 text-sm">
        <Neighbour word={t('previous')} code={errorCodes[at - 1]} />
        <Neighbour word={t('next')} code={errorCodes[at + 1]} />
      </nav>
    </article>
  );
}

function Neighbour({ word, code }: { word: string; code: string | undefined }) {
  if (code === undefined) return <span />;
  return (
    <Link to="/docs/$" params={{ _splat: `errors/${code}` }}>
      {word}: {code}
    </Link>
  );
}
