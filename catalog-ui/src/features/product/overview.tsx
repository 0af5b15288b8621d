import { FeatureServices } from '@/features/product/features';
import { OverviewCards } from '@/features/product/overview-cards';
import type { PortAnswer, ProductAnswer } from '@/features/product/queries';
import { seenOf, starterQuery } from '@/features/product/seeing';
import { t } from '@/features/product/words';
import { Badge, Status } from '@/ui/badge';
import { ButtonLink } from '@/ui/button';
import { Card } from '@/ui/card';
import { Code, CodeBlock } from '@/ui/code-block';
import { DateTime } from '@/ui/date-time';
import { GlossaryTerm } from '@/ui/glossary-term';
import { KeyValue } from '@/ui/key-value';
import { lastPart, PortLink, ProductLink, RevisionLink } from '@/ui/names';
import { type Column, Table } from '@/ui/table';

const portColumns: readonly Column<PortAnswer>[] = [
  {
    id: 'name',
    title: t('port'),
    isRowHeader: true,
    cell: (port) => <PortLink name={port.name}>{lastPart(port.name)}</PortLink>,
  },
  {
    id: 'description',
    title: t('description'),
    from: 'sm',
    cell: (port) => <span className="text-ink-soft">{port.description}</span>,
  },
  { id: 'kind', title: t('kind'), from: 'lg', cell: (port) => <Code>{port.kind}</Code> },
  {
    id: 'rows',
    title: t('rows'),
    align: 'right',
    cell: (port) => (port.rows === null || port.rows === undefined ? '–' : t('rowsOf', port.rows)),
  },
  { id: 'sees', title: t('youSee'), cell: (port) => <PortSeen port={port} /> },
];

function PortSeen({ port }: { port: PortAnswer }) {
  const seen = seenOf(port.columns);
  if (!port.readable) return <Status tone="hidden">{t('deniedPlain')}</Status>;
  if (seen.clear === seen.all) return <Status tone="good">{t('clear')}</Status>;
  return (
    <Status tone={seen.masked > 0 ? 'masked' : 'hidden'}>
      {seen.clear}/{seen.all}
      {seen.masked > 0 ? ` · ${t('masked', seen.masked)}` : ''}
      {seen.hidden > 0 ? ` · ${t('hidden', seen.hidden)}` : ''}
    </Status>
  );
}

/** In one screen: what one row is, who owns it, is it fresh, can I use it, how do others use it. */
export function Overview({ product }: { product: ProductAnswer }) {
  const first = product.ports.find((port) => starterQuery(port) !== '');
  return (
    <div className="flex flex-col gap-5">
      <OverviewCards product={product} />
      <Card title={<GlossaryTerm term="output port">{t('ports')}</GlossaryTerm>} flush>
        <Table
          label={t('ports')}
          columns={portColumns}
          rows={product.ports}
          rowKey={(port) => port.name}
          className="border-t border-line"
        />
      </Card>
      <div className="grid grid-cols-[repeat(auto-fit,minmax(min(24rem,100%),1fr))] items-start gap-5">
        {first ? (
          <Card title={t('startHere')}>
            <CodeBlock
              label={t('startHint', lastPart(first.name))}
              code={starterQuery(first)}
              actions={
                <ButtonLink
                  size="small"
                  kind="quiet"
                  to="/sql"
                  search={{ port: first.name, q: starterQuery(first) }}
                >
                  {t('run')}
                </ButtonLink>
              }
            />
          </Card>
        ) : null}
        <Card title={t('whereFrom')}>
          <Facts product={product} />
        </Card>
      </div>
      <FeatureServices product={product} />
    </div>
  );
}

function Facts({ product }: { product: ProductAnswer }) {
  const inputs = [...new Map(product.inputs.map((input) => [input.port, input])).values()];
  return (
    <KeyValue
      rows={[
        [
          t('madeFrom'),
          inputs.length === 0 ? (
            <span className="text-ink-faint">{t('madeFromNothing')}</span>
          ) : (
            <ul className="flex flex-wrap gap-x-4 gap-y-1">
              {inputs.map((input) => (
                <li key={input.port}>
                  <PortLink name={input.port} />{' '}
                  <span className="text-sm text-ink-faint">v{input.contract.version}</span>
                </li>
              ))}
            </ul>
          ),
        ],
        [
          t('feeds'),
          product.feeds.length === 0 ? (
            <span className="text-ink-faint">{t('feedsNothing')}</span>
          ) : (
            <ul className="flex flex-wrap gap-x-4 gap-y-1">
              {product.feeds.map((name) => (
                <li key={name}>
                  <ProductLink name={name} />
                </li>
              ))}
            </ul>
          ),
        ],
        [
          <GlossaryTerm term="purpose">{t('purposes')}</GlossaryTerm>,
          product.purposes.length === 0 ? t('anyPurpose') : t('listed', product.purposes),
        ],
        product.tags.length > 0
          ? [
              t('tags'),
              <span className="flex flex-wrap gap-1.5">
                {product.tags.map((tag) => (
                  <Badge key={tag}>{tag}</Badge>
                ))}
              </span>,
            ]
          : null,
        [
          <GlossaryTerm term="release">{t('release')}</GlossaryTerm>,
          <span>
            {product.release} · <DateTime at={product.at} look="ago" />
          </span>,
        ],
        [
          <GlossaryTerm term="revision">{t('source')}</GlossaryTerm>,
          <span className="wrap-anywhere">
            <Code>{product.file}</Code> @ <RevisionLink revision={product.revision} />
          </span>,
        ],
      ]}
    />
  );
}
