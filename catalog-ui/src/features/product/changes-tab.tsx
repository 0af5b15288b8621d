import { type ReleaseAnswer, releasesQuery } from '@/features/product/queries';
import { t } from '@/features/product/words';
import { Badge } from '@/ui/badge';
import { Card } from '@/ui/card';
import { DateTime } from '@/ui/date-time';
import { GlossaryTerm } from '@/ui/glossary-term';
import { RevisionLink } from '@/ui/names';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';
import { type Column, Table } from '@/ui/table';
import { formatNumber } from '@/words/define';

const columns: readonly Column<ReleaseAnswer>[] = [
  {
    id: 'number',
    title: t('number'),
    isRowHeader: true,
    cell: (release) => (
      <span className="flex flex-wrap items-center gap-2">
        <span className="font-medium">{formatNumber(release.number)}</span>
        {release.current ? <Badge tone="good">{t('current')}</Badge> : null}
        {release.retired ? <Badge tone="removed">{t('retired')}</Badge> : null}
        {release.rolledBack ? (
          <Badge tone="warn">{t('rolledBackTo', release.rolledBack.to)}</Badge>
        ) : null}
      </span>
    ),
  },
  { id: 'when', title: t('when'), cell: (release) => <DateTime at={release.at} /> },
  { id: 'version', title: t('version'), from: 'sm', cell: (release) => release.version ?? '–' },
  {
    id: 'commit',
    title: t('commit'),
    cell: (release) => <RevisionLink revision={release.revision} />,
  },
  {
    id: 'tables',
    title: t('tables'),
    from: 'md',
    cell: (release) => (
      <span className="text-ink-soft">
        {release.ports
          .map((port) =>
            port.tableVersion === null || port.tableVersion === undefined
              ? port.name
              : t('tableVersion', port.name, port.tableVersion),
          )
          .join(', ') || '–'}
      </span>
    ),
  },
];

/** Every release of the product, the newest first. */
export function ChangesTab({ domain, product }: { domain: string; product: string }) {
  return (
    <Card title={<GlossaryTerm term="release">{t('releases')}</GlossaryTerm>} flush>
      <Loaded query={releasesQuery(domain, product)} what={t('releases')}>
        {({ items }) => (
          <Table
            label={t('releases')}
            columns={columns}
            rows={items}
            rowKey={(release) => String(release.number)}
            empty={<Empty why="not-yours" title={t('noReleases')} small />}
            className="border-t border-line"
          />
        )}
      </Loaded>
    </Card>
  );
}
