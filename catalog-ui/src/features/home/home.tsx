import { ArrowRight, Rocket, Search, SquareTerminal } from 'lucide-react';
import { useSession } from '@/app/session';
import { ChangedNear } from '@/features/home/changed-near';
import { NeedsYou } from '@/features/home/needs-you';
import { type HomeAnswer, homeQuery } from '@/features/home/queries';
import { t } from '@/features/home/words';
import { YourProducts } from '@/features/home/your-products';
import { Card } from '@/ui/card';
import { Link } from '@/ui/link';
import { PortLink } from '@/ui/names';
import { Page } from '@/ui/page';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';
import { SkeletonCards, SkeletonRows } from '@/ui/states/skeleton';

/** What needs the person, what they answer for, what they used, what changed. */
export function Home() {
  const { me } = useSession();
  return (
    <Page title={t('title')} heading={t('greeting', me.principal)}>
      <Loaded
        query={homeQuery}
        what={t('what')}
        skeleton={
          <div className="flex flex-col gap-6">
            <SkeletonCards />
            <SkeletonRows />
          </div>
        }
      >
        {(home) => <HomeView home={home} />}
      </Loaded>
    </Page>
  );
}

export function HomeView({ home }: { home: HomeAnswer }) {
  if (home.ports === 0 && home.productsCount === 0) {
    return <Empty why="not-yours" title={t('nothingYours')} detail={t('nothingYoursDetail')} />;
  }
  const firstDay = home.products.length === 0 && home.recent.length === 0;
  return (
    <div className="flex flex-col gap-5">
      <p className="-mt-4 text-lg text-ink-soft">
        {t('lead', home.domains, home.productsCount, home.ports)}
      </p>
      {firstDay ? <WhereToStart /> : null}
      <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <div className="flex min-w-0 flex-col gap-5">
          <NeedsYou needs={home.needs} />
          {home.products.length > 0 ? (
            <YourProducts products={home.products} />
          ) : (
            <RecentlyUsed ports={home.recent} />
          )}
        </div>
        <div className="flex min-w-0 flex-col gap-5">
          {home.products.length > 0 ? <RecentlyUsed ports={home.recent} /> : null}
          <ChangedNear changed={home.changed} />
        </div>
      </div>
    </div>
  );
}

function RecentlyUsed({ ports }: { ports: readonly string[] }) {
  return (
    <Card title={t('recent')}>
      {ports.length === 0 ? (
        <p className="text-ink-soft">{t('recentNone')}</p>
      ) : (
        <ul className="flex flex-col gap-1" data-list>
          {ports.map((port) => (
            <li key={port} className="flex min-h-7 items-center gap-2">
              <span className="min-w-0 flex-1 truncate [&>a]:inline-block [&>a]:py-0.5">
                <PortLink name={port} />
              </span>
              <Link
                to="/sql"
                search={{ port }}
                look="plain"
                className="text-sm"
                aria-label={`SQL: ${port}`}
              >
                SQL
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

const starts = [
  { to: '/sql', title: 'startQuery', detail: 'startQueryDetail', icon: SquareTerminal },
  { to: '/search', title: 'startFind', detail: 'startFindDetail', icon: Search },
  { to: '/publish', title: 'startPublish', detail: 'startPublishDetail', icon: Rocket },
] as const;

/** The first day: nothing used yet and nothing to answer for. */
function WhereToStart() {
  const { pages } = useSession();
  const open = starts.filter((start) => start.to !== '/publish' || pages.includes('publish'));
  return (
    <section aria-label={t('startTitle')}>
      <ul className="grid gap-4 sm:grid-cols-[repeat(auto-fit,minmax(15rem,1fr))]">
        {open.map((start) => (
          <li key={start.to}>
            <Link
              to={start.to}
              look="bare"
              className="group flex h-full flex-col gap-1.5 rounded-lg border border-line bg-surface p-4 shadow-low data-hovered:border-line-strong"
            >
              <start.icon aria-hidden className="size-5 text-accent-ink" strokeWidth={1.75} />
              <span className="flex items-center gap-1.5 text-lg font-semibold">
                {t(start.title)}
                <ArrowRight
                  aria-hidden
                  className="size-4 text-ink-faint transition-transform group-data-hovered:translate-x-0.5"
                />
              </span>
              <span className="text-ink-soft">{t(start.detail)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
