import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { type AccessRequest, requestsQuery } from '@/api/requests';
import { useSession } from '@/app/session';
import type { Deciding } from '@/features/requests/decision-dialog';
import { RequestCard } from '@/features/requests/request-card';
import { type Sorted, sorted, type TabName } from '@/features/requests/states';
import { t } from '@/features/requests/words';
import { ButtonLink } from '@/ui/button';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';
import { SkeletonCards } from '@/ui/states/skeleton';
import { Tabs } from '@/ui/tabs';

const DecisionDialog = lazy(() =>
  import('@/features/requests/decision-dialog').then((m) => ({ default: m.DecisionDialog })),
);

export interface RequestsProps {
  tab: string | undefined;
  /** A request to bring into sight. */
  id: string | undefined;
}

/** What waits for this person, what they asked for, and what was decided on others' requests. */
export function Requests({ tab, id }: RequestsProps) {
  return (
    <Loaded query={requestsQuery} what={t('requests')} skeleton={<SkeletonCards cards={2} />}>
      {({ items }) => <SortedRequests requests={items} tab={tab} id={id} />}
    </Loaded>
  );
}

function SortedRequests({
  requests,
  tab,
  id,
}: RequestsProps & { requests: readonly AccessRequest[] }) {
  const { me } = useSession();
  const navigate = useNavigate();
  const [deciding, setDeciding] = useState<Deciding | null>(null);
  const by = sorted(requests, `${me.kind}:${me.principal}`);
  useKeptFocus(by.decide.length);
  const cards = (some: readonly AccessRequest[]) => (
    <ul data-list className="flex flex-col gap-3">
      {some.map((request) => (
        <li key={request.id}>
          <RequestCard
            request={request}
            isFocus={request.id === id}
            isOwn={by.mine.includes(request)}
            onDecide={(verb) => setDeciding({ request, verb })}
          />
        </li>
      ))}
    </ul>
  );
  return (
    <>
      <Tabs<TabName>
        ofPage
        label={t('tabs')}
        selected={chosenTab(by, tab, id)}
        onSelect={(next) =>
          void navigate({ to: '/requests', search: { tab: next }, replace: true })
        }
        tabs={[
          {
            id: 'decide',
            label: t('toDecide', by.decide.length),
            content: () =>
              by.decide.length > 0 ? (
                cards(by.decide)
              ) : (
                <Empty
                  why="none"
                  title={t('nothingToDecide')}
                  detail={t('nothingToDecideDetail')}
                />
              ),
          },
          {
            id: 'mine',
            label: t('mine', by.mine.length),
            content: () => (by.mine.length > 0 ? cards(by.mine) : <NothingMine />),
          },
          {
            id: 'decided',
            label: t('decided'),
            content: () => <Others waiting={by.waiting} decided={by.decided} cards={cards} />,
          },
        ]}
      />
      {deciding ? (
        <Suspense>
          <DecisionDialog deciding={deciding} onClose={() => setDeciding(null)} />
        </Suspense>
      ) : null}
    </>
  );
}

/** What was decided goes to another tab, and takes along the button that has the focus: it goes on at the tabs. */
function useKeptFocus(toDecide: number) {
  const before = useRef(toDecide);
  useEffect(() => {
    const isLost = document.activeElement === null || document.activeElement === document.body;
    if (toDecide < before.current && isLost) {
      document.querySelector<HTMLElement>('main [role=tab][aria-selected=true]')?.focus();
    }
    before.current = toDecide;
  }, [toDecide]);
}

/** The tab of the address; else the one that holds the request looked for, or something to do. */
export function chosenTab(by: Sorted, tab: string | undefined, id: string | undefined): TabName {
  const holds = (some: readonly AccessRequest[]) => some.some((request) => request.id === id);
  if (id && holds(by.decide)) return 'decide';
  if (id && holds(by.mine)) return 'mine';
  if (id && (holds(by.waiting) || holds(by.decided))) return 'decided';
  if (tab === 'decide' || tab === 'mine' || tab === 'decided') return tab;
  if (by.decide.length > 0) return 'decide';
  return by.mine.length > 0 || by.waiting.length + by.decided.length === 0 ? 'mine' : 'decided';
}

function NothingMine() {
  return (
    <Empty
      why="none"
      title={t('nothingMine')}
      detail={t('nothingMineDetail')}
      action={
        <ButtonLink to="/search" kind="primary">
          {t('findPort')}
        </ButtonLink>
      }
    />
  );
}

function Others({
  waiting,
  decided,
  cards,
}: Pick<Sorted, 'waiting' | 'decided'> & {
  cards: (some: readonly AccessRequest[]) => React.ReactNode;
}) {
  if (waiting.length + decided.length === 0) {
    return <Empty why="none" title={t('nothingDecided')} detail={t('nothingDecidedDetail')} />;
  }
  return (
    <div className="flex flex-col gap-6">
      {waiting.length > 0 ? (
        <section>
          <h2 className="mb-2 text-sm font-medium text-ink-soft">{t('waitsForOthers')}</h2>
          {cards(waiting)}
        </section>
      ) : null}
      {decided.length > 0 ? (
        <section>
          {waiting.length > 0 ? (
            <h2 className="mb-2 text-sm font-medium text-ink-soft">{t('endedOrDecided')}</h2>
          ) : null}
          {cards(decided)}
        </section>
      ) : null}
    </div>
  );
}
