import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { ApiReference } from '@/features/docs/api-reference';
import { ErrorIndex } from '@/features/docs/error-index';
import type { ErrorPage } from '@/features/docs/error-page';
import { find } from '@/features/docs/find';
import { Glossary } from '@/features/docs/glossary';
import { KeyboardHelp } from '@/features/docs/keyboard-help';
import { errorPageQuery, errorPagesQuery } from '@/features/docs/queries';
import { t } from '@/features/docs/words';
import { ButtonLink } from '@/ui/button';
import { cx } from '@/ui/cx';
import { Link } from '@/ui/link';
import { SearchField } from '@/ui/search-field';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';
import { Loading } from '@/ui/states/loading';
import { glossary } from '@/words/glossary';

const ErrorText = lazy(() =>
  import('@/features/docs/error-text').then((m) => ({ default: m.ErrorText })),
);

const sections = [
  { path: 'errors', title: t('errors'), lead: t('errorsLead') },
  { path: 'glossary', title: t('glossary'), lead: t('glossaryLead') },
  { path: 'keyboard', title: t('keyboard'), lead: t('keyboardLead') },
  { path: 'api', title: t('api'), lead: t('apiLead') },
] as const;

/** The manual: contents and search at the side, one page beside them. */
export function Docs({ path }: { path: string }) {
  const [q, setQ] = useState('');
  const here = path.split('/')[0] ?? '';
  return (
    <div className="grid items-start gap-x-8 gap-y-5 lg:grid-cols-[15rem_minmax(0,1fr)]">
      <div className="flex flex-col gap-3 lg:sticky lg:top-20">
        <SearchField
          aria-label={t('search')}
          placeholder={t('searchPlaceholder')}
          value={q}
          onChange={setQ}
        />
        <nav aria-label={t('contents')}>
          <ul data-list className="flex flex-wrap gap-1 lg:flex-col">
            {sections.map((section) => (
              <li key={section.path}>
                <Link
                  look="bare"
                  to="/docs/$"
                  params={{ _splat: section.path }}
                  aria-current={here === section.path ? 'page' : undefined}
                  onPress={() => setQ('')}
                  className={cx(
                    'flex min-h-8 items-center rounded-md px-2.5 data-hovered:bg-hover',
                    here === section.path && 'bg-accent-soft font-medium text-accent-ink',
                  )}
                >
                  {section.title}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
      </div>
      <div className="min-w-0">
        {q.trim() ? (
          <Loaded query={errorPagesQuery} what={t('pages')}>
            {(pages) => <Results q={q} pages={pages} onOpen={() => setQ('')} />}
          </Loaded>
        ) : (
          <Shown path={path} />
        )}
      </div>
    </div>
  );
}

/** The title of a page of the manual, for the tab and the heading; codes tell theirs themselves. */
export function titleOf(path: string): string {
  const code = /^errors\/(W\d+)$/.exec(path)?.[1];
  return code ?? sections.find((section) => section.path === path)?.title ?? t('title');
}

function Shown({ path }: { path: string }) {
  if (path === '') return <Contents />;
  if (path === 'glossary') return <Glossary />;
  if (path === 'keyboard') return <KeyboardHelp />;
  if (path === 'api') return <ApiReference />;
  if (path === 'errors') {
    return (
      <Loaded query={errorPagesQuery} what={t('pages')}>
        {(pages) => <ErrorIndex pages={pages} />}
      </Loaded>
    );
  }
  if (path.startsWith('errors/')) {
    return (
      <Loaded query={errorPageQuery(path.slice('errors/'.length).toUpperCase())} what={t('pages')}>
        {(page) => (
          <Suspense fallback={<Loading what={t('pages')} />}>
            <ErrorText page={page} />
          </Suspense>
        )}
      </Loaded>
    );
  }
  return (
    <Empty
      why="no-match"
      title={t('unknown')}
      action={
        <ButtonLink to="/docs/$" params={{ _splat: '' }}>
          {t('toContents')}
        </ButtonLink>
      }
    />
  );
}

function Contents() {
  return (
    <ul className="grid gap-4 sm:grid-cols-2">
      {sections.map((section) => (
        <li
          key={section.path}
          data-card
          className="rounded-lg border border-line bg-surface px-4 py-3.5 shadow-low"
        >
          <h2 className="text-lg font-semibold">
            <Link look="plain" to="/docs/$" params={{ _splat: section.path }}>
              {section.title}
            </Link>
          </h2>
          <p className="mt-0.5 text-ink-soft">{section.lead}</p>
        </li>
      ))}
    </ul>
  );
}

function Results({
  q,
  pages,
  onOpen,
}: {
  q: string;
  pages: readonly ErrorPage[];
  onOpen: () => void;
}) {
  const navigate = useNavigate();
  const found = find(q, pages, glossary);
  if (found.length === 0) {
    return <Empty why="no-match" title={t('noResults', q)} detail={t('noResultsDetail')} />;
  }
  return (
    <>
      <p role="status" className="mb-2 text-sm text-ink-soft">
        {t('results', found.length)}
      </p>
      <ul data-list className="flex flex-col">
        {found.slice(0, 50).map((page) => {
          const [path = '', hash] = page.to.split('#');
          return (
            <li key={page.to} className="border-b border-line py-2.5">
              <Link
                look="plain"
                to="/docs/$"
                params={{ _splat: path }}
                hash={hash}
                onPress={() => {
                  onOpen();
                  void navigate({ to: '/docs/$', params: { _splat: path }, hash });
                }}
              >
                {page.id === page.title ? page.id : `${page.id}: ${page.title}`}
              </Link>
              <p className="text-ink-soft">{page.excerpt}</p>
            </li>
          );
        })}
      </ul>
    </>
  );
}
