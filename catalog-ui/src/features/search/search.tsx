import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import type { SearchAnswer } from '@/api/search';
import { Facets } from '@/features/search/facets';
import { Hit } from '@/features/search/hit';
import { type SearchQuestion, searchQuery } from '@/features/search/queries';
import { t } from '@/features/search/words';
import { announce } from '@/ui/announce';
import { Button, ButtonLink } from '@/ui/button';
import { cx } from '@/ui/cx';
import { moveInList } from '@/ui/keyboard/lists';
import { useShortcut } from '@/ui/keyboard/use-shortcut';
import { Link } from '@/ui/link';
import { Page } from '@/ui/page';
import { Empty } from '@/ui/states/empty';
import { Cancelled, Loading } from '@/ui/states/loading';
import { ProblemView } from '@/ui/states/problem-view';
import { SkeletonRows } from '@/ui/states/skeleton';
import { Stale } from '@/ui/states/stale';

/** Products, ports, columns and people by words, with the reason of each hit. */
export function Search({ question }: { question: SearchQuestion }) {
  const found = useInfiniteQuery(searchQuery(question));
  const first = found.data?.pages[0];
  const q = question.q ?? '';

  useEffect(() => {
    if (first && !found.isPlaceholderData) announce(t('results', first.total));
  }, [first, found.isPlaceholderData]);

  return (
    <Page
      title={q ? t('titleFor', q) : t('title')}
      heading={q ? t('resultsFor', q) : t('everything')}
      actions={
        first ? (
          <p className="pt-2 text-ink-soft">
            {t('results', first.total)}
            {first.tookMs === null || first.tookMs === undefined
              ? ''
              : ` · ${t('took', first.tookMs)}`}
          </p>
        ) : undefined
      }
    >
      {found.data === undefined ? (
        found.isError ? (
          <ProblemView error={found.error} onRetry={() => void found.refetch()} />
        ) : found.fetchStatus === 'idle' ? (
          <Cancelled what={t('what')} onAgain={() => void found.refetch()} />
        ) : (
          <Loading what={t('what')} skeleton={<SkeletonRows rows={9} />} />
        )
      ) : (
        <>
          {found.isError ? (
            <Stale since={found.dataUpdatedAt} onRetry={() => void found.refetch()} />
          ) : null}
          <Results
            question={question}
            pages={found.data.pages}
            isBehind={found.isPlaceholderData}
          />
          {found.hasNextPage ? (
            <div className="mt-4 flex justify-center">
              <Button
                onPress={() => void found.fetchNextPage()}
                isDisabled={found.isFetchingNextPage}
              >
                {t('showMore')}
              </Button>
            </div>
          ) : null}
        </>
      )}
    </Page>
  );
}

interface ResultsProps {
  question: SearchQuestion;
  pages: readonly SearchAnswer[];
  /** Of the question before, while the answer to this one is on its way. */
  isBehind: boolean;
}

function Results({ question, pages, isBehind }: ResultsProps) {
  const facets = useRef<HTMLElement>(null);
  const hits = pages.flatMap((page) => page.items);
  const first = pages[0];
  useShortcut('f', t('focusFilters'), () => {
    facets.current?.querySelector<HTMLElement>('button,summary')?.focus();
  });
  useOpenInSql();
  if (!first) return null;
  return (
    <div className="grid items-start gap-x-8 gap-y-4 lg:grid-cols-[13rem_minmax(0,1fr)]">
      <Facets ref={facets} question={question} answer={first} />
      <div className="min-w-0">
        {first.didYouMean ? <DidYouMean question={question} words={first.didYouMean} /> : null}
        {hits.length === 0 ? (
          <Nothing question={question} />
        ) : (
          <>
            <ul
              data-list
              onKeyDown={arrows}
              aria-busy={isBehind}
              className={cx('flex flex-col divide-y divide-line', isBehind && 'opacity-60')}
            >
              {hits.map((hit) => (
                <Hit key={`${hit.kind} ${hit.id}`} hit={hit} />
              ))}
            </ul>
            <p className="mt-3 text-sm text-ink-faint max-md:hidden">{t('keys')}</p>
          </>
        )}
      </div>
    </div>
  );
}

function arrows(event: KeyboardEvent) {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : null;
  if (step === null) return;
  event.preventDefault();
  moveInList(step);
}

/** Ctrl Enter on a hit opens its port in the workbench. */
function useOpenInSql() {
  const navigate = useNavigate();
  useShortcut('mod+enter', t('openSql'), () => {
    const port = document.activeElement?.closest('[data-port]')?.getAttribute('data-port');
    if (port) void navigate({ to: '/sql', search: { port } });
  });
}

function DidYouMean({ question, words }: { question: SearchQuestion; words: string }) {
  return (
    <p className="mb-3 text-lg">
      {t('didYouMean')}{' '}
      <Link to="/search" search={{ ...question, q: words }} className="font-medium">
        {words}
      </Link>
      ?
    </p>
  );
}

/** Never a blank list: why there is nothing, and what to do. */
function Nothing({ question }: { question: SearchQuestion }) {
  const filtered = question.kind || question.domain || question.can_query;
  if (filtered) {
    return (
      <Empty
        why="no-match"
        title={t('nothingFiltered')}
        action={
          <ButtonLink to="/search" search={{ q: question.q }}>
            {t('clearFilters')}
          </ButtonLink>
        }
      />
    );
  }
  return question.q ? (
    <Empty
      why="no-match"
      title={t('nothing', question.q)}
      detail={t('nothingDetail')}
      action={
        <ButtonLink to="/search" search={{}}>
          {t('browse')}
        </ButtonLink>
      }
    />
  ) : (
    <Empty why="not-yours" title={t('nothingAtAll')} />
  );
}
