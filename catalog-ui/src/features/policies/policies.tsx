import { useNavigate } from '@tanstack/react-router';
import { placeOf } from '@/api/access';
import {
  type Policies as InForce,
  type PolicyRule,
  policiesQuery,
} from '@/features/policies/queries';
import { filtered, kindTones, meshWide, ruleId, type Wanted } from '@/features/policies/rules';
import { t } from '@/features/policies/words';
import { Badge } from '@/ui/badge';
import { ButtonLink } from '@/ui/button';
import { Code } from '@/ui/code-block';
import { Link } from '@/ui/link';
import { SearchField } from '@/ui/search-field';
import { Select } from '@/ui/select';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';
import { SkeletonRows } from '@/ui/states/skeleton';
import { Table } from '@/ui/table';

/** The rules in force, one by one. */
export function Policies({ wanted }: { wanted: Wanted }) {
  return (
    <Loaded query={policiesQuery} what={t('policies')} skeleton={<SkeletonRows rows={10} />}>
      {(policies) =>
        policies.rules.length === 0 ? (
          <Empty why="not-yours" title={t('none')} />
        ) : (
          <Listed policies={policies} wanted={wanted} />
        )
      }
    </Loaded>
  );
}

const all = '*';

function Listed({ policies, wanted }: { policies: InForce; wanted: Wanted }) {
  const navigate = useNavigate();
  const shown = filtered(policies.rules, wanted);
  const go = (part: Wanted) => {
    const next = { ...wanted, ...part };
    void navigate({
      to: '/policies',
      search: { q: next.q, effect: next.kind, domain: next.domain },
      replace: true,
    });
  };
  const kinds = [...new Set(policies.rules.map((rule) => rule.kind))];
  const domains = [...new Set(policies.rules.map((rule) => rule.domain ?? meshWide))].sort();
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-end gap-3">
        <SearchField
          aria-label={t('filter')}
          placeholder={t('filterPlaceholder')}
          value={wanted.q ?? ''}
          onChange={(q) => go({ q })}
          className="min-w-0 flex-1 basis-64"
        />
        <Select
          labelHidden
          label={t('kind')}
          options={[
            { id: all, label: t('allKinds') },
            ...kinds.map((kind) => ({ id: kind, label: kind })),
          ]}
          value={wanted.kind ?? all}
          onChange={(kind) => go({ kind: kind === all ? undefined : kind })}
          className="basis-36"
        />
        <Select
          labelHidden
          label={t('domain')}
          options={[
            { id: all, label: t('allDomains') },
            ...domains.map((domain) => ({
              id: domain,
              label: domain === meshWide ? t('meshWide') : domain,
            })),
          ]}
          value={wanted.domain ?? all}
          onChange={(domain) => go({ domain: domain === all ? undefined : domain })}
          className="basis-40"
        />
      </div>
      <p className="flex flex-wrap gap-x-4 text-sm text-ink-soft">
        <span role="status">{t('rulesCount', shown.length, policies.rules.length)}</span>
        <span>
          {t('compiled')} <Code>{policies.revision.slice(0, 7)}</Code> ·{' '}
          {t('epoch', policies.epoch)}
        </span>
        {policies.complete ? null : <span>{t('incomplete')}</span>}
      </p>
      <div data-card className="rounded-lg border border-line bg-surface shadow-low">
        <RulesTable rules={shown} />
      </div>
    </div>
  );
}

function RulesTable({ rules }: { rules: readonly PolicyRule[] }) {
  return (
    <Table
      dense
      label={t('title')}
      rows={rules}
      rowKey={(rule) => `${ruleId(rule)} ${rule.who} ${rule.what}`}
      empty={
        <Empty
          why="no-match"
          title={t('noneMatch')}
          action={<ButtonLink to="/policies">{t('showAll')}</ButtonLink>}
        />
      }
      columns={[
        {
          id: 'kind',
          title: t('kind'),
          cell: (rule) => <Badge tone={kindTones[rule.kind]}>{rule.kind}</Badge>,
        },
        {
          id: 'sentence',
          title: t('sentence'),
          isRowHeader: true,
          className: 'lg:hidden',
          cell: (rule) => (
            <>
              <Link look="plain" to="/policies/$rule" params={{ rule: ruleId(rule) }}>
                {rule.sentence}
              </Link>
              <span className="block text-sm break-all text-ink-faint">
                {placeOf(rule) ?? t('granted')}
              </span>
            </>
          ),
        },
        {
          id: 'who',
          title: t('who'),
          from: 'lg',
          cell: (rule) => <Code className="break-words">{rule.who}</Code>,
        },
        { id: 'action', title: t('action'), from: 'lg', cell: (rule) => rule.action ?? '' },
        {
          id: 'what',
          title: t('what'),
          from: 'lg',
          cell: (rule) => <Code className="break-words">{rule.what}</Code>,
        },
        {
          id: 'when',
          title: t('when'),
          from: 'md',
          cell: (rule) =>
            rule.when ? (
              <Code className="break-words">{rule.when}</Code>
            ) : (
              <span className="text-ink-faint">{t('always')}</span>
            ),
        },
        {
          id: 'where',
          title: t('where'),
          from: 'lg',
          cell: (rule) => (
            <Link
              className="text-sm break-all"
              to="/policies/$rule"
              params={{ rule: ruleId(rule) }}
              aria-label={`${placeOf(rule) ?? rule.text}: ${rule.sentence}`}
            >
              {placeOf(rule) ?? rule.text.split(':')[0]}
            </Link>
          ),
        },
      ]}
    />
  );
}
